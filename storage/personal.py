"""The one way by which personal data reaches a column: sealed.

Columns of these types take nothing but what `storage.cells` has sealed, so that nothing slips in in clear, and give
what stands there, which `storage.cells` opens. They can be stored and read, but not searched, compared or sorted by.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from .columns import Encoded, to_json

SEALED_MARK: Final = "v1."
"""With what every sealed value begins. No JSON does; a text of an earlier release might, and is no sealed value."""


UNDER_THE_INSTALLATION: Final[dict[Any, Any]] = {"sealed under": "the installation's key"}
"""`info` of a table whose rows name applications and yet outlive the keys of their persons."""


class Sealed:
    """A value as a key has sealed it; made by `storage.vault` alone."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        if not text.startswith(SEALED_MARK):
            raise ValueError("this is not sealed")
        self.text = text

    def __repr__(self) -> str:
        return "Sealed(…)"


class Stored:
    """What a personal column holds: sealed, or in clear where an earlier release wrote it."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "Stored(…)"


class PersonalText(TypeDecorator[Any]):
    """A text about a person. Raises TypeError for what is not sealed."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            # Not the value itself: it is somebody's.
            raise TypeError("personal data is sealed before it reaches its column")
        return value.text

    def process_result_value(self, value: str | None, dialect: Dialect) -> Stored | None:
        return None if value is None else Stored(value)

    @staticmethod
    def to_text(value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError("a personal text is text")
        return value

    @staticmethod
    def from_text(text: str) -> Any:
        return text


class PersonalJson(PersonalText):
    """A JSON value about a person."""

    cache_ok = True

    @staticmethod
    def to_text(value: Any) -> str:
        return str(value) if isinstance(value, Encoded) else to_json(value)

    @staticmethod
    def from_text(text: str) -> Any:
        return json.loads(text)


@cache
def personal_columns(table: sa.Table) -> tuple[tuple[str, PersonalText], ...]:
    """Name and type of the table's personal columns."""
    return tuple((column.name, column.type) for column in table.columns if isinstance(column.type, PersonalText))
