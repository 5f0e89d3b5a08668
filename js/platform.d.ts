/**
 * Types of the platform, as far as this package's own types name them.
 *
 * Each is the platform's own where the program has its types (TypeScript's library `DOM`, or `@types/node`), and otherwise
 * the little of it that this package uses, so that no such library has to be installed.
 */

/** The instances of a class of the platform. */
type Platform<Name extends string, Otherwise> =
  typeof globalThis extends Record<Name, { prototype: infer Own }> ? Own : Otherwise;

/** An `AbortSignal`. */
export type Signal = Platform<
  "AbortSignal",
  {
    readonly aborted: boolean;
    // biome-ignore lint/suspicious/noExplicitAny: a signal's reason can be anything.
    readonly reason: any;
    throwIfAborted(): void;
    addEventListener(type: "abort", listener: () => void): void;
    removeEventListener(type: "abort", listener: () => void): void;
  }
>;

/** A `URL`. */
export type Address = Platform<"URL", { readonly href: string }>;

/** A `Request`. */
export type FetchRequest = Platform<"Request", { readonly url: string }>;

/** A `Response`. */
export type FetchResponse = Platform<
  "Response",
  { readonly ok: boolean; readonly status: number; arrayBuffer(): Promise<ArrayBuffer> }
>;

/** A `WebAssembly.Module`, of which the platform's types say no more than that it is an object. */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Own } } }
  ? Own & object
  : object;

/** A `ReadableStream` of bytes: what the body of a `Response` is. */
export type ByteStream = typeof globalThis extends { Response: { prototype: { readonly body: infer Own } } }
  ? NonNullable<Own>
  : {
      getReader(): {
        read(): Promise<{ done: false; value: Uint8Array } | { done: true; value: Uint8Array | undefined }>;
        // biome-ignore lint/suspicious/noExplicitAny: a reason can be anything.
        cancel(reason?: any): Promise<void>;
        releaseLock(): void;
      };
      [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array>;
    };
