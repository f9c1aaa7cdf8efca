"""How a case stands to its deadline: to the microsecond, and one stand at every moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.deadlines.stand import Stand, late_by, stand

DUE = datetime(2024, 6, 17, 10, tzinfo=UTC)
TICK, DAY, NO_TIME = timedelta(microseconds=1), timedelta(days=1), timedelta()


@pytest.mark.parametrize(
    ("now", "expected", "late"),
    [
        (DUE - 9 * DAY, Stand.RUNNING, NO_TIME),
        (DUE - DAY - TICK, Stand.RUNNING, NO_TIME),
        (DUE - DAY, Stand.DUE_SOON, NO_TIME),
        (DUE, Stand.DUE_SOON, NO_TIME),
        (DUE + TICK, Stand.OVERDUE, TICK),
        (DUE + 9 * DAY, Stand.OVERDUE, 9 * DAY),
    ],
)
def test_a_deadline_comes_nearer_and_passes(now: datetime, expected: Stand, late: timedelta) -> None:
    assert stand(DUE, False, None, now, DAY) is expected
    assert late_by(DUE, None, now) == late


def test_nothing_promised_is_not_late() -> None:
    assert stand(None, False, None, DUE, DAY) is Stand.NOT_STARTED
    assert late_by(None, None, DUE) == late_by(None, DUE, DUE) == NO_TIME


@pytest.mark.parametrize("promised_at", [None, DUE])
def test_nothing_becomes_late_in_a_pause(promised_at: datetime | None) -> None:
    for now in (DUE - 9 * DAY, DUE, DUE + DAY):
        assert stand(promised_at, True, None, now, DAY) is Stand.PAUSED


def test_what_has_ended_stays_as_late_as_it_was() -> None:
    ended_at = DUE + 2 * DAY
    for paused in (False, True):
        assert stand(DUE, paused, ended_at, ended_at, DAY) is Stand.ENDED
        assert stand(DUE, paused, ended_at, ended_at + DAY, DAY) is Stand.ENDED
    assert late_by(DUE, ended_at, ended_at + 90 * DAY) == 2 * DAY
    assert late_by(DUE, DUE, DUE + DAY) == late_by(DUE, DUE - DAY, DUE + DAY) == NO_TIME


def test_a_past_moment_is_told_as_it_was() -> None:
    ended_at = DUE + 2 * DAY
    assert stand(DUE, False, ended_at, DUE + DAY, DAY) is Stand.OVERDUE
    assert late_by(DUE, ended_at, DUE + DAY) == DAY


def test_due_soon_is_before() -> None:
    assert stand(DUE, False, None, DUE, NO_TIME) is Stand.DUE_SOON
    with pytest.raises(ValueError, match="before"):
        stand(DUE, False, None, DUE, -TICK)


@given(
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(NO_TIME, timedelta(days=30)),
)
def test_overdue_and_late_are_one(
    promised_at: datetime | None, ended_at: datetime | None, now: datetime, before: timedelta
) -> None:
    stands = stand(promised_at, False, ended_at, now, before)
    late = late_by(promised_at, ended_at, now)
    assert late >= NO_TIME
    if stands is not Stand.ENDED:
        assert (stands is Stand.OVERDUE) == (late > NO_TIME)
