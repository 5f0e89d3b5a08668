// @ts-nocheck: a test gives wrong types on purpose, and takes the right ones apart.
/** Records written by hand, as servers send them. */

/** A record: header, type name, data. */
export function record(type, data) {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(2, 0);
  header.writeUInt16BE(type.length + 1, 2);
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, Buffer.from(`${type}\0`), data]);
}

/** Text in a field of so many bytes. */
export const named = (name, size = 128) => Buffer.concat([Buffer.from(name)], size);

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export const meta = (name, size) => record("arrowrec.meta", Buffer.concat([named(name), u64(size)]));
export const data = (name, bytes) => record("arrowrec.data", Buffer.concat([named(name), bytes]));
export const eof = (name, checksum) => record("arrowrec.eof", Buffer.concat([named(name), u64(checksum)]));
export const remote = (url, size) => record("arrowrec.remote", Buffer.concat([named(url, 512), u64(size)]));

export function exception(code, level, text) {
  const head = Buffer.alloc(8);
  head.writeInt32LE(code, 0);
  head.writeInt32LE(level, 4);
  return record("exceptrec", Buffer.concat([head, named(text, 256)]));
}
