/**
 * Where a program keeps what it could make again: the user's cache folder, as each system has it.
 *
 * @module
 */

import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

const NAME = "sliderule-wasm";

/**
 * The folder of this package within it.
 *
 * @param {{ platform?: string, environment?: Record<string, string | undefined>, home?: string }} [machine]
 */
export function cacheFolder({ platform = process.platform, environment = process.env, home = homedir() } = {}) {
  if (platform === "win32") return join(environment.LOCALAPPDATA || join(home, "AppData", "Local"), NAME);
  if (platform === "darwin") return join(home, "Library", "Caches", NAME);
  // The specification of these folders has relative ones ignored.
  const chosen = environment.XDG_CACHE_HOME;
  return join(chosen && isAbsolute(chosen) ? chosen : join(home, ".cache"), NAME);
}
