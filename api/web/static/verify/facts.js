// What a code says, once its signature is verified: a CWT (RFC 8392) with our array of facts (docs/qr-format.md).

import { decode, isInteger } from "./cbor.js";
import { dateAfterEpoch, dayBeginningAt, dayBefore } from "./days.js";
import { Refused } from "./refused.js";

/**
 * What a document says, as its issuer sealed it: the fields to compare with the holder's identity card.
 *
 * @typedef {object} DocumentFacts
 * @property {string} document_type
 * @property {string} number
 * @property {string} full_name
 * @property {string} birth_date `1990-05-17`, as all days here
 * @property {string} result_line
 * @property {string} issued_on
 * @property {string | null} expires_on the last day on which it is in force
 * @property {string} key_id
 * @property {number} status_list
 * @property {number} status_index
 */

const EXPIRES_AT = 4;
const ISSUED_AT = 6;
const FACTS_V1 = -65537;
const MAX_STATUS_NUMBER = 2 ** 31 - 1;

/**
 * @param {import("./cbor.js").Bytes} payload
 * @param {string} keyId
 * @returns {DocumentFacts}
 * @throws {Refused}
 */
export function decodeClaims(payload, keyId) {
  const claims = decode(payload);
  if (!(claims instanceof Map)) throw malformed();
  const expires = claims.get(EXPIRES_AT);
  const array = claims.get(FACTS_V1);
  if (claims.size !== (expires === undefined ? 2 : 3) || !Array.isArray(array) || array.length !== 7) throw malformed();
  const [type, number, name, born, result, list, index] = array;
  return {
    document_type: said(type),
    number: said(number),
    full_name: said(name),
    birth_date: isInteger(born) ? known(dateAfterEpoch(born)) : refuse(),
    result_line: typeof result === "string" ? result : refuse(),
    issued_on: day(claims.get(ISSUED_AT)),
    expires_on: expires === undefined ? null : dayBefore(day(expires)),
    key_id: keyId,
    status_list: statusNumber(list),
    status_index: statusNumber(index),
  };
}

/** @param {unknown} item @returns {string} */
function said(item) {
  return typeof item === "string" && item !== "" ? item : refuse();
}

/** @param {unknown} item @returns {string} */
function day(item) {
  // Only whole days are written; anything else would show another date than its seconds say.
  return isInteger(item) ? known(dayBeginningAt(item)) : refuse();
}

/** @param {unknown} item @returns {number} */
function statusNumber(item) {
  return typeof item === "number" && item >= 0 && item <= MAX_STATUS_NUMBER ? item : refuse();
}

/** @param {string | null} found @returns {string} */
function known(found) {
  return found ?? refuse();
}

/** @returns {never} */
function refuse() {
  throw malformed();
}

function malformed() {
  return new Refused("qr_claims_malformed");
}
