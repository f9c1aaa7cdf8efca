// Is this the trust list of the organisation that this verifier trusts, and the newest that it has seen?

import { MAX_CLOCK_SKEW } from "./days.js";
import { readObject } from "./json.js";
import { readJws } from "./jwt.js";
import { anchorOf, isSignedBy } from "./keys.js";
import { Refused } from "./refused.js";
import { MAX_TRUST_LIST_CHARS, TRUST_LIST_TYP, decodeTrustList, findKey } from "./trust_list.js";

/** @typedef {import("./trust_list.js").TrustList} TrustList */
/** @typedef {import("./trust_list.js").TrustedKey} TrustedKey */

/**
 * The checks of `verify_trust_list` in verification/verify_trust_list.py, by their numbers there.
 *
 * @param {string} token
 * @param {number} now when it came, in milliseconds
 * @param {TrustList | null} known the list held, by which the new one is judged
 * @param {string | null} anchor `anchorOf` the key that signs it. Where neither is given, any key that the list itself
 *   names may have signed it, which proves nothing of its origin: for a first download only.
 * @returns {Promise<TrustList>}
 * @throws {Refused}
 */
export async function verifyTrustList(token, now, known, anchor) {
  if (token.length > MAX_TRUST_LIST_CHARS) throw new Refused("trust_list_too_long");
  // 1.
  const jws = readJws(token, TRUST_LIST_TYP);
  // 2. Without a list held the key stands inside: parsed before anything is proven, within bounds, only for the key.
  const signer = signerIn(jws.unverifiedKeyId, known ?? decodeTrustList(readObject(jws.payload)));
  if (anchor !== null && (await anchorOf(signer.publicKey)) !== anchor) throw new Refused("trust_list_not_of_anchor");
  // 3.
  if (!(await isSignedBy(signer.publicKey, jws.algorithm, jws.signature, jws.signingInput))) {
    throw new Refused("trust_list_signature_wrong");
  }
  // 4.
  const found = decodeTrustList(readObject(jws.payload));
  // 5.
  const named = signerIn(jws.unverifiedKeyId, found);
  if (named.publicKey.text !== signer.publicKey.text) throw new Refused("trust_list_signer_unknown");
  // 6. The beginning that the list held gives the key was a plan; its end is not.
  if (found.asOf < named.notBefore || found.asOf >= named.notAfter || found.asOf >= signer.notAfter) {
    throw new Refused("trust_list_outside_key_period");
  }
  // 7.
  if (found.asOf > now + MAX_CLOCK_SKEW) throw new Refused("trust_list_from_the_future");
  if (now >= found.freshUntil) throw new Refused("trust_list_expired");
  // 8.
  if (known !== null && isOlder(found, known)) throw new Refused("trust_list_rolled_back");
  return found;
}

/**
 * The anchor of the key of `trust` that this token names as its signer.
 *
 * @param {string} token
 * @param {TrustList} trust
 * @returns {Promise<string>}
 * @throws {Refused}
 */
export async function signedBy(token, trust) {
  return anchorOf(signerIn(readJws(token, TRUST_LIST_TYP).unverifiedKeyId, trust).publicKey);
}

/** @param {string} keyId @param {TrustList} trust @returns {TrustedKey} */
function signerIn(keyId, trust) {
  const key = findKey(trust, keyId, "trust-list");
  // The list speaks for the whole organisation, so no unit can add keys to it.
  if (key === undefined || key.unit !== null) throw new Refused("trust_list_signer_unknown");
  if (key.compromisedFrom !== null) throw new Refused("trust_list_signer_compromised");
  return key;
}

/** @param {TrustList} found @param {TrustList} known */
function isOlder(found, known) {
  if (found.sequence === known.sequence) return found.asOf < known.asOf;
  // Whoever raised the sequence may have had another clock than who signed the list before.
  return found.sequence < known.sequence || found.asOf < known.asOf - MAX_CLOCK_SKEW;
}
