"""Hundreds of people apply at once for what a hundred can have."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from issuance.application import Application, ApplicationState
from issuance.apply import apply
from tests.issuance.office import INPUT, TYPE, Office
from tests.issuance.quota_policies import FEE, IN_2026, adopt, quota_policy, used
from tests.storage.quota_books import assert_books_balance

BUDGET_FOR = 100
AT_ONCE = 32


@pytest.mark.parametrize("count", [300, pytest.param(1_000, marks=pytest.mark.campaign)])
async def test_of_very_many_applications_a_hundred_are_paid_for(office: Office, count: int) -> None:
    office.at = IN_2026
    adopt(office, quota_policy(budget=BUDGET_FOR))
    people = [await office.citizen(personal_id=f"0011950{number:05d}", sub=f"s-{number}") for number in range(AT_ONCE)]

    def ask(number: int) -> Application:
        citizen = people[number % len(people)]
        return office.do(lambda r: apply(r, office.rules, citizen, TYPE, INPUT | {"copies": 1}, office.at))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        applications = list(pool.map(ask, range(count)))

    free = [one for one in applications if one.amount_due == 0]
    assert len(free) == BUDGET_FOR
    assert all(one.state is ApplicationState.RECEIVED for one in free)
    assert all(one.amount_due == FEE for one in applications if one not in free)
    assert used(office) == BUDGET_FOR
    assert len({one.code for one in applications}) == count
    assert_books_balance(office.database)
