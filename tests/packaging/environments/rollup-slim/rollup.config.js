import { readFile } from "node:fs/promises";
import { nodeResolve } from "@rollup/plugin-node-resolve";

/** Puts a WebAssembly file beside the bundle; importing it gives its URL. */
const webAssembly = {
  name: "web-assembly",
  async load(id) {
    if (!id.endsWith(".wasm")) return null;
    const file = this.emitFile({ type: "asset", name: "sliderule.wasm", source: await readFile(id) });
    return `export default import.meta.ROLLUP_FILE_URL_${file};`;
  },
};

export default { input: "main.js", output: { dir: "dist" }, plugins: [nodeResolve(), webAssembly] };
