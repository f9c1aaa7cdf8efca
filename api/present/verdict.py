"""A verdict, with the words in which a person reads it: one title and one instruction for each state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from typing_extensions import TypedDict

from issuance.documents.catalogue import Catalogue
from issuance.fees.wording import Label
from verification.key_binding import HOLDER_PROVEN
from verification.verdict import (
    NOT_REACHED,
    VIETNAM,
    Check,
    DisclosedFacts,
    DocumentFacts,
    Outcome,
    Verdict,
    VerdictState,
)

from ..languages import Language
from . import file_words
from .verdict_words import (
    FINDINGS,
    GLOSSES,
    HOLDER_SHOWN,
    INSTRUCTIONS,
    INSTRUCTIONS_FOR,
    NOBODY_SHOWN,
    NOT_IN_REGISTER,
    OF_PRESENTATION,
    OUTCOMES,
    TITLES,
    TITLES_FOR,
    UNREADABLE_CREDENTIAL,
    WITHHELD,
)

Method = Literal["qr", "pdf", "number", "credential", "code_in_file"]
"""How a document was asked for; code_in_file: by a code that was read from a picture, or from a PDF without a seal."""


class FindingView(TypedDict):
    """One of the three findings. `as_of`: the time of the data it rests on, where older than the check."""

    outcome: str
    code: str
    as_of: str | None
    text: str


class FactsView(TypedDict):
    """What the document says as its issuer sealed it. The texts with `_text` are for people, in the asked language.

    `result_line_gloss` says in English what a known result line means; what was sealed is the line itself.
    `withheld` names what the holder of a credential did not show; those fields are null.
    """

    document_type: str
    document_type_name: str
    number: str | None
    number_text: str | None
    full_name: str | None
    birth_date: str | None
    birth_date_text: str | None
    result_line: str | None
    result_line_gloss: str | None
    issued_on: str
    issued_on_text: str
    expires_on: str | None
    withheld: list[str]
    withheld_text: str | None


class VerdictView(TypedDict):
    """`state`, `reason` and the findings' codes are for programs; title, instruction and texts for people.

    Facts are there only when seal and issuer passed, and have to be compared with the holder's identity card.
    `examined` says what the verdict is about: `file`, `code`, `number`, `credential`, or `code_in_file`, the code that
    a file shows. What else that file shows nobody has checked, which `note` says to people.
    """

    state: str
    reason: str
    examined: str
    title: str
    instruction: str
    note: str | None
    facts: FactsView | None
    issuer_name: str | None
    seal: FindingView
    status: FindingView
    issuer: FindingView
    checked_at: str
    checked_at_text: str


# A broken seal proves nobody's hand, whatever certificate or key it names.
_NOT_ESTABLISHED = Check(Outcome.UNKNOWN, "not_established")

_EXAMINED: Mapping[Method, str] = {"qr": "code", "pdf": "file"}

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def verdict_view(verdict: Verdict, method: Method, catalogue: Catalogue, language: Language) -> VerdictView:
    title = TITLES_FOR.get(verdict.reason, TITLES[verdict.state])
    instruction = INSTRUCTIONS_FOR.get(verdict.reason, INSTRUCTIONS[verdict.state])
    if verdict.state is VerdictState.NOT_GENUINE and verdict.reason == "not_in_register":
        title, instruction = NOT_IN_REGISTER.get(method, (title, instruction))
    if method == "code_in_file":
        title, instruction = file_words.OF_CODE_IN_FILE.get(verdict.state, (title, instruction))
    if method == "credential":
        title, instruction = _of_credential(verdict, title, instruction)
    unproven = verdict.seal.outcome is Outcome.FAILED
    issuer = _NOT_ESTABLISHED if unproven and verdict.issuer != NOT_REACHED else verdict.issuer
    return {
        "state": verdict.state.value,
        "reason": verdict.reason,
        "examined": _EXAMINED.get(method, method),
        "title": title.in_language(language),
        "instruction": instruction.in_language(language),
        "note": file_words.NOTE_ON_CODE_IN_FILE.in_language(language) if method == "code_in_file" else None,
        "facts": None if verdict.facts is None else _facts(verdict.facts, catalogue, language),
        "issuer_name": None if unproven else verdict.issuer_name,
        "seal": _finding(verdict.seal, language),
        "status": _finding(verdict.status, language),
        "issuer": _finding(issuer, language),
        "checked_at": verdict.checked_at.isoformat(),
        "checked_at_text": moment_in_words(verdict.checked_at, language),
    }


def _of_credential(verdict: Verdict, title: Label, instruction: Label) -> tuple[Label, Label]:
    for beginning, words in OF_PRESENTATION.items():
        if verdict.reason.startswith(beginning):
            return words
    if verdict.state is VerdictState.UNREADABLE:
        return title, UNREADABLE_CREDENTIAL
    facts = verdict.facts
    if verdict.state is VerdictState.VALID and facts is not None and None in (facts.full_name, facts.birth_date):
        return title, HOLDER_SHOWN if verdict.seal.code == HOLDER_PROVEN else NOBODY_SHOWN
    return title, instruction


def moment_in_words(moment: datetime, language: Language) -> str:
    """Hanoi's time, to the second: `18:45:10 ngày 21/11/2026`, `21 November 2026, 18:45:10 (Hanoi time)`."""
    local = moment.astimezone(VIETNAM)
    if language == "vi":
        return f"{local:%H:%M:%S ngày %d/%m/%Y}"
    return f"{_day(local, language)}, {local:%H:%M:%S} (Hanoi time)"


