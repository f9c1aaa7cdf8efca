"""Where a register says something else than the applicant stated or the account proved, so that a person decides."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ..application import Application
from .population import PopulationAnswer
from .source import SourceAnswer

_STATED_IN_INPUT = ("birth_place", "nationality", "permanent_residence", "temporary_residence")


@dataclass(frozen=True, slots=True, repr=False)
class Contradiction:
    """One fact in two versions. field: its name in the input, or of the person; source: the register that differs."""

    source: str
    field: str
    stated: str
    answered: str

    def __repr__(self) -> str:
        return f"Contradiction({self.source}, {self.field})"


def contradictions(application: Application) -> tuple[Contradiction, ...]:
    """By what each register said last. What one of the two leaves open contradicts nothing.

    Texts are the same in whatever case, spacing and Unicode form; marks count, since they make another name.
    """
    found = []
    for source in application.sources:
        answer = application.answer_of(source)
        if answer is not None:
            stated = _stated(application)
            found += [
                Contradiction(source, field, stated[field], answered)
                for field, answered in _answered(answer)
                if field in stated and _plain(stated[field]) != _plain(answered)
            ]
    return tuple(found)


def _stated(application: Application) -> dict[str, str]:
    person, given = application.concerned, application.input
    stated = {
        "full_name": person.full_name,
        "birth_date": person.birth_date.isoformat(),
        "sex": person.sex or given.get("sex"),
        **{field: given.get(field) for field in _STATED_IN_INPUT},
    }
    return {field: value for field, value in stated.items() if isinstance(value, str) and value.strip()}


def _answered(answer: SourceAnswer) -> Iterator[tuple[str, str]]:
    if answer.full_name is not None:
        yield "full_name", answer.full_name
    if answer.birth_date is not None:
        yield "birth_date", answer.birth_date.isoformat()
    if not isinstance(answer, PopulationAnswer):
        return
    for field in ("sex", *_STATED_IN_INPUT):
        value = getattr(answer, field)
        if value is not None:
            yield field, value


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
