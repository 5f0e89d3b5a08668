/**
 * How an entry becomes one file.
 *
 * @module
 */

export const BUNDLING = /** @satisfies {import("esbuild").BuildOptions} */ ({
  bundle: true,
  format: "esm",
  platform: "neutral",
  // Node's own modules, in the entries for Node; a test holds that the others import nothing.
  external: ["node:*"],
  target: "es2022",
  minify: true,
  logLevel: "warning",
});
