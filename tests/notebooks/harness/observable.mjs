/** A notebook of Observable's notebook kit, built as a user would: with what is in `node_modules` and nothing else. */

import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ROOT } from "../../browser/harness/static-server.mjs";
import { installed, outputOf } from "./place.mjs";

/**
 * @param {import("node:test").TestContext} t
 * @param {string} notebook
 * @returns {Promise<string>} the folder of the site that the kit makes
 */
export async function buildNotebook(t, notebook) {
  const project = await mkdtemp(join(tmpdir(), "sliderule-observable-"));
  t.after(() => rm(project, { recursive: true, force: true }));
  const modules = join(project, "node_modules");
  const tools = installed("npm/node_modules");
  await mkdir(modules);
  for (const name of await readdir(tools)) await symlink(join(tools, name), join(modules, name));
  await symlink(ROOT, join(modules, "sliderule-wasm"));
  await cp(notebook, join(project, basename(notebook)));
  const kit = join(modules, ".bin/notebooks");
  await outputOf(process.execPath, [kit, "build", "--root", project, "--out", "dist", basename(notebook)], project);
  return join(project, "dist");
}
