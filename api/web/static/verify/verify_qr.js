// Is the document behind this QR code genuine and in force? Asked without a network, answered as verification/ does in
// Python with the same bundle: same state, same reason, same findings, same facts.
//
// How a page uses it:
//
//   import { BundleRefused, readBundle, readHeld, updateBundle, verifyQr, writeHeld, ageOf } from "./verify/verify_qr.js";
//
//   const bytes = new Uint8Array(await (await fetch("/.well-known/condau-bundle")).arrayBuffer());
//   let held = await readBundle(bytes, null, new Date());     // the first time
//   held = await updateBundle(held, bytes, new Date());       // every time after it
//   const stored = await writeHeld(held);                     // text, to keep; no personal data is in it
//   held = await readHeld(stored);                            // read back, and verified again
//   const verdict = await verifyQr(scannedText, held, new Date());
//
// verifyQr never throws for what the text says. Its Verdict (typedef in verdict.js) has the members of the service's
// own answer, apart from those that are words for people: state, reason, seal, status and issuer (each outcome, code,
// as_of), issuer_name, facts, checked_at. Codes and states are the names that api/present/verdict_words.py has words
// for. One code is only known here: `algorithm_not_supported`, state unreadable, where the browser has no Ed25519 (or,
// outside of a secure context, no WebCrypto at all).
//
// readBundle, updateBundle and readHeld throw BundleRefused with a `code`; what was held before stays good. Whose the
// first bundle is, is proven by the way it came, as with `condau verify --update` without an anchor: the page and the
// bundle come over TLS from the same host, so nobody who could change the one could not change the other. From then on
// TLS proves nothing: an update must be signed by a key that the list held names, and continue its numbering. A device
// that was away for longer than a change of that key takes is refused with `trust_list_signer_unknown`, and one whose
// clock is wrong with `trust_list_from_the_future` or `trust_list_expired`. Beginning anew (readBundle) is a decision
// for a person, not for a script. A page that was given an anchor passes it as `pinned` at the first download.

import { checkIssuer } from "./check_issuer.js";
import { COSE_ALGORITHMS, decodeEnvelope, toBeSigned } from "./cose.js";
import { MAX_CLOCK_SKEW } from "./days.js";
import { digitsOf, fromDigits } from "./digits.js";
import { decodeClaims } from "./facts.js";
import { isSignedBy } from "./keys.js";
import { Refused } from "./refused.js";
import { readEntry } from "./status_list.js";
import { findKey } from "./trust_list.js";
import { check, unreadable, weigh } from "./verdict.js";

export { BundleRefused, readBundle, readHeld, updateBundle, writeHeld } from "./bundle.js";
export { digitsOf } from "./digits.js";

/** @typedef {import("./bundle.js").Held} Held */
/** @typedef {import("./verdict.js").Check} Check */
/** @typedef {import("./verdict.js").Verdict} Verdict */
/** @typedef {import("./days.js").Instant} Instant */

/**
 * Examine a scanned text, the whole link or its digits. The checks are those of verification/verify_qr.py, in its order.
 *
 * @param {string} text
 * @param {Held} held
 * @param {Date} now
 * @returns {Promise<Verdict>}
 */
export async function verifyQr(text, held, now) {
  const at = now.getTime();
  const { trust } = held;
  let envelope;
  try {
    envelope = decodeEnvelope(fromDigits(digitsOf(text)));
  } catch (error) {
    return unreadable(codeOf(error), at);
  }

  const key = findKey(trust, envelope.unverifiedKeyId, "qr");
  if (key === undefined) {
    const seal = check("unknown", "seal_not_examined");
    return weigh({ seal, issuer: check("unknown", "issuer_unknown", trust.asOf), at });
  }
  const seal = await checkSignature(envelope, key.publicKey);
  if (seal.outcome !== "passed") return weigh({ seal, issuer: check("passed", "issuer_known", trust.asOf), at });
  let facts;
  try {
    facts = decodeClaims(envelope.payload, key.keyId);
  } catch (error) {
    return unreadable(codeOf(error), at);
  }

  const issuer = checkIssuer(key, trust, facts, at);
  const status = checkStatus(held, facts, at);
  return weigh({ seal, issuer, status, facts, at, issuerName: key.issuerName });
}

/**
 * How old a list is, for telling before it says nothing any more: "ageing" once less than half of its time is left.
 * "over" is the moment from which verdicts withhold "valid".
 *
 * @param {Instant} asOf
 * @param {Instant} freshUntil
 * @param {Date} now
 * @returns {"fresh" | "ageing" | "over"}
 */
export function ageOf(asOf, freshUntil, now) {
  const left = freshUntil - now.getTime();
  if (left <= 0) return "over";
  return left < (freshUntil - asOf) / 2 ? "ageing" : "fresh";
}

/** @param {import("./cose.js").Envelope} envelope @param {import("./keys.js").PublicKey} publicKey @returns {Promise<Check>} */
async function checkSignature(envelope, publicKey) {
  const { algorithm } = publicKey;
  if (COSE_ALGORITHMS[algorithm] !== envelope.algorithm) return check("failed", "algorithm_not_allowed");
  const signed = toBeSigned(envelope.protectedHeader, envelope.payload);
  try {
    const isGenuine = await isSignedBy(publicKey, algorithm, envelope.signature, signed);
    return isGenuine ? check("passed", "seal_intact") : check("failed", "signature_wrong");
  } catch (error) {
    return check("unknown", codeOf(error));
  }
}

/** @param {Held} held @param {import("./facts.js").DocumentFacts} facts @param {Instant} at @returns {Check} */
function checkStatus(held, facts, at) {
  const list = held.statusLists.get(facts.status_list)?.list;
  const reading = list === undefined ? null : readEntry(list, facts.status_index);
  if (reading === null) return check("unknown", "status_not_listed");
  const { status, asOf, freshUntil } = reading;
  if (asOf > at + MAX_CLOCK_SKEW) return check("unknown", "status_from_the_future", asOf);
  // A revocation is never taken back, so what was once known of it is so for good.
  if (at >= freshUntil && status !== "revoked") return check("unknown", "status_stale", asOf);
  return check(status === "valid" ? "passed" : "failed", status, asOf);
}

/** What is no refusal is a fault of ours, which must not look like one of the document's. @param {unknown} error */
function codeOf(error) {
  if (error instanceof Refused) return error.code;
  throw error;
}
