/**
 * The default entry: runs everywhere, with the WebAssembly module inlined and loaded inside the first call.
 *
 * @module
 */

import { bytesOf } from "./base64.js";
import { provide } from "./wasm.js";

provide(async () => bytesOf((await import("../pkg/inlined.js")).default));

export * from "./default-session.js";
export { SlideRuleError } from "./errors.js";
export { rowsOf, toArrow, toDate, toDates } from "./tables.js";