def _finding(check: Check, language: Language) -> FindingView:
    text = FINDINGS.get(check.code, OUTCOMES[check.outcome])
    return {
        "outcome": check.outcome.value,
        "code": check.code,
        "as_of": None if check.as_of is None else check.as_of.isoformat(),
        "text": text.in_language(language),
    }


def _facts(facts: DocumentFacts | DisclosedFacts, catalogue: Catalogue, language: Language) -> FactsView:
    names = {one.id: one.name.in_language(language) for one in catalogue}
    withheld = [name for name in WITHHELD if getattr(facts, name) is None]
    born, gloss = facts.birth_date, GLOSSES.get((facts.document_type, facts.result_line or ""))
    return {
        "document_type": facts.document_type,
        "document_type_name": names.get(facts.document_type, facts.document_type),
        "number": facts.number,
        "number_text": None if facts.number is None else _grouped(facts.number),
        "full_name": facts.full_name,
        "birth_date": None if born is None else born.isoformat(),
        "birth_date_text": None if born is None else _day(born, language),
        "result_line": facts.result_line,
        "result_line_gloss": None if language == "vi" else gloss,
        "issued_on": facts.issued_on.isoformat(),
        "issued_on_text": _day(facts.issued_on, language),
        "expires_on": None if facts.expires_on is None else facts.expires_on.isoformat(),
        "withheld": withheld,
        "withheld_text": _withheld(withheld, language) if withheld else None,
    }


def _withheld(names: list[str], language: Language) -> str:
    said = ", ".join(WITHHELD[name].in_language(language) for name in names)
    return f"Người giữ không cho xem: {said}" if language == "vi" else f"Not shown by the holder: {said}"


def _grouped(number: str) -> str:
    # As the paper prints it; numbers of other kinds stay as they are.
    if len(number) != 12 or not number.isdigit():
        return number
    return " ".join(number[start : start + 4] for start in (0, 4, 8))


def _day(day: date, language: Language) -> str:
    """As the identity card writes it; in English with the month's name, because 08/03 would be read both ways."""
    return f"{day:%d/%m/%Y}" if language == "vi" else f"{day.day} {MONTHS[day.month - 1]} {day.year}"
