"""A register's answer as officials read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from issuance.application import Application
from issuance.registers.judicial import RegisterAnswer
from issuance.registers.population import PopulationAnswer

from ...languages import Language
from ...present.registers import SOURCE_NAMES
from ..texts import N_, translate

_FACTS = {
    "full_name": N_("Full name"),
    "birth_date": N_("Date of birth"),
    "sex": N_("Sex"),
    "birth_place": N_("Place of birth"),
    "nationality": N_("Nationality"),
    "permanent_residence": N_("Permanent residence"),
    "temporary_residence": N_("Temporary residence"),
    "marital_status": N_("Marital status"),
    "spouse_name": N_("Spouse"),
}
_VALUES = {
    "male": N_("Male"),
    "female": N_("Female"),
    "single": N_("Single"),
    "married": N_("Married"),
    "divorced": N_("Divorced"),
    "widowed": N_("Widowed"),
}
_OF_A_LIST = frozenset({"sex", "marital_status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """answered_at: None before the first answer. is_clean: None where this register knows nothing of that kind.

    facts: names and values. entries: what speaks against somebody, each as facts of its own.
    """

    name: str
    is_awaited: bool
    answered_at: str | None = None
    reference: str = ""
    is_clean: bool | None = None
    facts: Sequence[tuple[str, str]] = ()
    entries: Sequence[Sequence[tuple[str, str]]] = ()


def registers_of(application: Application, language: Language) -> list[Answered]:
    """In the order in which the document type names them."""
    return [_answered(application, source, language) for source in application.sources]


def _answered(application: Application, source: str, language: Language) -> Answered:
    name, is_awaited = SOURCE_NAMES[source].in_language(language), source in application.missing_sources
    answer = application.answer_of(source)
    if answer is None:
        return Answered(name=name, is_awaited=is_awaited)
    if isinstance(answer, PopulationAnswer):
        facts = [
            (translate(label, language), _day_or_words(field, getattr(answer, field), language))
            for field, label in _FACTS.items()
        ]
        return Answered(
            name=name,
            is_awaited=is_awaited,
            answered_at=answer.answered_at.isoformat(),
            reference=answer.reference,
            facts=facts,
        )
    entries = _entries(answer, language)
    return Answered(
        name=name,
        is_awaited=is_awaited,
        answered_at=answer.answered_at.isoformat(),
        reference=answer.reference,
        is_clean=not entries,
        entries=entries,
    )


def _entries(answer: RegisterAnswer, language: Language) -> list[Sequence[tuple[str, str]]]:
    def words(text: str) -> str:
        return translate(text, language)

    convictions = [
        (
            (words(N_("Offence")), one.offence),
            (words(N_("Sentence")), one.sentence),
            (words(N_("Court")), one.court),
            (words(N_("Judgment")), f"{one.judgment_number}, {one.judged_on:%d/%m/%Y}"),
        )
        for one in answer.convictions
    ]
    bans = [
        (
            (words(N_("Barred from")), one.barred_from),
            (words(N_("Term")), one.term),
            (words(N_("Court")), one.court),
            (words(N_("Decision")), f"{one.decision_number}, {one.decided_on:%d/%m/%Y}"),
        )
        for one in answer.business_bans
    ]
    return [*convictions, *bans]


def _day_or_words(field: str, value: date | str | None, language: Language) -> str:
    """A dash for what the register does not say."""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if field in _OF_A_LIST and value in _VALUES:
        return translate(_VALUES[value], language)
    return value or "–"
