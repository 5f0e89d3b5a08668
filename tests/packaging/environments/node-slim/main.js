import { readFile } from "node:fs/promises";
import * as sliderule from "sliderule-wasm/slim";
import { smoke } from "./smoke.js";

await sliderule.load(await readFile(new URL(import.meta.resolve("sliderule-wasm/sliderule.wasm"))));
console.log(JSON.stringify(await smoke(sliderule)));
