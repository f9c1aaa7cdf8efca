// Base64 as it is written in one way only: one text for one byte string, everything else refused.

import { Refused } from "./refused.js";

/** @typedef {import("./cbor.js").Bytes} Bytes */

/**
 * Without padding (RFC 7515 section 2).
 *
 * @param {string} text
 * @returns {Bytes}
 * @throws {Refused}
 */
export function fromBase64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new Refused("jws_malformed");
  const bytes = bytesOf(text.replaceAll("-", "+").replaceAll("_", "/"));
  // Bits that stand for nothing have to be zero.
  const tail = text.slice(text.length - (text.length % 4));
  if (tail !== "" && toBase64url(bytes.slice(bytes.length - (tail.length - 1))) !== tail) {
    throw new Refused("jws_malformed");
  }
  return bytes;
}

/** @param {Bytes} bytes @returns {string} */
export function toBase64url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Whether this is the text, with padding, of some bytes (RFC 4648 section 4). @param {string} text */
export function isBase64(text) {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return false;
  return btoa(atob(text)) === text;
}

/** @param {string} base64 @returns {Bytes} */
function bytesOf(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
