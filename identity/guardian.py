"""Somebody who acts for a child: the relation is evidence of its own, never the child's or the guardian's word.

Holding a `VerifiedGuardian` is the proof: only `confirm_guardian` makes one, from the population register's answer.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, Never, Protocol

from identity.citizen import AssuranceLevel, Sex, VerifiedCitizen
from identity.errors import NotAChild, NotTheGuardian, PopulationRegisterUnavailable
from identity.personal_id import PersonalId
from identity.verify_token import require_level
from verification.verdict import VIETNAM

Relation = Literal["mother", "father", "guardian"]

CLOCK_LEEWAY: Final = timedelta(minutes=1)
"""By how much the register's clock may run ahead of ours."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RegisteredChild:
    """What the population register answered about one child and the person who asks for it.

    guardian_id: the person who asks, relation: what he or she is to the child. guardians: everybody whom the register
    shows as the child's parent or guardian, the one who asks included. reference: under which the register can be asked
    about this answer again.
    """

    guardian_id: PersonalId
    relation: Relation
    personal_id: PersonalId
    full_name: str
    birth_date: date
    sex: Sex | None
    guardians: frozenset[PersonalId]
    reference: str
    answered_at: datetime


class PopulationRegister(Protocol):
    async def child_of(self, guardian: PersonalId, child: PersonalId) -> RegisteredChild | None:
        """The child, where the register shows the first person as parent or guardian; None otherwise.

        None says the same of a stranger's child and of a number that nobody has.
        Raises PopulationRegisterUnavailable; no answer is never taken for a relation.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianRules:
    """Who may be acted for, by whom, and for how long the register's answer counts.

    of_age_years: from which birthday on a person acts for himself or herself; counted on the day in Vietnam, by the
    birth date that the register gives. level: what the guardian must be verified at.
    """

    of_age_years: int = 18
    level: AssuranceLevel = AssuranceLevel.LEVEL_2
    max_answer_age: timedelta = timedelta(hours=1)


class _Confirmed:
    """What the register's checked answer leaves for the constructor below; it never leaves this module."""

    __slots__ = ()


_CONFIRMED: Final = _Confirmed()


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedGuardian:
    """A citizen whom the population register has shown to be a child's parent or guardian.

    child: the register's answer, which is the evidence. valid_until: from then on the register has to be asked anew.
    """

    citizen: VerifiedCitizen
    child: RegisteredChild
    valid_until: datetime
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        if proof is not _CONFIRMED:
            raise TypeError("only confirm_guardian makes verified guardians")

    def __repr__(self) -> str:
        return f"VerifiedGuardian(issuer={self.citizen.issuer!r}, relation={self.child.relation!r}, redacted)"

    def __reduce__(self) -> Never:
        raise TypeError("a verified guardian cannot be stored and revived; ask the register instead")


async def confirm_guardian(
    citizen: VerifiedCitizen,
    child_number: PersonalId,
    register: PopulationRegister,
    at: datetime,
    rules: GuardianRules | None = None,
) -> VerifiedGuardian:
    """Have the population register confirm, as of `at` (aware), that the citizen may act for the child.

    Raises LevelTooLow before anything is asked; NotTheGuardian, also for a number that nobody has and for one's own;
    NotAChild; PopulationRegisterUnavailable where there is no answer, or none about these two and this hour.
    """
    rules = rules or GuardianRules()
    require_level(citizen, rules.level)
    # one's own application needs no guardian, and the register would be told of a question that nobody has
    if citizen.personal_id == child_number:
        raise NotTheGuardian
    child = await register.child_of(citizen.personal_id, child_number)
    if child is None:
        raise NotTheGuardian
    _check_answer(child, citizen.personal_id, child_number, at)
    valid_until = child.answered_at + rules.max_answer_age
    if valid_until <= at:
        raise PopulationRegisterUnavailable("The population register's answer is too old.")
    if _is_of_age(child.birth_date, at, rules.of_age_years):
        raise NotAChild
    return VerifiedGuardian(citizen, child, valid_until, _CONFIRMED)


def require_current(guardian: VerifiedGuardian, at: datetime) -> None:
    """Raises PopulationRegisterUnavailable when the answer has grown too old to act upon."""
    if guardian.valid_until <= at:
        raise PopulationRegisterUnavailable("The population register's answer is too old.")


def _check_answer(child: RegisteredChild, guardian_id: PersonalId, child_number: PersonalId, at: datetime) -> None:
    """An answer about somebody else, or from another time, is no answer. Raises PopulationRegisterUnavailable."""
    if (child.guardian_id, child.personal_id) != (guardian_id, child_number) or guardian_id not in child.guardians:
        raise PopulationRegisterUnavailable("The population register answered about somebody else.")
    if child.answered_at > at + CLOCK_LEEWAY or child.birth_date > at.astimezone(VIETNAM).date():
        raise PopulationRegisterUnavailable("The population register answered from the future.")


def _is_of_age(birth_date: date, at: datetime, years: int) -> bool:
    today = at.astimezone(VIETNAM).date()
    # as numbers, since the birthday itself need not exist: who is born on 29 February is of age from 1 March
    return (birth_date.year + years, birth_date.month, birth_date.day) <= (today.year, today.month, today.day)
