"""A line that says all that its document needs, about a person that can be one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from identity.errors import IdentityError
from identity.personal_id import PersonalId

from ..documents.catalogue import DocumentType
from ..documents.errors import InvalidInput
from ..documents.printable import is_printable, normalised
from .errors import LineRefused
from .read_lines import MADE_BY_US, PERSON, LineReader

MAX_NAME_CHARACTERS = 80
_SEXES = frozenset({"male", "female"})

KeyOf = Callable[[str], str]
"""64 letters for a line by which it is known again and not read: keyed, since much of a line can be guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLine:
    """number: of the line. asked: the checked input of the type. key: see `KeyOf`."""

    number: int
    personal_id: str
    full_name: str
    birth_date: date
    sex: str | None
    asked: Mapping[str, Any]
    key: str

    def __repr__(self) -> str:
        return f"CheckedLine({self.number}, …)"


def check_line(
    reader: LineReader, document_type: DocumentType, key_of: KeyOf, number: int, line: bytes, today: date
) -> CheckedLine:
    """Raises LineRefused."""
    read = reader.read(line)
    given = {name: read.pop(name, None) for name in PERSON}
    problems: list[tuple[str, str]] = []
    person: dict[str, Any] = {}
    for name in PERSON:
        try:
            person[name] = _CHECKS[name](given[name], today)
        except ValueError as wrong:
            problems.append((f"/{name}", str(wrong)))
    asked: Mapping[str, Any] = {}
    try:
        asked = document_type.check_input({MADE_BY_US: 1, **read})
    except InvalidInput as invalid:
        problems += invalid.problems
    if problems:
        raise LineRefused("invalid_input", tuple(problems))
    said = {**person, "birth_date": person["birth_date"].isoformat(), "asked": asked, "type": document_type.id}
    key = key_of(json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    return CheckedLine(number=number, asked=asked, key=key, **person)


def _personal_id(value: object, today: date) -> str:
    if value is None:
        raise ValueError("missing")
    try:
        return PersonalId(str(value)).digits
    except IdentityError:
        raise ValueError("wrong_format") from None


def _full_name(value: object, today: date) -> str:
    if value is None:
        raise ValueError("missing")
    if not isinstance(value, str):
        raise ValueError("wrong_type")
    name = " ".join(normalised(value).split())
    if not name:
        raise ValueError("too_short")
    if len(name) > MAX_NAME_CHARACTERS:
        raise ValueError("too_long")
    if not is_printable(name):
        raise ValueError("wrong_format")
    return name


def _birth_date(value: object, today: date) -> date:
    if value is None:
        raise ValueError("missing")
    if not isinstance(value, str) or len(value) != len("2012-03-08"):
        raise ValueError("wrong_format")
    try:
        born = date.fromisoformat(value)
    except ValueError:
        raise ValueError("wrong_format") from None
    if born > today:
        raise ValueError("too_big")
    return born


def _sex(value: object, today: date) -> str | None:
    if value is None or (isinstance(value, str) and value in _SEXES):
        return value
    raise ValueError("not_allowed")


_CHECKS: Mapping[str, Callable[[object, date], Any]] = {
    "personal_id": _personal_id,
    "full_name": _full_name,
    "birth_date": _birth_date,
    "sex": _sex,
}
