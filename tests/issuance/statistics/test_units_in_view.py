"""Whose figures an official sees: the own unit's and those below, as the tree stood in the period."""

from __future__ import annotations

from datetime import date

import pytest

from issuance.agencies.tree import UnitTree
from issuance.agencies.unit import Unit, UnitKind
from issuance.errors import RoleMissing, UnknownUnit
from issuance.fees.wording import Label
from issuance.statistics.units_in_view import units_in_view, with_those_below
from tests.identity.issuer import TestIssuer
from tests.issuance.office import MONDAY

EVER, MERGED = date(2010, 1, 1), date(2025, 7, 1)
BEFORE = (date(2025, 1, 1), date(2025, 6, 30))
AFTER = (date(2025, 7, 1), date(2025, 12, 31))
WHOLE = (date(2025, 1, 1), date(2025, 12, 31))


def unit(code: str, parent: str | None = None, **more: object) -> Unit:
    given: dict[str, object] = {"valid_from": EVER} | more
    return Unit(code=code, name=Label(code, code), kind=UnitKind.DISTRICT, parent=parent, **given)  # type: ignore[arg-type] # of a test


TREE = UnitTree(
    [
        unit("city"),
        unit("district", "city", valid_until=date(2025, 6, 30), successor="ward"),
        unit("commune", "district", valid_until=date(2025, 6, 30), successor="ward"),
        unit("ward", "city", valid_from=MERGED),
        unit("police"),
    ]
)


def test_what_stood_below_in_the_period_counts() -> None:
    assert with_those_below(TREE, "city", *BEFORE) == {"city", "district", "commune"}
    assert with_those_below(TREE, "city", *AFTER) == {"city", "ward"}
    assert with_those_below(TREE, "city", *WHOLE) == {"city", "district", "commune", "ward"}
    assert with_those_below(TREE, "nowhere", *WHOLE) == {"nowhere"}


@pytest.mark.parametrize("role", ["head", "caseworker"])
async def test_the_desk_sees_its_own_unit_and_those_below(role: str) -> None:
    official = await TestIssuer("https://officials.example", people="officials").official(
        MONDAY, unit="district", roles=[role]
    )
    assert units_in_view(TREE, official, None, *BEFORE) == {"district", "commune"}
    assert units_in_view(TREE, official, "commune", *BEFORE) == {"commune"}
    for foreign in ("city", "police", "ward", "nowhere"):
        with pytest.raises(UnknownUnit):
            units_in_view(TREE, official, foreign, *BEFORE)


async def test_an_operator_sees_all_and_nobody_else_anything() -> None:
    issuer = TestIssuer("https://officials.example", people="officials")
    operator = await issuer.official(MONDAY, unit="police", roles=["operator"])
    assert units_in_view(TREE, operator, None, *WHOLE) is None
    assert units_in_view(TREE, operator, "district", *WHOLE) == {"district", "commune"}
    with pytest.raises(UnknownUnit):
        units_in_view(TREE, operator, "nowhere", *WHOLE)
    author = await issuer.official(MONDAY, unit="city", roles=["fee_author", "fee_approver"])
    with pytest.raises(RoleMissing):
        units_in_view(TREE, author, None, *WHOLE)
