// The COSE_Sign1 (RFC 9052 section 4.2) of a QR code: taken apart, and what its signature is over.

import { decode, isInteger } from "./cbor.js";
import { Refused } from "./refused.js";

/** @typedef {import("./cbor.js").Bytes} Bytes */

/**
 * A COSE_Sign1 taken apart; nothing in it is proven before the signature is.
 *
 * @typedef {object} Envelope
 * @property {string} unverifiedKeyId in hexadecimal
 * @property {import("./cbor.js").Integer} algorithm
 * @property {Bytes} protectedHeader
 * @property {Bytes} payload
 * @property {Bytes} signature
 */

export const MAX_QR_BYTES = 640;
/** RFC 9053 sections 2.1 and 2.2. @type {Readonly<Record<string, number>>} */
export const COSE_ALGORITHMS = { ES256: -7, EdDSA: -8 };

const TAG_COSE_SIGN1 = 0xd2;
const ALGORITHM = 1;
const KEY_ID = 4;

/**
 * Without judging its key or signature.
 *
 * @param {Bytes} data
 * @returns {Envelope}
 * @throws {Refused}
 */
export function decodeEnvelope(data) {
  if (data.length > MAX_QR_BYTES) throw new Refused("qr_too_long");
  if (data[0] !== TAG_COSE_SIGN1) throw new Refused("qr_not_a_document_code");
  const parts = decode(data.slice(1));
  if (!Array.isArray(parts) || parts.length !== 4) throw new Refused("qr_envelope_malformed");
  const [header, unprotected, payload, signature] = parts;
  if (
    !(header instanceof Uint8Array) ||
    !(unprotected instanceof Map && unprotected.size === 0) ||
    !(payload instanceof Uint8Array) ||
    !(signature instanceof Uint8Array)
  ) {
    throw new Refused("qr_envelope_malformed");
  }
  return { ...readHeader(header), protectedHeader: header, payload, signature };
}

/** @param {Bytes} header */
function readHeader(header) {
  const found = decode(header);
  if (!(found instanceof Map) || found.size !== 2) throw new Refused("qr_header_malformed");
  const algorithm = found.get(ALGORITHM);
  const keyId = found.get(KEY_ID);
  if (!isInteger(algorithm) || !(keyId instanceof Uint8Array) || keyId.length < 4 || keyId.length > 16) {
    throw new Refused("qr_header_malformed");
  }
  return { algorithm, unverifiedKeyId: toHex(keyId) };
}

/**
 * The Sig_structure of a COSE_Sign1 without external data (RFC 9052 section 4.4).
 *
 * @param {Bytes} header the protected one
 * @param {Bytes} payload
 * @returns {Bytes}
 */
export function toBeSigned(header, payload) {
  const context = new TextEncoder().encode("Signature1");
  const start = [0x84, 0x60 | context.length, ...context];
  return Uint8Array.from([...start, ...byteString(header), ...byteString(new Uint8Array(0)), ...byteString(payload)]);
}

/** @param {Bytes} bytes @returns {string} */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Bytes} content shorter than 65,536, as everything in a code is */
function byteString(content) {
  const { length } = content;
  if (length < 24) return [0x40 | length, ...content];
  if (length < 256) return [0x58, length, ...content];
  return [0x59, length >> 8, length & 0xff, ...content];
}
