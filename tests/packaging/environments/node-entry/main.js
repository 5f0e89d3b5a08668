import * as sliderule from "sliderule-wasm/node";
import { smoke } from "./smoke.js";

console.log(JSON.stringify(await smoke(sliderule)));
