// May this key have sealed that? Period, unit, compromise and the age of the trust list, weighed in one place.

import { DAY, MAX_CLOCK_SKEW, dayOf, firstInstant } from "./days.js";
import { check } from "./verdict.js";

/** @typedef {import("./verdict.js").Check} Check */
/** @typedef {import("./trust_list.js").TrustList} TrustList */
/** @typedef {import("./trust_list.js").TrustedKey} TrustedKey */

/**
 * The finding on a known key whose signature on a document has been verified; there is no register to ask here, and no
 * timestamp. The rules are those of verification/check_issuer.py.
 *
 * @param {TrustedKey} key
 * @param {TrustList} trust
 * @param {import("./facts.js").DocumentFacts} facts
 * @param {import("./days.js").Instant} at
 * @returns {Check}
 */
export function checkIssuer(key, trust, facts, at) {
  const { asOf } = trust;
  // A list that is out of its time could be silent about a compromise, or about what was added.
  if (asOf > at + MAX_CLOCK_SKEW) return check("unknown", "trust_list_from_the_future", asOf);
  if (at >= trust.freshUntil) return check("unknown", "trust_list_stale", asOf);
  const start = firstInstant(facts.issued_on);
  if (start >= key.notAfter || key.notBefore - start >= DAY) return check("failed", "issued_outside_key_period", asOf);
  if (!isOfUnit(facts.document_type, key, trust)) {
    // The unit may have gained the type since.
    if (dayOf(asOf) <= facts.issued_on) return check("unknown", "trust_list_before_issue", asOf);
    return check("failed", "key_for_other_unit", asOf);
  }
  if (key.compromisedFrom === null) return check("passed", "issuer_known", asOf);
  if (start >= key.compromisedFrom) return check("failed", "key_compromised", asOf);
  // Whoever took the key can write any date.
  return check("unknown", "key_compromised_since", asOf);
}

/** Whether the type is the key's to attest. @param {string} type @param {TrustedKey} key @param {TrustList} trust */
function isOfUnit(type, key, trust) {
  if (key.unit === null) return true;
  return trust.units.some((unit) => unit.code === key.unit && unit.documentTypes.includes(type));
}
