// What a scanner takes along to where there is no network: the trust list and the status lists, as signed tokens.
//
// The tokens are kept word for word and verified again whenever they are read, as of the time when they came, so that
// damage is noticed. Whoever can write the storage can replace it whole: it has to be this origin's own.

import { isObject, hasExactly, readObject } from "./json.js";
import { Refused } from "./refused.js";
import { verifyStatusList } from "./status_list.js";
import { signedBy, verifyTrustList } from "./verify_trust_list.js";

/** @typedef {import("./days.js").Instant} Instant */
/** @typedef {{ token: string, list: import("./status_list.js").StatusList }} HeldStatusList */

/**
 * A verified trust list and the newest verified status list of each number.
 *
 * @typedef {object} Held
 * @property {import("./trust_list.js").TrustList} trust
 * @property {string} trustToken
 * @property {ReadonlyMap<number, HeldStatusList>} statusLists
 * @property {Instant} receivedAt when the last download was verified
 * @property {string | null} pinned the anchor that was named for the first download; null where that was trusted as it
 *   came
 * @property {readonly string[]} refused a reason for each status list that was not taken at the last download
 */

/** A bundle, fetched or stored, that can't be used; `code` says why. */
export class BundleRefused extends Refused {}

const MAX_BUNDLE_BYTES = 64_000_000;
const MAX_STATUS_LISTS = 1000;
const FETCHED = ["trust_list", "status_lists", "made_at"];
const HELD = ["trust_list", "status_lists", "received_at", "signed_by", "pinned"];
const ANCHOR = /^[0-9a-f]{64}$/;

/**
 * The first bundle, from what `/.well-known/condau-bundle` answers.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string | null} pinned the anchor of the key that signs the trust list: SHA-256 in hexadecimal. null trusts the
 *   download as it came.
 * @param {Date} now
 * @returns {Promise<Held>}
 * @throws {BundleRefused}
 */
export async function readBundle(bytes, pinned, now) {
  return refusing(async () => {
    const { trustToken, tokens } = readFetched(bytes);
    const trust = await verifyTrustList(trustToken, now.getTime(), null, pinned);
    return take(trustToken, trust, tokens, [], now.getTime(), pinned);
  });
}

/**
 * The bundle held, brought up to date by a later download; never with a list older than one that it has. A status list
 * that is refused is left out, and named in `refused`; the one held of the same number stays.
 *
 * @param {Held} held
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {Date} now
 * @returns {Promise<Held>}
 * @throws {BundleRefused} for the trust list, by the one held; `held` is as good as before then.
 */
export async function updateBundle(held, bytes, now) {
  return refusing(async () => {
    const { trustToken, tokens } = readFetched(bytes);
    const trust = await verifyTrustList(trustToken, now.getTime(), held.trust, null);
    const before = Array.from(held.statusLists.values(), ({ token }) => token);
    return take(trustToken, trust, tokens, before, now.getTime(), held.pinned);
  });
}

/**
 * What to store of a bundle; `condau verify` reads and writes the same.
 *
 * @param {Held} held
 * @returns {Promise<string>}
 */
export async function writeHeld(held) {
  return JSON.stringify({
    trust_list: held.trustToken,
    status_lists: Array.from(held.statusLists.values(), ({ token }) => token),
    received_at: new Date(held.receivedAt).toISOString(),
    signed_by: await signedBy(held.trustToken, held.trust),
    pinned: held.pinned,
  });
}

/**
 * Read and verify what was stored, whatever the time is.
 *
 * @param {string} stored
 * @returns {Promise<Held>}
 * @throws {BundleRefused}
 */
export async function readHeld(stored) {
  return refusing(async () => {
    const found = members(new TextEncoder().encode(stored), HELD);
    const trustToken = text(found.trust_list);
    const receivedAt = Date.parse(text(found.received_at));
    const pinned = found.pinned === null ? null : anchor(found.pinned);
    if (Number.isNaN(receivedAt)) throw malformed();
    const trust = await verifyTrustList(trustToken, receivedAt, null, anchor(found.signed_by));
    /** @type {Map<number, HeldStatusList>} */
    const statusLists = new Map();
    for (const token of texts(found.status_lists)) {
      const list = await verifyStatusList(token, trust, receivedAt);
      if (statusLists.has(list.number)) throw malformed();
      statusLists.set(list.number, { token, list });
    }
    return { trust, trustToken, statusLists, receivedAt, pinned, refused: [] };
  });
}

/**
 * @param {string} trustToken
 * @param {import("./trust_list.js").TrustList} trust
 * @param {string[]} tokens
 * @param {string[]} before those held come first: a fetched list has to be at least as new
 * @param {Instant} now
 * @param {string | null} pinned
 * @returns {Promise<Held>}
 */
async function take(trustToken, trust, tokens, before, now, pinned) {
  /** @type {Map<number, HeldStatusList>} */
  const statusLists = new Map();
  /** @type {string[]} */
  const refused = [];
  for (const token of [...before, ...tokens]) {
    try {
      const list = await verifyStatusList(token, trust, now);
      const held = statusLists.get(list.number);
      // The past must not come back as the present. One of the same second is taken: two processes sign theirs.
      if (held !== undefined && list.issuedAt < held.list.issuedAt) throw new Refused("status_list_rolled_back");
      statusLists.set(list.number, { token, list });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refused.push(error.code);
    }
  }
  if (statusLists.size > MAX_STATUS_LISTS) throw new Refused("bundle_too_large");
  return { trust, trustToken, statusLists, receivedAt: now, pinned, refused };
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
function readFetched(bytes) {
  const found = members(bytes, FETCHED);
  return { trustToken: text(found.trust_list), tokens: texts(found.status_lists) };
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {readonly string[]} names */
function members(bytes, names) {
  if (bytes.length > MAX_BUNDLE_BYTES) throw new Refused("bundle_too_large");
  let found;
  try {
    found = readObject(bytes);
  } catch {
    throw malformed();
  }
  if (!isObject(found) || !hasExactly(found, names)) throw malformed();
  return found;
}

/** @param {import("./json.js").Json | undefined} found @returns {string} */
function text(found) {
  if (typeof found !== "string") throw malformed();
  return found;
}

/** @param {import("./json.js").Json | undefined} found @returns {string[]} */
function texts(found) {
  if (!Array.isArray(found) || found.length > MAX_STATUS_LISTS) throw malformed();
  return found.map(text);
}

/** @param {import("./json.js").Json | undefined} found @returns {string} */
function anchor(found) {
  const written = text(found);
  if (!ANCHOR.test(written)) throw malformed();
  return written;
}

/** @template T @param {() => Promise<T>} read @returns {Promise<T>} */
async function refusing(read) {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refused) throw new BundleRefused(error.code);
    throw error;
  }
}

function malformed() {
  return new Refused("bundle_malformed");
}
