import * as sliderule from "./node_modules/sliderule-wasm/dist/index.js";
import { smoke } from "./smoke.js";

addEventListener("message", (event) => event.waitUntil(answer(event.source)));

async function answer(page) {
  page.postMessage(await smoke(sliderule));
}
