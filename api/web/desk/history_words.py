"""The audit trail of a case in words: who, when, what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issuance.certificate import CertificateKind
from issuance.procedure.document import Procedure
from issuance.records import AuditEntry

from ...languages import Language
from ..texts import N_, translate

DEEDS: Mapping[str, str] = {
    "application_submitted": N_("submitted the application"),
    "application_taken": N_("took the case"),
    "application_assigned": N_("gave the case to %(to)s"),
    "application_reassigned": N_("the case went to %(to)s"),
    "application_approved": N_("approved the application"),
    "application_refused": N_("refused the application"),
    "application_stopped": N_("stopped the application"),
    "application_unpaid": N_("the application ended because the fee was not paid"),
    "application_withdrawn": N_("withdrew the application"),
    "apology_drafted": N_("an apology was drafted because the promised time has passed"),
    "apology_signed_off": N_("signed off the apology"),
    "carry_over_opened": N_("the case is to move to another unit"),
    "carried_over": N_("the case moved to another unit"),
    "certificate_archived": N_("archive data was added to %(kind)s"),
    "certificate_intended": N_("the issuing of %(kind)s began"),
    "certificate_intended_anew": N_("the issuing of %(kind)s began anew"),
    "certificate_issued": N_("%(kind)s was issued"),
    "certificate_reinstated": N_("let the document be in force again"),
    "certificate_revoked": N_("revoked the document"),
    "certificate_suspended": N_("suspended the document"),
    "document_given_to_body": N_("the document was given to the body that had asked for it"),
    "evidence_accepted": N_("accepted a paper"),
    "evidence_brought": N_("brought a paper"),
    "evidence_rejected": N_("rejected a paper"),
    "evidence_removed": N_("the file of a paper was deleted, its time being over"),
    "fee_decided": N_("decided the fee"),
    "handed_to_unit": N_("handed the document to another unit"),
    "handover_acknowledged": N_("the other unit confirmed that it has the document"),
    "handover_opened": N_("the other unit opened the document"),
    "papers_asked": N_("asked for papers until %(until)s"),
    "papers_given": N_("said that the papers are there"),
    "payment_confirmed": N_("the payment arrived"),
    "payment_reported_again": N_("the same payment was reported again"),
    "payment_to_refund": N_("money arrived that goes back"),
    "payment_unmatched": N_("money arrived that fits no order"),
    "payment_allocated": N_("let a payment pay the fee"),
    "payment_assigned": N_("gave a payment to somebody to clear"),
    "payment_given_back": N_("ordered a payment back"),
    "person_erased": N_("the personal data was erased"),
    "print_loaded": N_("opened the document to print it"),
    "printed": N_("printed paper copies"),
    "question_answered": N_("answered a question"),
    "question_asked": N_("asked a question"),
    "refund_done": N_("money was paid back"),
    "refund_failed": N_("a refund failed"),
    "refund_sent": N_("a refund was sent"),
    "register_answered": N_("a register answered"),
    "register_asked_again": N_("had the registers asked again"),
    "result_returned": N_("received the result"),
    "sent_again": N_("sent the parcel again"),
    "step_done": N_("finished the step “%(step)s”: %(outcome)s"),
    "work_resumed": N_("went on without waiting any longer"),
}
"""What an entry means. Entries that have no words here are shown by their own name."""

_KINDS: Mapping[str, str] = {
    CertificateKind.RESULT: N_("the document"),
    CertificateKind.RECEIPT: N_("the receipt"),
    CertificateKind.APOLOGY: N_("the letter of apology"),
}
_SYSTEM = N_("The service")
_CITIZEN = N_("The citizen")
_OFFICIAL = N_("An official")


@dataclass(frozen=True, slots=True)
class Told:
    """is_name: `who` is somebody's name, and no words of this page."""

    at: datetime
    who: str
    is_name: bool
    what: str
    acting_for: str | None


def history_of(
    entries: Sequence[AuditEntry],
    procedure: Procedure,
    citizen: str,
    name_of: Callable[[str], str | None],
    language: Language,
) -> list[Told]:
    """Newest first. citizen: the applicant's account; name_of: the name of an official's account, where it is known."""

    def who(account: str) -> str:
        if account == citizen:
            return translate(_CITIZEN, language)
        known = name_of(account)
        if known is not None:
            return known
        stands_for = _OFFICIAL if "|" in account else _SYSTEM
        return translate(stands_for, language)

    return [
        Told(
            one.at,
            who(one.actor),
            name_of(one.actor) is not None,
            _what(one, procedure, who, language),
            who(one.details["acting_for"]) if one.details.get("acting_for") else None,
        )
        for one in reversed(entries)
    ]


def _what(entry: AuditEntry, procedure: Procedure, who: Callable[[str], str], language: Language) -> str:
    words = DEEDS.get(entry.action)
    if words is None:
        return entry.action.replace("_", " ")
    return translate(words, language) % _Places(entry.details, procedure, who, language)


class _Places(dict[str, str]):
    """What the words have places for; asked for by name, so that each is looked up where it is needed."""

    def __init__(
        self, details: Mapping[str, Any], procedure: Procedure, who: Callable[[str], str], language: Language
    ) -> None:
        super().__init__()
        self._details, self._procedure, self._who, self._language = details, procedure, who, language

    def __missing__(self, name: str) -> str:
        value = self._details.get(name)
        if name == "to":
            return self._who(str(value)) if value else translate(N_("nobody in particular"), self._language)
        if name == "kind":
            return translate(_KINDS.get(str(value), N_("a document")), self._language)
        if name == "until":
            year, month, day = str(value).split("-")
            return f"{day}/{month}/{year}"
        step = next((one for one in self._procedure.steps if one.id == self._details.get("step")), None)
        if name == "step":
            return str(value) if step is None else step.name.in_language(self._language)
        outcome = None if step is None else step.outcome(str(value))
        return str(value) if outcome is None else outcome.name.in_language(self._language)
