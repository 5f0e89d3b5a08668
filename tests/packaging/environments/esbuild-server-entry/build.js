import { build } from "esbuild";

const external = ["sliderule-wasm/node"]; // it reads its WebAssembly module from the file beside it
await build({
  entryPoints: ["main.js"],
  bundle: true,
  platform: "node",
  format: "esm",
  external,
  outfile: "dist/server.js",
});
