import * as sliderule from "sliderule-wasm";
import { smoke } from "./smoke.js";

document.body.textContent = JSON.stringify(await smoke(sliderule));
