"""What a check of a document concludes: one state, and the three findings it was weighed from."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

# Documents carry dates, keys and clocks carry instants; a date means the civil day where the document was issued.
VIETNAM = timezone(timedelta(hours=7), "UTC+07:00")
# Clocks differ; what is from further ahead than this was made with a wrong clock, or is read with one.
MAX_CLOCK_SKEW = timedelta(minutes=5)


class VerificationError(Exception):
    """Base of what this package raises; `code` is stable snake_case and safe to show."""

    code: str = "verification_error"

    def __init__(self, code: str | None = None) -> None:
        self.code = code or type(self).code
        super().__init__(self.code)


class VerdictState(StrEnum):
    VALID = "valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    NOT_GENUINE = "not_genuine"
    UNKNOWN_ISSUER = "unknown_issuer"
    UNREADABLE = "unreadable"
    STATUS_UNKNOWN = "status_unknown"


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `as_of` is the time of the data it rests on, where that is older than the check itself."""

    outcome: Outcome
    code: str
    as_of: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        return {"outcome": self.outcome.value, "code": self.code, "as_of": _text(self.as_of)}


NOT_REACHED = Check(Outcome.UNKNOWN, "not_reached")
# Findings on an issuer who is known, but whose word can't be relied on now or from here.
UNVOUCHED = frozenset(
    {"trust_list_stale", "trust_list_from_the_future", "trust_list_before_issue", "key_compromised_since"}
)

# Findings on a seal that is whole, with something beside it that can't be verified here.
UNPROVEN = frozenset({"updates_unverified", "timestamp_authority_unknown"})


# Of a status list's number and of an index in it: the largest integer that every database has a column for.
MAX_STATUS_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What a document says, as its issuer sealed it: the fields to compare with the holder's identity card.

    expires_on: the last day on which the document is in force. status_list and status_index: its entry in the
    issuer's published status lists.
    """

    document_type: str
    number: str
    full_name: str
    birth_date: date
    result_line: str
    issued_on: date
    expires_on: date | None
    key_id: str
    status_list: int
    status_index: int

    def agrees_with(self, facts: "DocumentFacts") -> bool:
        """Whether both say the same; the key apart, for each body of a document is sealed with its own."""
        return replace(self, key_id=facts.key_id) == facts

    def to_json(self) -> dict[str, Any]:
        return {
            "document_type": self.document_type,
            "number": self.number,
            "full_name": self.full_name,
            "birth_date": self.birth_date.isoformat(),
            "result_line": self.result_line,
            "issued_on": self.issued_on.isoformat(),
            "expires_on": _text(self.expires_on),
            "key_id": self.key_id,
            "status_list": self.status_list,
            "status_index": self.status_index,
        }


# What the holder of a credential may keep to himself.
SELECTIVE_FACTS = ("number", "full_name", "birth_date", "result_line")


@dataclass(frozen=True, slots=True)
class DisclosedFacts:
    """What the holder of a credential chose to show of a document's facts; None: withheld, which accuses nobody.

    Type, dates of issue and expiry, key and status entry are always open: without them nothing could be verified.
    """

    document_type: str
    issued_on: date
    expires_on: date | None
    key_id: str
    status_list: int
    status_index: int
    number: str | None = None
    full_name: str | None = None
    birth_date: date | None = None
    result_line: str | None = None

    def agrees_with(self, facts: DocumentFacts) -> bool:
        """Whether everything that is shown is so in `facts`; the key apart, for each body is sealed with its own."""
        always = ("document_type", "issued_on", "expires_on", "status_list", "status_index")
        return all(getattr(self, name) == getattr(facts, name) for name in always) and all(
            getattr(self, name) in (None, getattr(facts, name)) for name in SELECTIVE_FACTS
        )

    def may_be_of(self, facts: "DocumentFacts | DisclosedFacts") -> bool:
        """Whether nothing that is shown here is otherwise in `facts`, of which some may be withheld as well."""
        always = ("document_type", "issued_on", "expires_on", "status_list", "status_index")
        return all(getattr(self, name) == getattr(facts, name) for name in always) and all(
            None in (getattr(self, name), getattr(facts, name)) or getattr(self, name) == getattr(facts, name)
            for name in SELECTIVE_FACTS
        )

    def to_json(self) -> dict[str, Any]:
        """As DocumentFacts, without what was withheld."""
        shown = {
            "number": self.number,
            "full_name": self.full_name,
            "birth_date": _text(self.birth_date),
            "result_line": self.result_line,
        }
        return {
            "document_type": self.document_type,
            **{name: value for name, value in shown.items() if value is not None},
            "issued_on": self.issued_on.isoformat(),
            "expires_on": _text(self.expires_on),
            "key_id": self.key_id,
            "status_list": self.status_list,
            "status_index": self.status_index,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to "is this document genuine and in force?" at `checked_at`.

    facts are present only when seal and issuer passed: nothing that a forger wrote is ever shown as a fact.
    """

    state: VerdictState
    reason: str
    seal: Check
    status: Check
    issuer: Check
    facts: DocumentFacts | DisclosedFacts | None
    checked_at: datetime
    issuer_name: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state.value,
            "reason": self.reason,
            "seal": self.seal.to_json(),
            "status": self.status.to_json(),
            "issuer": self.issuer.to_json(),
            "issuer_name": self.issuer_name,
            "facts": self.facts.to_json() if self.facts else None,
            "checked_at": self.checked_at.isoformat(),
        }


