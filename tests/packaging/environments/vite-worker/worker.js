import * as sliderule from "sliderule-wasm";
import { smoke } from "./smoke.js";

smoke(sliderule).then((seen) => postMessage(seen));
