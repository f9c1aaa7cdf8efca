// The trust list as claims of a signed token: whose seals count. docs/verification.md says it member by member.

import { isBase64 } from "./base64url.js";
import { instantOf } from "./days.js";
import { hasExactly, isObject } from "./json.js";
import { decodeJwk } from "./keys.js";
import { Refused } from "./refused.js";

/** @typedef {import("./json.js").Json} Json */
/** @typedef {import("./days.js").Instant} Instant */
/** @typedef {"pdf" | "qr" | "credential" | "status" | "receipt" | "trust-list"} KeyPurpose */

/**
 * A key with its owner and the period in which it signs, notBefore ≤ t < notAfter.
 *
 * @typedef {object} TrustedKey
 * @property {string} keyId
 * @property {KeyPurpose} purpose it counts for this only
 * @property {import("./keys.js").PublicKey} publicKey
 * @property {string} issuerName
 * @property {Instant} notBefore
 * @property {Instant} notAfter
 * @property {string | null} unit the code of the unit whose key it is; null for one of the whole organisation
 * @property {Instant | null} compromisedFrom since when somebody else may have used it
 */

/** @typedef {{ code: string, name: string, documentTypes: readonly string[] }} TrustedUnit */

/**
 * @typedef {object} TrustList
 * @property {readonly TrustedKey[]} keys
 * @property {readonly TrustedUnit[]} units
 * @property {Instant} asOf
 * @property {Instant} freshUntil from then on it says nothing any more
 * @property {number} sequence grows with every change of its content
 * @property {string} issuer the address of the service, for people to read
 */

export const TRUST_LIST_TYP = "condau-trust-list+jwt";
export const MAX_TRUST_LIST_CHARS = 4_000_000;

const MAX_LIFETIME = 31 * 86_400_000;
const MAX_TEXT_CHARS = 500;
const MAX_CERTIFICATE_CHARS = 16_000;
const CLAIMS = ["iss", "iat", "exp", "sequence", "name", "keys", "units", "roots", "timestamp_roots"];
const KEY = ["id", "purpose", "jwk", "certificate", "unit", "not_before", "not_after", "compromised_from"];
const UNIT = ["code", "name", "document_types"];
const PURPOSES = ["pdf", "qr", "credential", "status", "receipt", "trust-list"];

/**
 * Read claims whose signature has been verified, or of which only the signer's key will be taken.
 *
 * Certificates are those of PDF files, which are not checked here: their form is looked at, they are not opened.
 *
 * @param {import("./json.js").JsonObject} claims
 * @returns {TrustList}
 * @throws {Refused} trust_list_malformed, unless exactly these members are there, with their types and in their bounds,
 *   and no key id or unit code twice.
 */
export function decodeTrustList(claims) {
  try {
    return decode(claims);
  } catch (error) {
    if (error instanceof Refused) throw malformed();
    throw error;
  }
}

/** @param {TrustList} trust @param {string} keyId @param {KeyPurpose} purpose @returns {TrustedKey | undefined} */
export function findKey(trust, keyId, purpose) {
  return trust.keys.find((key) => key.keyId === keyId && key.purpose === purpose);
}

/** @param {import("./json.js").JsonObject} claims @returns {TrustList} */
function decode(claims) {
  if (!hasExactly(claims, CLAIMS)) throw malformed();
  const asOf = instant(claims.iat);
  const freshUntil = instant(claims.exp);
  if (freshUntil <= asOf || freshUntil - asOf > MAX_LIFETIME) throw malformed();
  const name = text(claims.name);
  const units = list(claims.units, decodeUnit);
  const keys = list(claims.keys, (entry) => decodeKey(entry, name));
  const codes = new Set(units.map((unit) => unit.code));
  if (codes.size !== units.length || new Set(keys.map((key) => key.keyId)).size !== keys.length) throw malformed();
  if (keys.some((key) => key.unit !== null && !codes.has(key.unit))) throw malformed();
  list(claims.roots, certificate);
  list(claims.timestamp_roots, certificate);
  return { keys, units, asOf, freshUntil, sequence: integer(claims.sequence), issuer: text(claims.iss) };
}

/** @param {Json} entry @param {string} issuerName @returns {TrustedKey} */
function decodeKey(entry, issuerName) {
  if (!isObject(entry) || !hasExactly(entry, KEY) || !isPurpose(entry.purpose)) throw malformed();
  const notBefore = instant(entry.not_before);
  const notAfter = instant(entry.not_after);
  if (notBefore >= notAfter) throw malformed();
  optional(entry.certificate, certificate);
  return {
    keyId: text(entry.id),
    purpose: entry.purpose,
    publicKey: decodeJwk(entry.jwk),
    issuerName,
    notBefore,
    notAfter,
    unit: optional(entry.unit, text),
    compromisedFrom: optional(entry.compromised_from, instant),
  };
}

/** @param {Json} entry @returns {TrustedUnit} */
function decodeUnit(entry) {
  if (!isObject(entry) || !hasExactly(entry, UNIT)) throw malformed();
  return { code: text(entry.code), name: text(entry.name), documentTypes: list(entry.document_types, text) };
}

/** @param {Json | undefined} found @returns {found is KeyPurpose} */
function isPurpose(found) {
  return typeof found === "string" && PURPOSES.includes(found);
}

/** @template T @param {Json | undefined} found @param {(entry: Json) => T} read @returns {T[]} */
function list(found, read) {
  if (!Array.isArray(found)) throw malformed();
  return found.map(read);
}

/** @template T @param {Json | undefined} found @param {(entry: Json | undefined) => T} read @returns {T | null} */
function optional(found, read) {
  return found === null ? null : read(found);
}

/** Something printable. @param {Json | undefined} found @returns {string} */
function text(found) {
  if (typeof found !== "string" || found.length > 2 * MAX_TEXT_CHARS) throw malformed();
  const letters = [...found].length;
  if (letters === 0 || letters > MAX_TEXT_CHARS || /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(found)) throw malformed();
  return found;
}

/** @param {Json | undefined} found @returns {number} */
function integer(found) {
  if (typeof found !== "number" || !Number.isSafeInteger(found) || found < 0) throw malformed();
  return found;
}

/** @param {Json | undefined} found @returns {Instant} */
function instant(found) {
  return instantOf(integer(found)) ?? refuse();
}

/** @param {Json | undefined} found @returns {string} */
function certificate(found) {
  if (typeof found !== "string" || found.length > MAX_CERTIFICATE_CHARS || !isBase64(found)) throw malformed();
  return found;
}

/** @returns {never} */
function refuse() {
  throw malformed();
}

function malformed() {
  return new Refused("trust_list_malformed");
}
