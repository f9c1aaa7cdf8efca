// A published status list (IETF Token Status List, as a JWT): verified, unfolded, and asked.

import { fromBase64url } from "./base64url.js";
import { MAX_CLOCK_SKEW, instantOf } from "./days.js";
import { hasExactly, isObject, readObject } from "./json.js";
import { readJws } from "./jwt.js";
import { isSignedBy } from "./keys.js";
import { Refused } from "./refused.js";
import { findKey } from "./trust_list.js";

/** @typedef {import("./cbor.js").Bytes} Bytes */
/** @typedef {import("./days.js").Instant} Instant */
/** @typedef {"valid" | "revoked" | "suspended"} DocumentStatus */

/**
 * A status as published at `asOf`; past `freshUntil` it says nothing but `revoked` any more.
 *
 * @typedef {{ status: DocumentStatus, asOf: Instant, freshUntil: Instant }} StatusReading
 */

/**
 * One verified list.
 *
 * @typedef {object} StatusList
 * @property {number} number
 * @property {Instant} issuedAt what it says is as of then
 * @property {Instant} freshUntil from then on it says nothing any more, but for what it has revoked
 * @property {Instant} refreshAfter when a newer one should be fetched, where there is a network
 * @property {number} bits of an entry: 1 or 2
 * @property {Bytes} packed the entries, least significant bits first
 */

const TYP = "statuslist+jwt";
const MAX_LIST_BYTES = 1 << 21;
const MAX_LIFETIME = 7 * 86_400_000;
const MAX_URI_CHARS = 500;
const NUMBER = /^https?:\/\/[^? \t\n\r\f\v#]+\/([0-9]{1,9})$/u;
/** 3 is for applications; we give it no meaning, and what has none is not valid. @type {readonly DocumentStatus[]} */
const STATUSES = ["valid", "revoked", "suspended"];

/**
 * The checks of `verify_status_list` in verification/verify_status_list.py, by their numbers there.
 *
 * An expired list is not refused here: its readings are stale, so a verdict can say as of when it last knew.
 *
 * @param {string} token
 * @param {import("./trust_list.js").TrustList} trust
 * @param {Instant} now when it came
 * @returns {Promise<StatusList>}
 * @throws {Refused}
 */
export async function verifyStatusList(token, trust, now) {
  // 1.
  const jws = readJws(token, TYP);
  // 2. A list covers the documents of all units, so no unit can revoke another's.
  const key = findKey(trust, jws.unverifiedKeyId, "status");
  if (key === undefined || key.unit !== null) throw new Refused("status_list_issuer_unknown");
  // 3.
  if (!(await isSignedBy(key.publicKey, jws.algorithm, jws.signature, jws.signingInput))) {
    throw new Refused("status_list_signature_wrong");
  }
  // 4.
  if (key.compromisedFrom !== null) throw new Refused("status_list_key_compromised");
  // 5.
  const { uri, issuedAt, freshUntil, ttlSeconds, bits, compressed } = decodeClaims(readObject(jws.payload));
  const number = listNumber(uri);
  // 6.
  if (issuedAt > now + MAX_CLOCK_SKEW) throw new Refused("status_list_from_the_future");
  if (issuedAt < key.notBefore || issuedAt >= key.notAfter) throw new Refused("status_list_outside_key_period");
  const refreshAfter = instantOf(now / 1000 + ttlSeconds);
  if (refreshAfter === null) throw new Refused("status_list_claims_unexpected");
  // 7.
  return { number, issuedAt, freshUntil, refreshAfter, bits, packed: await unfold(compressed) };
}

/**
 * @param {StatusList} list
 * @param {number} index
 * @returns {StatusReading | null} null past the end, and for a value without meaning here
 */
export function readEntry(list, index) {
  const position = index * list.bits;
  const byte = list.packed[Math.floor(position / 8)];
  if (byte === undefined) return null;
  const status = STATUSES[(byte >> (position % 8)) & ((1 << list.bits) - 1)];
  return status === undefined ? null : { status, asOf: list.issuedAt, freshUntil: list.freshUntil };
}

/** @param {import("./json.js").JsonObject} claims */
function decodeClaims(claims) {
  const { sub: uri, iat, exp, ttl: ttlSeconds, status_list: list } = claims;
  if (!hasExactly(claims, ["sub", "iat", "exp", "ttl", "status_list"]) || typeof uri !== "string") throw malformed();
  if (!isObject(list) || !hasExactly(list, ["bits", "lst"]) || typeof list.lst !== "string") throw malformed();
  const { bits } = list;
  if (!isInteger(iat) || !isInteger(exp) || !isInteger(ttlSeconds)) throw malformed();
  const compressed = fromBase64url(list.lst);
  if (bits !== 1 && bits !== 2) throw malformed();
  if (ttlSeconds <= 0 || iat >= exp) throw new Refused("status_list_without_lifetime");
  const issuedAt = instantOf(iat);
  const freshUntil = instantOf(exp);
  if (issuedAt === null || freshUntil === null) throw new Refused("status_list_times_impossible");
  if (freshUntil - issuedAt > MAX_LIFETIME) throw new Refused("status_list_lifetime_too_long");
  return { uri, issuedAt, freshUntil, ttlSeconds, bits, compressed };
}

/** @param {string} uri */
function listNumber(uri) {
  const number = [...uri].length <= MAX_URI_CHARS ? NUMBER.exec(uri)?.[1] : undefined;
  if (number === undefined) throw new Refused("status_list_uri_without_number");
  return Number(number);
}

/**
 * Bounded, for a few KiB may unfold to gigabytes.
 *
 * @param {Bytes} compressed in the zlib format (RFC 1950)
 * @returns {Promise<Bytes>}
 */
async function unfold(compressed) {
  const chunks = new Response(compressed).body?.pipeThrough(new DecompressionStream("deflate")).getReader();
  if (chunks === undefined) throw malformed();
  const packed = new Uint8Array(MAX_LIST_BYTES);
  let length = 0;
  try {
    for (let next = await chunks.read(); !next.done; next = await chunks.read()) {
      if (length + next.value.length > MAX_LIST_BYTES) throw new Refused("status_list_size_not_allowed");
      packed.set(next.value, length);
      length += next.value.length;
    }
  } catch (error) {
    if (error instanceof Refused) {
      await chunks.cancel();
      throw error;
    }
    // Damaged, cut short, or with something behind its end: the stream doesn't say which.
    throw malformed();
  }
  if (length === 0) throw new Refused("status_list_size_not_allowed");
  return packed.slice(0, length);
}

/** @param {import("./json.js").Json | undefined} found @returns {found is number} */
function isInteger(found) {
  return typeof found === "number" && (Number.isInteger(found) || Math.abs(found) === Infinity);
}

function malformed() {
  return new Refused("status_list_malformed");
}
