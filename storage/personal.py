"""The one way by which personal data reaches a column, so that encryption can come behind it without touching a query.

Columns of these types can be stored and read, but not searched, compared or sorted by: an encrypted column could not.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from .columns import JsonText


class PersonalText(TypeDecorator[str]):
    impl = sa.Text
    cache_ok = True


class PersonalJson(JsonText):
    """A JSON value about a person."""

    cache_ok = True
