// What a check of a document concludes: one state, and the three findings it was weighed from. The names are those of
// verification/verdict.py and of the service's answers, so that one page shows both.

import { dayOf, isoText } from "./days.js";

/** @typedef {"valid" | "revoked" | "suspended" | "expired" | "not_genuine" | "unknown_issuer" | "unreadable" | "status_unknown"} VerdictState */
/** @typedef {"passed" | "failed" | "unknown"} Outcome */
/** @typedef {import("./facts.js").DocumentFacts} DocumentFacts */
/** @typedef {import("./days.js").Instant} Instant */

/**
 * One finding. `as_of` is the time of the data it rests on (ISO 8601), where that is older than the check itself.
 *
 * @typedef {{ outcome: Outcome, code: string, as_of: string | null }} Check
 */

/**
 * facts are present only when seal and issuer passed: nothing that a forger wrote is ever shown as a fact.
 *
 * @typedef {object} Verdict
 * @property {VerdictState} state
 * @property {string} reason
 * @property {Check} seal
 * @property {Check} status
 * @property {Check} issuer
 * @property {string | null} issuer_name
 * @property {DocumentFacts | null} facts
 * @property {string} checked_at ISO 8601
 */

const NOT_REACHED = check("unknown", "not_reached");
/** Findings on an issuer who is known, but whose word can't be relied on now or from here. */
const UNVOUCHED = [
  "trust_list_stale",
  "trust_list_from_the_future",
  "trust_list_before_issue",
  "key_compromised_since",
];

/** @param {Outcome} outcome @param {string} code @param {Instant | null} [asOf] @returns {Check} */
export function check(outcome, code, asOf = null) {
  return Object.freeze({ outcome, code, as_of: asOf === null ? null : isoText(asOf) });
}

/**
 * The verdict for an input that is not even the outline of a document: nothing could be examined.
 *
 * @param {string} code
 * @param {Instant} at
 * @returns {Verdict}
 */
export function unreadable(code, at) {
  return {
    state: "unreadable",
    reason: code,
    seal: NOT_REACHED,
    status: NOT_REACHED,
    issuer: NOT_REACHED,
    issuer_name: null,
    facts: null,
    checked_at: isoText(at),
  };
}

/**
 * Weigh the findings into one verdict. The first rule that fits decides, as in `weigh` of verification/verdict.py.
 *
 * @param {object} found
 * @param {Check} found.seal
 * @param {Check} found.issuer
 * @param {Instant} found.at
 * @param {Check} [found.status]
 * @param {DocumentFacts | null} [found.facts]
 * @param {string | null} [found.issuerName]
 * @returns {Verdict}
 */
export function weigh({ seal, issuer, at, status = NOT_REACHED, facts = null, issuerName = null }) {
  /** @param {VerdictState} state @param {string} reason @param {DocumentFacts | null} [shown] @returns {Verdict} */
  const conclude = (state, reason, shown = facts) => ({
    state,
    reason,
    seal,
    status,
    issuer,
    issuer_name: issuerName,
    facts: shown,
    checked_at: isoText(at),
  });

  if (seal.outcome === "failed") return conclude("not_genuine", seal.code, null);
  if (issuer.outcome === "unknown" && UNVOUCHED.includes(issuer.code)) {
    return conclude("status_unknown", issuer.code, null);
  }
  if (issuer.outcome === "unknown") return conclude("unknown_issuer", issuer.code, null);
  if (issuer.outcome === "failed") return conclude("not_genuine", issuer.code, null);
  if (seal.outcome === "unknown") return conclude("unreadable", seal.code, null);
  if (status.outcome === "failed") {
    return conclude(status.code === "suspended" ? "suspended" : "revoked", status.code);
  }
  const today = dayOf(at);
  if (facts !== null && facts.expires_on !== null && today > facts.expires_on) return conclude("expired", "expired");
  if (status.outcome === "unknown") return conclude("status_unknown", status.code);
  if (facts === null) return conclude("status_unknown", "facts_missing");
  // A wrong clock must not accuse anybody.
  if (facts.issued_on > today) return conclude("status_unknown", "issued_in_the_future");
  return conclude("valid", "valid");
}
