import * as sliderule from "./node_modules/sliderule-wasm/js/slim.js";
import { smoke } from "./smoke.js";

const file = new URL("./node_modules/sliderule-wasm/pkg/sliderule_wasm_bg.wasm", import.meta.url);

addEventListener("message", (event) => event.waitUntil(answer(event.source)));

async function answer(page) {
  await sliderule.load(file);
  page.postMessage(await smoke(sliderule));
}
