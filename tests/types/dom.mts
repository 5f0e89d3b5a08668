/** What the types of the package are where the platform has its own: the platform's. Compiled, never run. */

import type { CallOptions, StreamedFile } from "sliderule-wasm";
import type { saveFile } from "sliderule-wasm/node";
import { load } from "sliderule-wasm/slim";

type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
const holds = <_ extends true>() => {};

holds<Same<NonNullable<CallOptions["signal"]>, AbortSignal>>();
holds<Same<Parameters<typeof saveFile>[1], string | URL>>();

await load(fetch("/sliderule.wasm"));
await load(new URL("/sliderule.wasm", location.href));
await load(new Request("/sliderule.wasm"));
await load(await WebAssembly.compile(new Uint8Array()));

// A file's stream is a stream of the platform, and its chunks are bytes.
declare const file: StreamedFile;
holds<Same<typeof file.stream, ReadableStream<Uint8Array<ArrayBuffer>>>>();
await new Response(file.stream).blob();
for await (const chunk of file.stream) chunk.length satisfies number;
await file.stream.pipeTo(new WritableStream<Uint8Array>());
