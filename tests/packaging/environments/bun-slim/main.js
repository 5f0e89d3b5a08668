import * as sliderule from "sliderule-wasm/slim";
import { smoke } from "./smoke.js";

await sliderule.load(new URL(import.meta.resolve("sliderule-wasm/sliderule.wasm")));
console.log(JSON.stringify(await smoke(sliderule)));
