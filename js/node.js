/**
 * The entry for Node: the same functions, with the WebAssembly module read from its file instead of inlined.
 *
 * @module
 */

import { readFile } from "node:fs/promises";

import { lookFurther } from "./environment.js";
import { fileStore } from "./node/file-store.js";
import { netrcCredentials } from "./node/netrc.js";
import { offerStore } from "./store/kinds.js";
import { provide } from "./wasm.js";

lookFurther(netrcCredentials);
offerStore("file", fileStore);
provide(() => readFile(new URL("../pkg/sliderule_wasm_bg.wasm", import.meta.url)));

export * from "./default-session.js";
export { environmentCredentials } from "./environment.js";
export { SlideRuleError } from "./errors.js";
export { fileStore } from "./node/file-store.js";
export { saveFile } from "./node/save-file.js";
export { rowsOf, toArrow, toDate, toDates } from "./tables.js";
