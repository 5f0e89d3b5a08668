/**
 * Records as callbacks get them: one object per record, as the existing clients give it.
 *
 * The decoder keeps the records of some types whole: one batch of one row each. Its columns are put together again
 * here, by the names of fields and by what each column says it is nested in: how many elements each nested field around
 * it has, outermost first, with these two set apart.
 *
 * @module
 */

import { set } from "../own.js";

/** @import { RawColumn } from "./columns.js" */

/** As many elements as the row has items. */
const OPEN = 0;
/** One record, which is no array. */
const SINGLE = 1;

/**
 * The record of a batch of one row: `{ __rectype, ...fields }`. Scalars are numbers, 64-bit integers BigInt, text is
 * text; an array is an array, of objects where it is one of nested records, and a single nested record is an object.
 *
 * @param {{ recordType: string, columns: RawColumn[] }} batch
 * @returns {Record<string, any>}
 */
export function wholeRecord({ recordType, columns }) {
  /** @type {Record<string, any>} */
  const record = { __rectype: recordType };
  for (const column of columns) {
    const nesting = nestingOf(column);
    // A field's own name may hold a dot; the names of what it is nested in come before it.
    const parts = column.name.split(".");
    const outer = parts.slice(0, nesting.length);
    put(record, outer, nesting, leafOf(column, nesting, parts.slice(nesting.length).join(".")));
  }
  return record;
}

/**
 * What a column is nested in. Where that is not said, only the outermost field can be an array.
 *
 * @param {RawColumn} column
 * @returns {number[]}
 */
function nestingOf({ name, offsets, nesting }) {
  if (nesting !== undefined) return Array.from(nesting);
  const [, ...inner] = name.split(".").map(() => SINGLE);
  if (offsets !== undefined && inner.length > 0) inner[0] = OPEN;
  return inner;
}

/**
 * @typedef {object} Leaf The values of a field, in every element that has it.
 * @property {number} items How many elements the open array around it has.
 * @property {(object: Record<string, any>) => void} next Sets the field of the next element.
 */

/**
 * @param {RawColumn} column
 * @param {number[]} nesting
 * @param {string} name
 * @returns {Leaf}
 */
function leafOf({ values, width, offsets }, nesting, name) {
  const items = offsets === undefined ? 1 : (offsets[1] ?? 0) - (offsets[0] ?? 0);
  const isList = offsets !== undefined && !nesting.includes(OPEN);
  const elements = nesting.reduce((product, count) => product * (count === OPEN ? 1 : count), 1);
  const each = isList ? items * width : width / elements;
  let at = 0;
  const next = (/** @type {Record<string, any>} */ object) => {
    set(object, name, each === 1 && !isList ? values[at] : plain(values, at, at + each));
    at += each;
  };
  return { items, next };
}

/**
 * Sets a field in the object, or in each of the elements that it is nested in.
 *
 * @param {Record<string, any>} object
 * @param {string[]} outer
 * @param {number[]} nesting
 * @param {Leaf} leaf
 * @param {number} [level]
 */
function put(object, outer, nesting, leaf, level = 0) {
  const name = outer[level];
  if (name === undefined) return leaf.next(object);
  for (const element of nested(object, name, nesting[level] ?? SINGLE, leaf.items)) {
    put(element, outer, nesting, leaf, level + 1);
  }
}

/**
 * The values as an array of the existing clients, which know no typed ones.
 *
 * @param {any} values
 * @param {number} from
 * @param {number} to
 * @returns {unknown[]}
 */
function plain(values, from, to) {
  return Array.isArray(values) ? values.slice(from, to) : Array.from(values.subarray(from, to));
}

/**
 * The records nested in an object under the name, made where there are none.
 *
 * @param {Record<string, any>} object
 * @param {string} name
 * @param {number} nesting
 * @param {number} items
 * @returns {Record<string, any>[]}
 */
function nested(object, name, nesting, items) {
  const isSingle = nesting === SINGLE;
  const count = nesting === OPEN ? items : nesting;
  const found = Object.hasOwn(object, name) ? object[name] : [undefined];
  const elements = isSingle ? [found] : found;
  const isNested = (/** @type {unknown} */ each) => typeof each === "object" && !Array.isArray(each);
  if (elements.length === count && elements.every?.(isNested)) return elements;
  const made = Array.from({ length: count }, () => ({}));
  set(object, name, isSingle ? made[0] : made);
  return made;
}
