"""Who was shown whose data, and for what: written down before it is shown, and told to the person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from identity.citizen import VerifiedOfficial

from .application import Application


class Purpose(StrEnum):
    """What an official looks at personal data for. Closed: it follows from the route, nobody types it in."""

    SETTLE_CASE = "settle_case"
    SUPERVISE = "supervise"
    SEARCH = "search"
    ANSWER_QUESTION = "answer_question"
    PROCEEDINGS = "proceedings"
    PAYMENTS = "payments"
    DELIVER = "deliver"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """reader: the account of whoever was shown it. shown: what, in one stable word; at most 64 letters.

    application_ids: whose data was in it. person_indexes: who was looked for, whether or not anything was found.
    """

    at: datetime
    reader: str
    unit: str
    roles: frozenset[str]
    purpose: Purpose
    shown: str
    application_ids: Sequence[UUID]
    person_indexes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAccess:
    """An access as it is told to a person. codes: of that person's applications alone."""

    at: datetime
    reader: str
    unit: str
    roles: Sequence[str]
    purpose: Purpose
    shown: str
    codes: Sequence[str]


@dataclass(frozen=True, slots=True)
class AccessPage:
    accesses: Sequence[SeenAccess]
    next_cursor: str | None


class Accesses(Protocol):
    def record(self, access: Access) -> None:
        """In the transaction that reads what is shown: where this fails, nothing is shown."""

    def of_person(self, subject_key: str, person_index: str, cursor: str | None, limit: int) -> AccessPage:
        """Newest first: of applications that this account owns, that this person asked for or that are about her, and
        searches for her. None of what a body asked about her. Raises InvalidCursor."""

    def of_application(self, application_id: UUID) -> Sequence[SeenAccess]:
        """Oldest first, for whoever operates the installation; without codes."""


class RecordsAccesses(Protocol):
    @property
    def accesses(self) -> Accesses: ...


def record_access(
    records: RecordsAccesses,
    official: VerifiedOfficial,
    purpose: Purpose,
    shown: str,
    seen: Iterable[Application | UUID],
    at: datetime,
    *,
    person_indexes: Collection[str] = (),
    of_unknown: bool = False,
) -> None:
    """Write down that the official is shown these people's data; called in the transaction that reads it.

    of_unknown: that somebody's data is among it of whom nobody can tell who it is. Nothing is written where nobody's
    data is shown and nobody was looked for.
    """
    application_ids = tuple(dict.fromkeys(one if isinstance(one, UUID) else one.id for one in seen))
    if not (application_ids or person_indexes or of_unknown):
        return
    records.accesses.record(
        Access(
            at=at,
            reader=official.subject_key,
            unit=official.unit,
            roles=official.roles,
            purpose=purpose,
            shown=shown,
            application_ids=application_ids,
            person_indexes=tuple(person_indexes),
        )
    )
