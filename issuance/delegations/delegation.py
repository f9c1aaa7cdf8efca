"""One official lets another act in his or her place: in which role, for what, from when until when, by which act."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from identity.citizen import Role

from ..application import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """delegator: whose powers they are; person: the blind index of the delegator's personal number. delegate: who
    acts. type_ids: for these document types only; None for all. valid_from is included,
    valid_until is not. act: the decision that it rests on, as it is cited.
    """

    id: UUID
    unit: str
    role: Role
    type_ids: tuple[str, ...] | None
    delegator: Actor
    person: str
    delegate: Actor
    valid_from: datetime
    valid_until: datetime
    act: str
    created_by: str
    created_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    def is_in_force(self, at: datetime) -> bool:
        """At this very moment."""
        return self.valid_from <= at < self.valid_until and (self.revoked_at is None or at < self.revoked_at)

    def covers(self, type_id: str) -> bool:
        return self.type_ids is None or type_id in self.type_ids


class Delegations(Protocol):
    """Append-only but for a revocation."""

    def add(self, delegation: Delegation) -> None: ...

    def revoke(self, delegation: Delegation) -> None:
        """Store its revocation. Raises ConcurrentChange where it is revoked already."""

    def in_unit(self, delegation_id: UUID, unit: str) -> Delegation:
        """The unit is part of the query. Raises DelegationNotFound."""

    def of_unit(self, unit: str, ending_after: datetime) -> Sequence[Delegation]:
        """Those that end after this time, revoked ones too, the one that begins first before the others."""

    def to(self, delegate_key: str, unit: str, at: datetime) -> Sequence[Delegation]:
        """Those in force at this moment by which this account acts for others of the unit; by their beginning."""


class DeclaredRelatives(Protocol):
    """With whom officials do not deal, by blind indexes."""

    def of(self, subject_key: str) -> frozenset[str]: ...

    def among(self, subject_keys: Collection[str], persons: Collection[str]) -> frozenset[str]:
        """Those of the accounts that have declared one of these persons."""

    def declare(self, subject_key: str, person: str, at: datetime) -> None:
        """Harmless when repeated."""

    def take_back(self, subject_key: str, person: str) -> bool:
        """Whether it stood there."""
