"""The one way by which personal data reaches a column, so that encryption can come behind it without touching a query.

Columns of these types can be stored and read, but not searched, compared or sorted by: an encrypted column could not.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from .columns import to_json


class PersonalText(TypeDecorator[str]):
    impl = sa.Text
    cache_ok = True


class PersonalJson(TypeDecorator[Any]):
    """A JSON value about a person, as text. None is SQL NULL."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
