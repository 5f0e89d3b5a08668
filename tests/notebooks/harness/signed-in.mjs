// @ts-nocheck: the tests talk to a stand-in and to Python, whose types nobody knows here.
/** Python signed in at a stand-in. */

import { rm } from "node:fs/promises";

import { ORGANIZATION, PASSWORD, USER } from "../../node/stand-in.mjs";
import { openPyodide } from "./pyodide.mjs";
import { pythonPackage } from "./python-package.mjs";

/** Signs in, in a session of its own. */
export const SIGNED_IN = `
import asyncio
import sliderule_wasm as sliderule
session = await sliderule.create_session(given["url"], organization=given["organization"])
await session.authenticate(ps_username=given["username"], ps_password=given["password"])
`;

/** What it needs to know. */
export const accountOf = ({ url }) => ({ url, organization: ORGANIZATION, username: USER, password: PASSWORD });

/**
 * Pyodide with the package loaded: the first call leaves two functions of Python with it, for good.
 *
 * @returns {Promise<Awaited<ReturnType<typeof openPyodide>> & { folder: string, remove: () => Promise<void> }>}
 */
export async function openPython() {
  const folder = await pythonPackage();
  const python = await openPyodide(folder);
  await python.run("import sliderule_wasm\nsession = await sliderule_wasm.create_session()");
  return { ...python, folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
