"""What registers said of an application, and where that differs from what was stated."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from issuance.application import Application
from issuance.fees.wording import Label
from issuance.registers.contradictions import contradictions

from ..languages import Language

SOURCE_NAMES: Mapping[str, Label] = MappingProxyType(
    {
        "judicial_register": Label("Cơ sở dữ liệu lý lịch tư pháp", "the judicial register"),
        "judicial_register_complete": Label(
            "Cơ sở dữ liệu lý lịch tư pháp (toàn bộ)", "the judicial register (complete record)"
        ),
        "population_register": Label("Cơ sở dữ liệu quốc gia về dân cư", "the national population register"),
    }
)
_FIELD_NAMES: Mapping[str, Label] = MappingProxyType(
    {
        "full_name": Label("Họ và tên", "Full name"),
        "birth_date": Label("Ngày sinh", "Date of birth"),
        "sex": Label("Giới tính", "Sex"),
        "birth_place": Label("Nơi sinh", "Place of birth"),
        "nationality": Label("Quốc tịch", "Nationality"),
        "permanent_residence": Label("Nơi thường trú", "Permanent residence"),
        "temporary_residence": Label("Nơi tạm trú", "Temporary residence"),
    }
)


class RegisterStateView(TypedDict):
    """A register that is asked. `answer` is its last one, null before the first; `is_awaited`: it has still to answer,
    for the first time or anew."""

    source: str
    source_name: str
    is_awaited: bool
    answer: dict[str, Any] | None


class ContradictionView(TypedDict):
    """A register says something else than the applicant or the account: a person decides what holds."""

    source: str
    source_name: str
    field: str
    field_name: str
    stated: str
    answered: str


def registers_view(one: Application, language: Language) -> list[RegisterStateView]:
    found = ((source, one.answer_of(source)) for source in one.sources)
    return [
        {
            "source": source,
            "source_name": SOURCE_NAMES[source].in_language(language),
            "is_awaited": source in one.missing_sources,
            "answer": None if answer is None else answer.to_json(),
        }
        for source, answer in found
    ]


def contradictions_view(one: Application, language: Language) -> list[ContradictionView]:
    return [
        {
            "source": found.source,
            "source_name": SOURCE_NAMES[found.source].in_language(language),
            "field": found.field,
            "field_name": _FIELD_NAMES[found.field].in_language(language),
            "stated": found.stated,
            "answered": found.answered,
        }
        for found in contradictions(one)
    ]
