"""Where the next page starts: the sort key of the last row, opaque to the caller.

A cursor grants nothing: owner and unit stand in the query itself, so a forged one starts elsewhere in the same list.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, date, datetime
from uuid import UUID

from issuance.errors import InvalidCursor

MAX_CURSOR_LETTERS = 256


def encode_cursor(*key: date | datetime | UUID, question: str | None = None) -> str:
    """question: what the list was asked for, where it was asked for a part of itself."""
    parts = [part.isoformat() if isinstance(part, date) else part.hex for part in key]
    if question is not None:
        parts.append(question)
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def citizen_key(cursor: str) -> tuple[datetime, UUID]:
    """The key of a list that shows the newest first. Raises InvalidCursor."""
    try:
        moment, application_id = _parts(cursor, 2)
        return _moment(moment), UUID(hex=application_id)
    except ValueError:
        raise InvalidCursor("this is no cursor of this list") from None


def work_list_key(cursor: str, question: str | None = None) -> tuple[datetime, datetime, UUID]:
    """The key of a work list. Raises InvalidCursor, also where it continues another question."""
    try:
        promised, moment, application_id, *asked = _parts(cursor, 3 if question is None else 4)
        if asked != ([] if question is None else [question]):
            raise ValueError("another question")
        return _moment(promised), _moment(moment), UUID(hex=application_id)
    except ValueError:
        raise InvalidCursor("this is no cursor of this list") from None


def encode_number(number: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(number)]).encode()).decode().rstrip("=")


def number_key(cursor: str) -> int:
    """The key of a list by its rows' numbers. Raises InvalidCursor."""
    try:
        (number,) = _parts(cursor, 1)
        if not number.isdecimal() or not number.isascii() or int(number) >= 2**63:
            raise ValueError("no number of a row")
        return int(number)
    except ValueError:
        raise InvalidCursor("this is no cursor of this list") from None


def _parts(cursor: str, count: int) -> list[str]:
    if len(cursor) > MAX_CURSOR_LETTERS:
        raise ValueError("too long")
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    parts = json.loads(raw)
    if not isinstance(parts, list) or len(parts) != count or not all(isinstance(part, str) for part in parts):
        raise ValueError("another shape")
    return parts


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time that UTC has no year for") from None
