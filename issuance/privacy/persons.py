"""What is kept about a person, and what keeps it: ports and facts of erasing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldApplication:
    """An application in which a person stands. is_concerned: it is about her; else she has asked for somebody else,
    and nothing but her own facts as the applicant is hers to have erased. is_applicant: she has asked; subject_key is
    then her account.

    holds: why its data may not go yet, by stable names (`HOLDS` of storage.persons); empty: it may.
    """

    id: UUID
    code: str
    type_id: str
    unit: str
    subject_key: str
    is_concerned: bool
    is_applicant: bool
    submitted_at: datetime
    closed_at: datetime | None
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """That a person was erased: by the blind index of her number only, so that it can be done again after a restore."""

    id: UUID
    person_index: str
    at: datetime
    applications: int


class Persons(Protocol):
    """Inside one transaction."""

    def applications_of(self, person_index: str, today: date) -> Sequence[HeldApplication]:
        """In which the person is the applicant or the one concerned, and which are not erased; locked until the end of
        the transaction, the oldest first."""

    def told_to(self, person_index: str, subject_key: str | None) -> Sequence[UUID]:
        """The applications that are told to this person: she has asked, or they are about her; the oldest first. None
        that a body asked for, and none that is erased."""

    def whose_time_is_over(
        self, with_result_before: datetime, without_before: datetime, today: date, limit: int
    ) -> Sequence[HeldApplication]:
        """Ended before these times, not held by anything and not erased; locked. A document that is in force, or that
        never expires, keeps its application."""

    def erase_application(self, application_id: UUID, at: datetime) -> None:
        """Destroy its keys and take away by what people are found; what is counted stays. One that is open is stopped:
        nobody could work on it any more."""

    def erase_applicant(self, application_id: UUID, at: datetime) -> None:
        """The same of the applicant's own facts, where the application is about somebody else."""

    def forget_payers(self, before: datetime, limit: int) -> int:
        """Take away the memos of payments that name no application and went back whole before this time, and the
        reasons that officials gave; returns of how many, which are `limit` at most."""

    def forget_accounts(self, subject_keys: Collection[str]) -> None:
        """End the sessions of these accounts, and forget the answers that they were given."""

    def note(self, erasure: Erasure) -> bool:
        """Keep that this was done; False where it is kept already."""

    def erasures(self) -> Sequence[Erasure]:
        """All, in the order in which they were done."""
