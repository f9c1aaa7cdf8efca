"""Which of its names a unit bears where its punctuality is told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from api.present.punctuality import punctuality_view
from issuance.agencies.tree import UnitTree
from issuance.agencies.unit import Unit, UnitKind
from issuance.fees.wording import Label
from issuance.statistics.counts import Counts
from issuance.statistics.punctuality import Punctuality, what_is_told
from issuance.statistics.quarter import quarter_of

RENAMED = date(2025, 9, 1)
FORMER, LATER = (
    Unit(
        code="000.00.16.H26",
        name=Label(vi, en),
        kind=UnitKind.COMMUNE,
        valid_from=first,
        valid_until=last,
    )
    for vi, en, first, last in (
        ("Cũ", "Former", date(2016, 1, 1), RENAMED - timedelta(days=1)),
        ("Mới", "Later", RENAMED, None),
    )
)


@pytest.mark.parametrize(
    ("today", "name"), [(date(2025, 7, 5), "Former"), (RENAMED, "Later"), (date(2026, 1, 1), "Later")]
)
def test_nobody_bears_a_name_before_its_day(today: date, name: str) -> None:
    found = Punctuality(
        quarter=quarter_of(RENAMED),
        told=what_is_told({FORMER.code: Counts(settled=9, on_time=8)}),
        tree=UnitTree([FORMER, LATER]),
    )
    assert [unit["name"] for unit in punctuality_view(found, today, "en")["units"]] == [name]
