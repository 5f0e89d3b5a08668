import * as sliderule from "./node_modules/sliderule-wasm/dist/slim.js";
import { smoke } from "./smoke.js";

const file = new URL("./node_modules/sliderule-wasm/dist/sliderule.wasm", import.meta.url);

addEventListener("message", (event) => event.waitUntil(answer(event.source)));

async function answer(page) {
  await sliderule.load(file);
  page.postMessage(await smoke(sliderule));
}
