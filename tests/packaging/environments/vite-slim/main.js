import * as sliderule from "sliderule-wasm/slim";
import { smoke } from "./smoke.js";

await sliderule.load(new URL("sliderule-wasm/sliderule.wasm", import.meta.url));
document.body.textContent = JSON.stringify(await smoke(sliderule));
