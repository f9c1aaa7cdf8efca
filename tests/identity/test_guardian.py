"""Who may act for a child: only whom the population register shows, only for a child, only by a fresh answer."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import identity
from identity.citizen import AssuranceLevel
from identity.errors import LevelTooLow, NotAChild, NotTheGuardian, PopulationRegisterUnavailable
from identity.guardian import (
    GuardianRules,
    RegisteredChild,
    VerifiedGuardian,
    confirm_guardian,
    require_current,
)
from identity.personal_id import PersonalId
from tests.identity.issuer import NOW, TestIssuer

MOTHER, FATHER, CHILD = PersonalId("001194000001"), PersonalId("001091000003"), PersonalId("001219000021")
KHOI = RegisteredChild(
    guardian_id=MOTHER,
    relation="mother",
    personal_id=CHILD,
    full_name="Lê Minh Khôi",
    birth_date=date(2019, 4, 12),
    sex="male",
    guardians=frozenset((MOTHER, FATHER)),
    reference="CSDLDC-1",
    answered_at=NOW,
)


class Books:
    """A register that gives one answer, whatever it is asked, and remembers the questions."""

    def __init__(self, answer: RegisteredChild | None) -> None:
        self.answer = answer
        self.asked: list[tuple[PersonalId, PersonalId]] = []

    async def child_of(self, guardian: PersonalId, child: PersonalId) -> RegisteredChild | None:
        self.asked.append((guardian, child))
        return self.answer


ISSUER = TestIssuer()


async def confirm(
    answer: RegisteredChild | None, child: PersonalId = CHILD, at: datetime = NOW, rules: GuardianRules | None = None
) -> VerifiedGuardian:
    return await confirm_guardian(await ISSUER.citizen(at), child, Books(answer), at, rules)


async def test_the_register_s_answer_makes_a_guardian() -> None:
    guardian = await confirm(KHOI)

    assert guardian.citizen.personal_id == MOTHER
    assert guardian.child == KHOI
    assert guardian.valid_until == NOW + timedelta(hours=1)


async def test_a_stranger_s_child_and_nobody_s_number_are_refused_alike() -> None:
    with pytest.raises(NotTheGuardian) as refused:
        await confirm(None)
    assert str(refused.value) == NotTheGuardian.sentence


async def test_a_low_level_is_refused_before_the_register_learns_of_it() -> None:
    books, citizen = Books(KHOI), await ISSUER.citizen(acr="level-1")
    with pytest.raises(LevelTooLow):
        await confirm_guardian(citizen, CHILD, books, NOW)
    assert books.asked == []
    lenient = GuardianRules(level=AssuranceLevel.LEVEL_1)
    assert (await confirm_guardian(citizen, CHILD, books, NOW, lenient)).citizen is citizen


async def test_nobody_is_his_own_guardian() -> None:
    herself = replace(KHOI, personal_id=MOTHER)
    books = Books(herself)
    with pytest.raises(NotTheGuardian):
        await confirm_guardian(await ISSUER.citizen(), MOTHER, books, NOW)
    assert books.asked == []


@pytest.mark.parametrize(
    "other",
    [
        replace(KHOI, personal_id=PersonalId("001322000022")),
        replace(KHOI, guardian_id=FATHER, relation="father"),
        replace(KHOI, guardians=frozenset((FATHER,))),
        replace(KHOI, birth_date=date(2024, 6, 4)),
        replace(KHOI, answered_at=NOW + timedelta(minutes=2)),
        replace(KHOI, answered_at=NOW - timedelta(hours=1)),
        replace(KHOI, answered_at=datetime.max.replace(tzinfo=UTC)),
        replace(KHOI, answered_at=datetime.min.replace(tzinfo=UTC)),
    ],
    ids=["another child", "another guardian", "asker not listed", "unborn", "early", "late", "last day", "first day"],
)
async def test_an_answer_about_somebody_else_or_another_time_is_no_answer(other: RegisteredChild) -> None:
    with pytest.raises(PopulationRegisterUnavailable):
        await confirm(other)


async def test_an_answer_is_acted_upon_within_the_hour() -> None:
    guardian = await confirm(KHOI, at=NOW + timedelta(minutes=59))
    require_current(guardian, NOW + timedelta(minutes=59, seconds=59))
    with pytest.raises(PopulationRegisterUnavailable):
        require_current(guardian, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("birth_date", "at", "of_age"),
    [
        (date(2006, 6, 3), datetime(2024, 6, 2, 16, 59, tzinfo=UTC), False),  # still 2 June in Hanoi
        (date(2006, 6, 3), datetime(2024, 6, 2, 17, 0, tzinfo=UTC), True),
        (date(2008, 2, 29), datetime(2026, 2, 28, 5, 0, tzinfo=UTC), False),
        (date(2008, 2, 29), datetime(2026, 3, 1, 5, 0, tzinfo=UTC), True),
    ],
)
async def test_childhood_ends_with_the_birthday_in_vietnam(birth_date: date, at: datetime, of_age: bool) -> None:
    child = replace(KHOI, birth_date=birth_date, answered_at=at)
    if not of_age:
        assert (await confirm(child, at=at)).child.birth_date == birth_date
        return
    with pytest.raises(NotAChild):
        await confirm(child, at=at)
    later = GuardianRules(of_age_years=21)
    assert (await confirm(child, at=at, rules=later)).child.birth_date == birth_date


@given(
    born=st.dates(date(1990, 1, 1), date(2024, 6, 3)),
    days=st.integers(0, 40_000),
    years=st.integers(1, 30),
)
async def test_whoever_is_of_age_once_stays_so(born: date, days: int, years: int) -> None:
    at = NOW + timedelta(days=days)
    rules = GuardianRules(of_age_years=years)

    async def is_child(moment: datetime) -> bool:
        try:
            await confirm(replace(KHOI, birth_date=born, answered_at=moment), at=moment, rules=rules)
        except NotAChild:
            return False
        return True

    if not await is_child(at):
        assert not await is_child(at + timedelta(days=1))
        assert at.year - born.year >= years
    else:
        assert at.year - born.year <= years


async def test_only_the_register_makes_a_guardian() -> None:
    guardian = await confirm(KHOI)
    with pytest.raises(TypeError):
        VerifiedGuardian(guardian.citizen, KHOI, guardian.valid_until, object())
    with pytest.raises(ValueError, match="proof"):
        replace(guardian, child=replace(KHOI, full_name="Ai đó"))  # type: ignore[call-arg]  # the missing proof is the point
    for revive in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            revive(guardian)


async def test_nothing_personal_prints() -> None:
    guardian = await confirm(KHOI)
    for shown in (repr(guardian), repr(KHOI), str(guardian), f"{guardian}"):
        for secret in (KHOI.full_name, CHILD.digits, MOTHER.digits, "2019", guardian.citizen.full_name):
            assert secret not in shown


def test_the_proof_is_named_in_one_module_only() -> None:
    root = Path(identity.__path__[0]).parent
    packages = ("api", "condau", "identity", "issuance", "signing", "simulators", "storage", "verification")
    files = [file for package in packages for file in (root / package).rglob("*.py")]
    naming = [file.name for file in files if "_CONFIRMED" in file.read_text(encoding="utf-8")]
    assert naming == ["guardian.py"]