def unreadable(code: str, at: datetime) -> Verdict:
    """The verdict for an input that is not even the outline of a document: nothing could be examined."""
    return Verdict(VerdictState.UNREADABLE, code, NOT_REACHED, NOT_REACHED, NOT_REACHED, None, at)


def weigh(
    *,
    seal: Check,
    issuer: Check,
    at: datetime,
    status: Check = NOT_REACHED,
    facts: DocumentFacts | DisclosedFacts | None = None,
    issuer_name: str | None = None,
) -> Verdict:
    """Weigh the findings into one verdict. The first rule that fits decides:

    1. the seal failed                                  → NOT_GENUINE
    2. the issuer is known, but not vouched for now     → STATUS_UNKNOWN (an old trust list, a key taken since)
    3. the issuer's key is not known here               → UNKNOWN_ISSUER
    4. the issuer's key could not have sealed this      → NOT_GENUINE
    5. the seal was not examined                        → UNREADABLE; whole, but with updates or a timestamp of
                                                          unknown origin: STATUS_UNKNOWN
    6. the status says revoked, suspended               → REVOKED, SUSPENDED
    7. the last day in force has passed                 → EXPIRED
    8. the status, or the document's facts, are missing → STATUS_UNKNOWN
    9. issued later than the clock says                 → STATUS_UNKNOWN (a wrong clock must not accuse anybody)
    10. all three passed                                → VALID
    """

    def conclude(state: VerdictState, reason: str, shown: DocumentFacts | DisclosedFacts | None = facts) -> Verdict:
        return Verdict(state, reason, seal, status, issuer, shown, at, issuer_name)

    if seal.outcome is Outcome.FAILED:
        return conclude(VerdictState.NOT_GENUINE, seal.code, None)
    if issuer.outcome is Outcome.UNKNOWN and issuer.code in UNVOUCHED:
        return conclude(VerdictState.STATUS_UNKNOWN, issuer.code, None)
    if issuer.outcome is Outcome.UNKNOWN:
        return conclude(VerdictState.UNKNOWN_ISSUER, issuer.code, None)
    if issuer.outcome is Outcome.FAILED:
        return conclude(VerdictState.NOT_GENUINE, issuer.code, None)
    if seal.outcome is Outcome.UNKNOWN:
        state = VerdictState.STATUS_UNKNOWN if seal.code in UNPROVEN else VerdictState.UNREADABLE
        return conclude(state, seal.code, None)
    if status.outcome is Outcome.FAILED:
        suspended = status.code == VerdictState.SUSPENDED.value
        return conclude(VerdictState.SUSPENDED if suspended else VerdictState.REVOKED, status.code)
    today = at.astimezone(VIETNAM).date()
    if facts is not None and facts.expires_on is not None and today > facts.expires_on:
        return conclude(VerdictState.EXPIRED, "expired")
    if status.outcome is Outcome.UNKNOWN:
        return conclude(VerdictState.STATUS_UNKNOWN, status.code)
    if facts is None:
        return conclude(VerdictState.STATUS_UNKNOWN, "facts_missing")
    if facts.issued_on > today:
        return conclude(VerdictState.STATUS_UNKNOWN, "issued_in_the_future")
    return conclude(VerdictState.VALID, "valid")


def _text(moment: date | None) -> str | None:
    return moment.isoformat() if moment else None
