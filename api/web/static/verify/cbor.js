// A strict reader for the part of CBOR (RFC 8949) that our codes use, deterministic encoding only (section 4.2.1). It
// refuses what verification/formats/cbor.py refuses, for the same reason.

import { Refused } from "./refused.js";

const MAX_DEPTH = 4;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {number | bigint} Integer A number where it is exact, else a bigint. */
/** @typedef {Integer | Bytes | string | Item[] | Map<Integer, Item>} Item */

/**
 * Read exactly one item: integers, byte and text strings, arrays, and maps with integer keys.
 *
 * @param {Bytes} data
 * @returns {Item}
 * @throws {Refused} for anything else: longer heads than needed, unsorted or repeated keys, indefinite lengths, tags,
 *   floats, simple values, invalid UTF-8, or bytes left over.
 */
export function decode(data) {
  const reader = new Reader(data);
  const item = reader.item(0);
  if (reader.at !== data.length) throw new Refused("cbor_trailing_bytes");
  return item;
}

/** @param {unknown} item @returns {item is Integer} */
export function isInteger(item) {
  return typeof item === "number" || typeof item === "bigint";
}

class Reader {
  /** @param {Bytes} data */
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  /** @returns {{ major: number, argument: Integer }} */
  head() {
    const first = this.data[this.at];
    if (first === undefined) throw new Refused("cbor_truncated");
    this.at += 1;
    const major = first >> 5;
    const info = first & 0x1f;
    if (info < 24) return { major, argument: info };
    if (info > 27) throw new Refused("cbor_not_deterministic");
    const width = 1 << (info - 24);
    let argument = 0n;
    for (const byte of this.bytes(width)) argument = (argument << 8n) | BigInt(byte);
    if (argument < (width === 1 ? 24n : 1n << BigInt(4 * width))) throw new Refused("cbor_not_deterministic");
    return { major, argument: exact(argument) };
  }

  /** @param {Integer} count @returns {Bytes} */
  bytes(count) {
    if (count > this.data.length - this.at) throw new Refused("cbor_truncated");
    const start = this.at;
    this.at += Number(count);
    return this.data.slice(start, this.at);
  }

  /** @param {number} depth @returns {Item} */
  item(depth) {
    if (depth > MAX_DEPTH) throw new Refused("cbor_too_deep");
    const { major, argument } = this.head();
    switch (major) {
      case 0:
        return argument;
      case 1:
        return exact(-1n - BigInt(argument));
      case 2:
        return this.bytes(argument);
      case 3:
        return text(this.bytes(argument));
      case 4: {
        /** @type {Item[]} */
        const items = [];
        // Ends with cbor_truncated long before a huge count does: each item takes a byte.
        for (let i = 0; i < argument; i += 1) items.push(this.item(depth + 1));
        return items;
      }
      case 5:
        return this.map(argument, depth);
      default:
        throw new Refused("cbor_type_not_allowed");
    }
  }

  /** @param {Integer} count @param {number} depth @returns {Map<Integer, Item>} */
  map(count, depth) {
    /** @type {Map<Integer, Item>} */
    const entries = new Map();
    let previous = new Uint8Array(0);
    for (let i = 0; i < count; i += 1) {
      const start = this.at;
      const key = this.item(depth + 1);
      if (!isInteger(key)) throw new Refused("cbor_key_not_integer");
      const encoded = this.data.slice(start, this.at);
      // Bytewise order of the encoded keys, so a repeated key fails here too.
      if (compare(encoded, previous) <= 0) throw new Refused("cbor_keys_not_sorted");
      previous = encoded;
      entries.set(key, this.item(depth + 1));
    }
    return entries;
  }
}

/** @param {bigint} number @returns {Integer} */
function exact(number) {
  const near = Number(number);
  return Number.isSafeInteger(near) ? near : number;
}

/** @param {Bytes} chunk */
function text(chunk) {
  try {
    return UTF8.decode(chunk);
  } catch {
    throw new Refused("cbor_bad_text");
  }
}

/** @param {Bytes} left @param {Bytes} right */
function compare(left, right) {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i += 1) {
    const difference = /** @type {number} */ (left[i]) - /** @type {number} */ (right[i]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
