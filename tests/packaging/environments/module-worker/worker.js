// Import maps do not reach workers: without a bundler, the path says where the package is.
import * as sliderule from "./node_modules/sliderule-wasm/dist/index.js";
import { smoke } from "./smoke.js";

postMessage(await smoke(sliderule));
