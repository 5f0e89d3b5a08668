/** Which processes belong to a test, told by its data directory on their command lines; Linux only, like the CI. */

import { readdir, readFile } from "node:fs/promises";

/**
 * Command lines that mention `text`, by process id.
 *
 * @param {string} text
 * @returns {Promise<string[]>}
 */
export async function processesMentioning(text) {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(
    ids.map(async (id) => {
      const command = await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "");
      return command.includes(text) ? `${id}: ${command.replaceAll("\0", " ").trim()}` : "";
    }),
  );
  return lines.filter((line) => line !== "");
}
