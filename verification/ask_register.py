"""What the register of issued documents says about facts that were sealed in a code or a credential."""

from dataclasses import dataclass
from datetime import datetime

from verification.register import (
    Register,
    RegisteredDocument,
    RegisterUnavailable,
    StatusReading,
    StatusSource,
    check_reading,
    check_status,
)
from verification.verdict import Check, DisclosedFacts, DocumentFacts, Outcome


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """contradiction: why the register does not know what was sealed; None where it agrees, or was not asked.

    document: what it has, if it agrees. current: the status, its own where it has the document, else the source's.
    """

    contradiction: Check | None
    document: RegisteredDocument | None
    current: Check


def ask_register(
    register: Register | None, status: StatusSource | None, facts: DocumentFacts | DisclosedFacts, at: datetime
) -> RegisterAnswer:
    """Ask for the document that has this entry of a status list. Without an answer nobody is accused."""
    if register is None:
        return RegisterAnswer(None, None, check_status(status, facts, at))
    try:
        found = register.document_at(facts.status_list, facts.status_index)
    except RegisterUnavailable:
        # It stands in for a source, so that the verdict names what was missing.
        return RegisterAnswer(None, None, check_status(status if status is not None else register, facts, at))
    if found is not None and _agree(facts, found.facts):
        return RegisterAnswer(None, found, check_reading(StatusReading(found.status, at), at))
    code = "not_in_register" if found is None else "contradicts_register"
    return RegisterAnswer(Check(Outcome.FAILED, code, at), None, check_status(status, facts, at))


def _agree(sealed: DocumentFacts | DisclosedFacts, registered: DocumentFacts | DisclosedFacts) -> bool:
    """Of an erased person the register knows no facts any more: its number, dates and entry must still agree."""
    if isinstance(registered, DocumentFacts):
        return sealed.agrees_with(registered)
    return registered.may_be_of(sealed)
