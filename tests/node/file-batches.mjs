// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Batches of the records in which files come, as the decoder makes them. */

import { setTimeout as sleep } from "node:timers/promises";

export const columns = (recordType, rows, types) => ({ recordType, length: rows.length, columns: types });

/** Batches as the decoder makes them: the bytes of all rows in one buffer. */
export const meta = (...rows) =>
  columns("arrowrec.meta", rows, {
    filename: rows.map(([name]) => name),
    size: BigInt64Array.from(rows, ([, size]) => BigInt(size)),
  });
export const data = (...rows) => {
  const all = Uint8Array.from(rows.flatMap(([, bytes]) => [...bytes]));
  let at = 0;
  const cut = rows.map(([, bytes]) => {
    at += bytes.length;
    return all.subarray(at - bytes.length, at);
  });
  return columns("arrowrec.data", rows, { filename: rows.map(([name]) => name), data: cut });
};
export const eof = (name, checksum) =>
  columns("arrowrec.eof", [name], { filename: [name], checksum: BigUint64Array.of(checksum) });
export const remote = (url, size) =>
  columns("arrowrec.remote", [url], { url: [url], size: BigInt64Array.of(BigInt(size)) });
/** One row of that many bytes, quickly. */
export const large = (name, bytes) => columns("arrowrec.data", [name], { filename: [name], data: [bytes] });

export const bytes = (length, first = 0) => Uint8Array.from({ length }, (_, index) => (first + index) % 256);
export const sumOf = (array) => array.reduce((sum, byte) => sum + BigInt(byte), 0n);

export async function through(transfers, ...batches) {
  for (const batch of batches) await transfers.take(batch);
  await transfers.finish();
  return transfers;
}

/** Whether a promise is still pending after everything that can happen has happened. */
export async function isPending(promise) {
  const pending = Symbol("pending");
  return (await Promise.race([promise, sleep(40, pending)])) === pending;
}
