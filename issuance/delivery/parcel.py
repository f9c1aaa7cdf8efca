"""A parcel: the paper copies of one application on their way to the citizen."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from ..application import Actor
from ..errors import ParcelMoveRefused
from .address import PostalAddress


class ParcelState(StrEnum):
    """asked: copies are still to be printed. printed: they lie at the unit. handed_over: to the post, in a batch."""

    ASKED = "asked"
    PRINTED = "printed"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"


_S = ParcelState
PARCEL_MOVES: Mapping[ParcelState, frozenset[ParcelState]] = MappingProxyType(
    {
        _S.ASKED: frozenset({_S.PRINTED, _S.CANCELLED}),
        _S.PRINTED: frozenset({_S.HANDED_OVER, _S.CANCELLED}),
        _S.HANDED_OVER: frozenset({_S.DELIVERED, _S.RETURNED}),
        _S.DELIVERED: frozenset(),
        _S.RETURNED: frozenset(),
        _S.CANCELLED: frozenset(),
    }
)


class ReturnReason(StrEnum):
    """Why the post has brought a parcel back."""

    NOT_AT_HOME = "not_at_home"
    ADDRESS_UNKNOWN = "address_unknown"
    REFUSED = "refused"
    DAMAGED = "damaged"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One journey of an application's papers; after a return another parcel, of the next seq, goes out.

    number: on the label, and by what the post's reports are matched; it tells nothing. copies: in it. line: in its
    batch's list, from 1. tracking_number: the post's own. tracked_at: of its last report.
    """

    id: UUID
    application_id: UUID
    seq: int
    number: str
    copies: int
    address: PostalAddress
    state: ParcelState
    asked_at: datetime
    changed_at: datetime
    batch_id: UUID | None = None
    line: int | None = None
    tracking_number: str | None = None
    tracked_at: datetime | None = None
    return_reason: ReturnReason | None = None
    version: int = 0

    def moved_to(self, state: ParcelState, at: datetime) -> Parcel:
        """Raises ParcelMoveRefused."""
        if state not in PARCEL_MOVES[self.state]:
            raise ParcelMoveRefused(self.state, state)
        return replace(self, state=state, changed_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalBatch:
    """What a unit handed to the post at once, the number-th of that day (Asia/Ho_Chi_Minh); it never changes.

    parcels: how many stand in its list.
    """

    id: UUID
    unit: str
    on: date
    number: int
    parcels: int
    closed_by: Actor
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class ParcelLine:
    """A parcel with the code of its application."""

    parcel: Parcel
    code: str


class Parcels(Protocol):
    def add(self, parcel: Parcel) -> None:
        """Raises ConcurrentChange where the application has one under way, or number or seq are taken."""

    def save(self, parcel: Parcel) -> Parcel:
        """Store the change, return it with its new version. Raises ConcurrentChange where the stored one differs."""

    def of_application(self, application_id: UUID) -> Sequence[Parcel]:
        """Oldest first."""

    def to_hand_over(self, unit: str, limit: int) -> Sequence[ParcelLine]:
        """Asked and printed ones of applications that are the unit's now, the first asked first."""

    def numbered(self, unit: str | None, numbers: Collection[str]) -> Mapping[str, ParcelLine]:
        """Those with one of these numbers, by number; unit: of its applications alone."""

    def next_batch_number(self, unit: str, on: date) -> int:
        """From 1 on."""

    def close(self, batch: PostalBatch) -> None:
        """Raises ConcurrentChange where the unit has one of this day and number."""

    def batch(self, unit: str, batch_id: UUID) -> PostalBatch:
        """The unit is part of the query. Raises BatchNotFound."""

    def batches(self, unit: str, limit: int) -> Sequence[PostalBatch]:
        """Newest first."""

    def in_batch(self, batch_id: UUID) -> Sequence[ParcelLine]:
        """By line."""


class PaperCopies(Protocol):
    """How many paper copies of a result were printed."""

    def printed(self, application_id: UUID) -> int: ...

    def print(self, copies: PrintedCopies, decided: int) -> bool:
        """Count and note them; False where more would be printed than were decided, and then nothing changes."""

    def find(self, application_id: UUID, print_id: UUID) -> PrintedCopies | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCopies:
    """That an official prints so many copies. by: the account."""

    id: UUID
    application_id: UUID
    copies: int
    by: str
    at: datetime


_RANDOM_DIGITS = 10


def new_parcel_number() -> str:
    """`P`, ten random digits, and one by which a mistyped number is noticed (Luhn, ISO/IEC 7812-1 annex B)."""
    digits = f"{secrets.randbelow(10**_RANDOM_DIGITS):0{_RANDOM_DIGITS}d}"
    return f"P{digits}{_check_digit(digits)}"


def is_parcel_number(text: str) -> bool:
    digits = text[1:]
    whole = text[:1] == "P" and len(digits) == _RANDOM_DIGITS + 1 and digits.isascii() and digits.isdecimal()
    return whole and _check_digit(digits[:-1]) == digits[-1]


def _check_digit(digits: str) -> str:
    doubled = (int(one) * (2 if place % 2 == 0 else 1) for place, one in enumerate(reversed(digits)))
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)
