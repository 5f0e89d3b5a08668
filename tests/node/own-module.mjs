// @ts-nocheck: it puts the client together by hand.
/** A client whose module a test can look at, and break. */

import { readFile } from "node:fs/promises";

import { readOptions } from "../../js/options.js";
import { Session } from "../../js/session.js";
import { WasmModule } from "../../js/wasm.js";

const module = new WasmModule(() => readFile(new URL("../../dist/sliderule.wasm", import.meta.url)));

/** As that of the entries. */
export const createSession = (options) => new Session(readOptions("createSession", options, {}), { module });

/** The instance that runs now. */
export const ready = () => module.ready();
