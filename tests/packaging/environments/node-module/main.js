import * as sliderule from "sliderule-wasm";
import { smoke } from "./smoke.js";

console.log(JSON.stringify(await smoke(sliderule)));
