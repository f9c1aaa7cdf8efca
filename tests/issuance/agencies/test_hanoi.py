"""The units that come with the software: Hanoi before and after 1/7/2025."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from issuance.agencies.read_units import SHIPPED_UNITS, load_shipped_units, write_units
from issuance.agencies.tree import UnitTree
from issuance.agencies.unit import Unit, UnitKind

from .trees import BEFORE, MERGED

_POLICE = "000.00.15.H26"
_LOCAL = {UnitKind.COMMUNE, UnitKind.WARD}


@pytest.fixture(scope="module")
def hanoi() -> UnitTree:
    return UnitTree(load_shipped_units())


def counts(tree: UnitTree, day: date) -> Mapping[str, int]:
    """Departments beside the police, districts, and communes and wards together."""
    of_kind = Counter(unit.kind for unit in tree.units_on(day) if unit.code != _POLICE)
    return {
        "departments": of_kind[UnitKind.DEPARTMENT],
        "districts": of_kind[UnitKind.DISTRICT],
        "communes and wards": of_kind[UnitKind.COMMUNE] + of_kind[UnitKind.WARD],
        "procedural bodies": of_kind[UnitKind.PROCEDURAL_BODY],
        "cities": of_kind[UnitKind.CITY],
    }


@pytest.mark.parametrize(
    ("day", "departments", "districts", "local"),
    [
        (date(2016, 1, 1), 22, 30, 584),
        (date(2025, 2, 28), 22, 30, 584),
        (date(2025, 3, 1), 16, 30, 584),
        (BEFORE, 16, 30, 584),
        (MERGED, 16, 0, 126),
        (date(2040, 1, 1), 16, 0, 126),
    ],
)
def test_there_are_as_many_as_there_were(
    hanoi: UnitTree, day: date, departments: int, districts: int, local: int
) -> None:
    assert counts(hanoi, day) == {
        "departments": departments,
        "districts": districts,
        "communes and wards": local,
        "procedural bodies": 2,
        "cities": 1,
    }


def test_everything_below_the_city_is_taken_over_by_a_unit_of_the_new_order(hanoi: UnitTree) -> None:
    ended = [unit for unit in hanoi.units_on(BEFORE) if unit.valid_until == BEFORE]

    assert len(ended) == 30 + 584
    for unit in ended:
        heir = hanoi.on(hanoi.taking_over(unit.code, MERGED), MERGED)
        assert heir.kind in _LOCAL
        assert heir.valid_from == MERGED
    assert {unit.code for unit in hanoi.ended_before(MERGED)} >= {unit.code for unit in ended}


def test_only_what_nothing_replaced_has_no_successor(hanoi: UnitTree) -> None:
    """A department that was only renamed goes on under its code."""
    for unit in hanoi.rows:
        if unit.valid_until is not None and unit.successor is None:
            assert hanoi.on(unit.code, unit.valid_until + timedelta(days=1)).name != unit.name


def test_the_city_stands_over_all_but_court_and_procuracy(hanoi: UnitTree) -> None:
    for day in (date(2016, 1, 1), BEFORE, MERGED):
        assert [unit.kind for unit in hanoi.roots(day)] == [UnitKind.CITY, *[UnitKind.PROCEDURAL_BODY] * 2]
        city = hanoi.roots(day)[0].code
        assert (
            sum(hanoi.is_within(unit.code, city, day) for unit in hanoi.units_on(day)) == len(hanoi.units_on(day)) - 2
        )
    assert {
        hanoi.on(unit.parent, BEFORE).kind for unit in hanoi.units_on(BEFORE) if unit.kind in _LOCAL and unit.parent
    } == {UnitKind.DISTRICT}


@pytest.mark.parametrize(
    ("name", "heir"),
    [
        ("Phường Trúc Bạch", "Phường Ba Đình"),
        ("Phường Hàng Bạc", "Phường Hoàn Kiếm"),
        ("Phường Yên Sở", "Phường Yên Sở"),
        ("Quận Nam Từ Liêm", "Phường Từ Liêm"),
        ("Thị trấn Tây Đằng", "Xã Quảng Oai"),
        ("Sở Giao thông vận tải thành phố Hà Nội", "Sở Xây dựng thành phố Hà Nội"),
    ],
)
def test_who_became_what(hanoi: UnitTree, name: str, heir: str) -> None:
    (old,) = (unit for unit in hanoi.units_on(date(2024, 1, 1)) if unit.name.vi == name)

    assert hanoi.on(hanoi.taking_over(old.code, MERGED), MERGED).name.vi == heir


def test_the_police_issue_throughout(hanoi: UnitTree) -> None:
    assert {hanoi.on(_POLICE, day).name.vi for day in (date(2016, 1, 1), MERGED)} == {"Công an thành phố Hà Nội"}
    assert hanoi.on(_POLICE, MERGED).kind == UnitKind.DEPARTMENT


def test_names_are_tidy_and_made_up_ones_say_so(hanoi: UnitTree) -> None:
    made_up = [unit for unit in hanoi.rows if "số liệu giả định" in unit.name.vi]

    assert len(made_up) == 58
    assert all(unit.is_synthetic for unit in made_up)
    for unit in hanoi.rows:
        assert unit.name.vi == unicodedata.normalize("NFC", unit.name.vi)
        assert unit.name.en.isascii()
        assert unit.code.endswith(".H26")
    assert hanoi.on(_POLICE, MERGED).is_synthetic is False


def test_english_names_are_written_as_they_sound(hanoi: UnitTree) -> None:
    english = {unit.name.vi: unit.name.en for unit in hanoi.rows}

    assert english["Phường Ba Đình"] == "Ba Dinh Ward"
    assert english["Thị trấn Tây Đằng"] == "Tay Dang Township"
    assert english["Thị xã Sơn Tây"] == "Son Tay Town"
    assert english["Huyện Mỹ Đức"] == "My Duc District"
    assert english["Xã Ô Diên"] == "O Dien Commune"


def test_no_two_units_of_a_district_have_the_same_name(hanoi: UnitTree) -> None:
    def names(units: tuple[Unit, ...]) -> list[str]:
        return [name for name, count in Counter(unit.name.vi for unit in units).items() if count > 1]

    for district in hanoi.children("000.00.00.H26", BEFORE):
        assert names(tuple(hanoi.children(district.code, BEFORE))) == []
    assert names(tuple(hanoi.units_on(MERGED))) == []


def test_the_file_is_as_it_would_be_written() -> None:
    assert write_units(load_shipped_units()) == SHIPPED_UNITS.read_text(encoding="utf-8")
