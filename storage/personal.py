"""The one way by which personal data reaches a column, so that encryption can come behind it without touching a query.

Columns of these types can be stored and read, but not searched, compared or sorted by: an encrypted column could not.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from .columns import JsonText


class PersonalText(TypeDecorator[str]):
    impl = sa.Text
    cache_ok = True


class PersonalJson(JsonText):
    """A JSON value about a person."""

    cache_ok = True


class PersonalJsonIfAny(PersonalJson):
    """Reads None where there is no JSON: for those who refuse what they do not know, rather than break on it."""

    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        try:
            return super().process_result_value(value, dialect)
        except (ValueError, RecursionError):
            return None
