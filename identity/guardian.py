"""Somebody who acts for a child: the relation is evidence of its own, never the child's or the guardian's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from identity.citizen import Sex
from identity.personal_id import PersonalId

Relation = Literal["mother", "father", "guardian"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RegisteredChild:
    """What the population register answered about one child and the person who asks for it.

    reference: under which the register can be asked about this answer again.
    """

    personal_id: PersonalId
    full_name: str
    birth_date: date
    sex: Sex | None
    relation: Relation
    reference: str
    answered_at: datetime


class PopulationRegister(Protocol):
    async def child_of(self, guardian: PersonalId, child: PersonalId) -> RegisteredChild | None:
        """The child, where the register shows the first person as parent or guardian; None otherwise.

        Raises PopulationRegisterUnavailable; no answer is never taken for a relation.
        """
