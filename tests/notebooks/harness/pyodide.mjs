/** Pyodide in Node, with the Python package on its path. */

import { pathToFileURL } from "node:url";
import { installed } from "./place.mjs";

/**
 * @param {string} folder where the package is, from `pythonPackage`
 */
export async function openPyodide(folder) {
  const { loadPyodide } = await import(pathToFileURL(installed("npm/node_modules/pyodide/pyodide.mjs")).href);
  const pyodide = await loadPyodide({ packageCacheDir: folder });
  pyodide.mountNodeFS("/package", folder);
  pyodide.runPython("import sys; sys.dont_write_bytecode = True; sys.path.insert(0, '/package')");
  pyodide._module.enable_pyproxy_allocation_tracing();
  const newDictionary = pyodide.globals.get("dict");

  return {
    pyodide,
    /**
     * Runs Python with `given` as a dictionary, and gives what its last line is worth, made of plain values.
     *
     * @param {string} code
     * @param {object} [given]
     * @returns {Promise<any>}
     */
    async run(code, given = {}) {
      const globals = newDictionary();
      const words = pyodide.toPy(given);
      globals.set("given", words);
      globals.set("__name__", "__main__");
      try {
        const value = await pyodide.runPythonAsync(code, { globals });
        if (!(value instanceof pyodide.ffi.PyProxy)) return value;
        const plain = value.toJs({ dict_converter: Object.fromEntries, create_pyproxies: false });
        value.destroy();
        return plain;
      } finally {
        words.destroy();
        globals.destroy();
      }
    },
    /** How many objects of Python JavaScript holds. */
    held: () => /** @type {number} */ (pyodide._module.pyproxy_alloc_map.size),
  };
}
