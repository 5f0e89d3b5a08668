import * as sliderule from "./node_modules/sliderule-wasm/dist/slim.js";
import { smoke } from "./smoke.js";

const file = new URL("./node_modules/sliderule-wasm/dist/sliderule.wasm", import.meta.url);
const seen = await sliderule.load(file).then(
  () => smoke(sliderule),
  ({ code, message }) => ({ error: code, message }),
);
document.body.textContent = JSON.stringify(seen);
