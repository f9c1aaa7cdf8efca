// The digits of a QR code's link, and the bytes that they stand for (docs/qr-format.md).

import { Refused } from "./refused.js";

/** @typedef {import("./cbor.js").Bytes} Bytes */

export const MAX_QR_CHARS = 2048;

const GROUP_DIGITS = 17;
/** Digits of a group of so many bytes. */
const DIGITS = [0, 3, 5, 8, 10, 13, 15, 17];
// What Python's str.strip takes away and its `\s` means among ASCII, spelled out because JavaScript's differ.
const AROUND = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const STRIPPED = new RegExp(`^${AROUND}|${AROUND}$`, "gu");
const LINK = /^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^# \t\n\r\f\v]{1,300}#([0-9]+)$/u;

/**
 * The digits in a scanned text: the whole link, whose host is ignored, or the digits alone.
 *
 * @param {string} text
 * @returns {string}
 * @throws {Refused}
 */
export function digitsOf(text) {
  if (text.length > 2 * MAX_QR_CHARS || [...text].length > MAX_QR_CHARS) throw new Refused("qr_too_long");
  const scanned = text.replace(STRIPPED, "");
  if (/^[0-9]+$/.test(scanned)) return scanned;
  const digits = LINK.exec(scanned)?.[1];
  if (digits === undefined) throw new Refused("qr_not_a_document_code");
  return digits;
}

/**
 * One text for one byte string: seven bytes stand as 17 decimal digits, a shorter last group as fewer.
 *
 * @param {string} digits
 * @returns {Bytes}
 * @throws {Refused}
 */
export function fromDigits(digits) {
  if (digits.length > MAX_QR_CHARS || !/^[0-9]+$/.test(digits)) throw new Refused("qr_digits_malformed");
  /** @type {number[]} */
  const data = [];
  for (let start = 0; start < digits.length; start += GROUP_DIGITS) {
    const group = digits.slice(start, start + GROUP_DIGITS);
    const count = DIGITS.indexOf(group.length);
    const number = BigInt(group);
    if (count < 0 || number >> BigInt(8 * count)) throw new Refused("qr_digits_malformed");
    for (let place = count - 1; place >= 0; place -= 1) data.push(Number((number >> BigInt(8 * place)) & 0xffn));
  }
  return Uint8Array.from(data);
}
