/**
 * Builds the page into `www/dist/`, from where `sliderule-ps` serves it: `node www/build.mjs`.
 *
 * The client is imported by its package name, as a user would, so `cargo xtask build` builds it first.
 */

import { cp, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = fileURLToPath(new URL("./src/", import.meta.url));
const target = fileURLToPath(new URL("./dist/", import.meta.url));

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
await build({
  entryPoints: [`${source}main.js`, `${source}style.css`],
  outdir: target,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "eof",
  logLevel: "warning",
});
for (const file of ["index.html", "favicon.svg"]) await cp(source + file, target + file);
