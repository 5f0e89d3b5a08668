/** Proves that what is released together has one version and one licence, and that the lock file names no registry. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const read = (/** @type {string} */ path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

test("the npm package, the crates and the lock file have one version", async () => {
  const workspace = /\[workspace\.package\]\nversion = "([^"]+)"/.exec(await read("Cargo.toml"))?.[1];
  assert.equal(JSON.parse(await read("package.json")).version, workspace);
  assert.equal(JSON.parse(await read("package-lock.json")).version, workspace);
});

test("the documents speak of this version", async () => {
  const { version } = JSON.parse(await read("package.json"));
  const places = {
    "CHANGELOG.md": /^## ([\d.]+\S*),/m,
    "README.md": /sliderule-wasm-([\d.]+\S*)\.tgz/,
    "docs/CDN.md": /sliderule-wasm@([^/]+)\//,
    "docs/openapi.json": /"version": "([^"]+)"/,
  };
  for (const [file, place] of Object.entries(places)) assert.equal(place.exec(await read(file))?.[1], version, file);
});

test("the lock file of the crates has this version for each of them", async () => {
  const { version } = JSON.parse(await read("package.json"));
  const packages = (await read("Cargo.lock")).split("[[package]]").slice(1);
  const own = packages.filter((each) => !each.includes("\nsource = "));
  assert.ok(own.length > 10);
  assert.deepEqual(
    own.filter((each) => !each.includes(`\nversion = "${version}"\n`)),
    [],
  );
});

test("the Python package has the version of the npm package that it holds", async () => {
  const { version } = JSON.parse(await read("package.json"));
  assert.equal(/\nversion = "([^"]+)"/.exec(await read("python/pyproject.toml"))?.[1], version);
  assert.equal(/\n__version__ = "([^"]+)"/.exec(await read("python/sliderule_wasm/__init__.py"))?.[1], version);
});

test("the npm package, the Python package and the crates have one licence", async () => {
  const licence = /\nlicense = "([^"]+)"/.exec(await read("Cargo.toml"))?.[1];
  assert.equal(JSON.parse(await read("package.json")).license, licence);
  assert.equal(/\nlicense = "([^"]+)"/.exec(await read("python/pyproject.toml"))?.[1], licence);
});

test("the lock file does not say from which registry a package came", async () => {
  const { packages } = JSON.parse(await read("package-lock.json"));
  const named = Object.keys(packages).filter((path) => packages[path].resolved !== undefined);
  assert.deepEqual(named, []);
});
