"""Applications, money, documents and the clock in any order, and in the middle of any of it the process dies.

After every step all that must hold of an installation holds, on both databases; after every death what is left is
mended, and mending it a second time changes nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from storage.records import SqlRecords
from storage.runner import Database
from tests.crashes.happenings import Happenings
from tests.crashes.world import an_office
from tests.invariants import broken_invariants


class Life(Happenings):
    """What must hold after every step of it."""

    @invariant()
    def nothing_is_broken(self) -> None:
        if self.is_changed:
            self.is_changed = False
            found = broken_invariants(self.born, self.office.files_folder)
            assert found == [], found

    @invariant()
    def no_payment_is_lost_or_doubled(self) -> None:
        """What was said to be kept is kept; and what is kept came."""
        kept, cash = (self.born.run_blocking(lambda r, s=sign: _references(r, s)) for sign in ("<>", "="))  # type: ignore[misc] # of a default
        assert len(kept) == len(set(kept))
        assert self.world.cash <= set(cash)
        assert self.world.told <= set(kept) <= {one.provider_reference for one in self.bank.came}

    @invariant()
    def nothing_goes_back_that_was_not_ordered_back(self) -> None:
        sent: dict[str, int] = {}
        for reference, amount in self.bank.sent.values():
            sent[reference] = sent.get(reference, 0) + amount
        for one in self.bank.came:
            ordered = self.born.run_blocking(lambda r, e=one.provider_reference: _ordered_back(r, e))  # type: ignore[misc] # of a default
            assert sent.get(one.provider_reference, 0) <= ordered <= one.amount

    @invariant()
    def who_is_erased_stays_erased(self) -> None:
        living = set(self.born.run_blocking(_living_codes))
        assert not living & self.world.erased

    @invariant()
    def parcels_stay_where_they_came(self) -> None:
        assert self.world.delivered <= set(self.born.run_blocking(_parcels))

    @invariant()
    def what_is_issued_stays(self) -> None:
        for certificate in self.born.run_blocking(self.certificates):
            if certificate.sha256 is not None:
                name = f"{certificate.kind} {certificate.application_id}"
                now = (certificate.sha256.hex(), certificate.status_index)
                assert self.world.kept.setdefault(name, now) == now


def _living_codes(records: SqlRecords) -> list[str]:
    return list(records._connection.exec_driver_sql("SELECT code FROM applications WHERE erased_at IS NULL").scalars())


def _parcels(records: SqlRecords) -> list[str]:
    return [
        f"{number} {state}"
        for number, state in records._connection.exec_driver_sql("SELECT number, state FROM parcels")
    ]


def _references(records: SqlRecords, sign: str) -> list[str]:
    question = f"SELECT reference FROM received_payments WHERE source {sign} 'counter'"
    return list(records._connection.exec_driver_sql(question).scalars())


def _ordered_back(records: SqlRecords, reference: str) -> int:
    question = (
        "SELECT coalesce(sum(r.amount), 0) FROM refund_orders r JOIN received_payments p ON p.id = r.payment_id"
        f" WHERE p.reference = '{reference}'"
    )
    return int(records._connection.exec_driver_sql(question).scalar_one())


# In parts, each with a database of its own: what is asked after every step is asked of all that is there.
IN_PARTS = [pytest.param(40, part, marks=[pytest.mark.campaign, pytest.mark.timeout(7_200)]) for part in range(8)]


@pytest.mark.parametrize(("examples", "part"), [(3, 0), *IN_PARTS])
async def test_nothing_is_lost_or_doubled_whatever_dies_when(
    database: Database, tmp_path: Path, examples: int, part: int
) -> None:
    office, world, countdown = await an_office(database, tmp_path, batches=1 + examples // 3)
    run_state_machine_as_test(
        lambda: Life(office, world, countdown),
        settings=settings(
            max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    print(f"{len(world.kept)} documents, {len(world.bank.came)} payments, {len(world.bank.sent)} refunds sent")
    print(f"came to their end: {dict(world.done)}, {len(world.erased)} cases erased")
    print(f"{world.died.total()} deaths: {dict(world.died.most_common())}")
    assert world.died
