// An import map would be an inline script, which this policy forbids.
import * as sliderule from "./node_modules/sliderule-wasm/dist/index.js";
import { smoke } from "./smoke.js";

document.body.textContent = JSON.stringify(await smoke(sliderule));
