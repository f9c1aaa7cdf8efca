"""Units from CSV: what is written reads back, and what can't be read is named with its line."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.agencies.read_hours import read_hours, write_hours
from issuance.agencies.read_units import COLUMNS, MAX_PROBLEMS, MAX_UNITS, MAX_UNITS_BYTES, read_units, write_units
from issuance.agencies.unit import Unit, UnitKind
from issuance.errors import BrokenUnits
from issuance.fees.wording import Label
from issuance.procedure.working_time import STANDARD_HOURS, OfficeHours

from .trees import office_hours

_HEADER = ",".join(COLUMNS)
_GOOD = "000.00.15.H26,Công an Hà Nội,Hanoi Police,department,000.00.00.H26,2016-01-01,2025-06-30,N,sat 08:00-12:00,1"

_codes = st.from_regex(r"\A[0-9A-Za-z][0-9A-Za-z.-]{0,63}\Z")
_names = (
    st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=40)
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(bool)
)
_units = st.builds(
    Unit,
    code=_codes,
    name=st.builds(Label, _names, _names),
    kind=st.sampled_from(UnitKind),
    parent=st.none() | _codes,
    valid_from=st.dates(),
    valid_until=st.none() | st.dates(),
    successor=st.none() | _codes,
    hours=st.none() | office_hours,
    is_synthetic=st.booleans(),
)


def problems(content: bytes | str) -> list[tuple[str, str]]:
    with pytest.raises(BrokenUnits) as refused:
        read_units(content.encode() if isinstance(content, str) else content)
    return [(one.place, one.text.en) for one in refused.value.problems]


@given(st.lists(_units))
def test_what_is_written_reads_back(units: list[Unit]) -> None:
    assert read_units(write_units(units).encode()) == tuple(units)


def test_a_row_means_what_it_says() -> None:
    assert read_units(f"{_HEADER}\n{_GOOD}\n".encode()) == (
        Unit(
            code="000.00.15.H26",
            name=Label("Công an Hà Nội", "Hanoi Police"),
            kind=UnitKind.DEPARTMENT,
            parent="000.00.00.H26",
            valid_from=date(2016, 1, 1),
            valid_until=date(2025, 6, 30),
            successor="N",
            hours=OfficeHours({5: ((time(8), time(12)),)}),
            is_synthetic=True,
        ),
    )


@pytest.mark.parametrize(
    "as_saved",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("000.00.15.H26", ' "000.00.15.H26" '.strip()),
        lambda text: text.replace(",Hanoi", ", Hanoi") + "\n,,,,,,,,,\n\n",
        lambda text: text.replace("Công", "Co\u0302ng"),
    ],
    ids=["BOM", "CRLF", "quoted", "blanks and empty rows", "decomposed letters"],
)
def test_what_a_spreadsheet_does_to_a_file_changes_nothing(as_saved) -> None:  # type: ignore[no-untyped-def]  # a lambda
    plain = f"{_HEADER}\n{_GOOD}\n"

    assert read_units(as_saved(plain).encode()) == read_units(plain.encode())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("code", ""),
        ("code", "Đ.01"),
        ("code", "A" * 65),
        ("code", "-A"),
        ("name", ""),
        ("name", "a" * 201),
        ("name", "a\u202eb"),
        ("name_en", ""),
        ("kind", "village"),
        ("kind", ""),
        ("parent", "A B"),
        ("valid_from", ""),
        ("valid_from", "20160101"),
        ("valid_from", "1/7/2025"),
        ("valid_from", "2025-02-29"),
        ("valid_until", "0000-01-01"),
        ("successor", "ß"),
        ("hours", "always"),
        ("hours", "mon 12:00-08:00"),
        ("synthetic", "yes"),
    ],
)
def test_a_bad_cell_is_named_with_line_and_column(column: str, value: str) -> None:
    cells = dict(zip(COLUMNS, _GOOD.split(","), strict=True)) | {column: value}

    found = problems(f"{_HEADER}\n{_GOOD}\n{','.join(cells.values())}\n")

    assert [place for place, _ in found] == [f"3, {column}"]


def test_all_bad_lines_are_named_at_once() -> None:
    bad = f"{_HEADER}\nA,B\n{_GOOD}\n\n,,,village,,,,,,\n"

    assert [place for place, _ in problems(bad)] == [
        "2",
        *(f"5, {column}" for column in ("code", "name", "name_en", "kind", "valid_from")),
    ]


def test_a_line_is_counted_as_an_editor_counts() -> None:
    two_lines = _GOOD.replace("Hanoi Police", '"Hanoi\nPolice"')

    assert [place for place, _ in problems(f"{_HEADER}\n{two_lines}\nA,B\n")] == ["2, name_en", "4"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "1"),
        (_HEADER.replace(",", ";").encode(), "1"),
        (f"{_HEADER},more\n".encode(), "1"),
        (f'{_HEADER}\n"open'.encode(), "2"),
        (f"{_HEADER}\nĐ".encode("utf-16"), ""),
        (b"a" * (MAX_UNITS_BYTES + 1), ""),
        (f"{_HEADER}\n{'x' * 200_000}\n".encode(), "2"),
    ],
    ids=["empty", "semicolons", "another column", "an open quote", "UTF-16", "too large", "a huge cell"],
)
def test_what_is_no_such_file_is_refused(content: bytes, place: str) -> None:
    assert [found for found, _ in problems(content)] == [place]


def test_the_list_of_problems_is_bounded() -> None:
    found = problems(_HEADER + "\nA,B" * 10_000)

    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1] == ("", f"there is more: only the first {MAX_PROBLEMS} are listed")


def test_the_number_of_units_is_bounded() -> None:
    row = "A,B,C,ward,,2016-01-01,,,,"

    assert len(read_units((_HEADER + f"\n{row}" * MAX_UNITS).encode())) == MAX_UNITS
    assert problems(_HEADER + f"\n{row}" * (MAX_UNITS + 1)) == [("", f"there are more than {MAX_UNITS} units")]


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"{_HEADER}\n{text}".encode()))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(BrokenUnits):
        assert all(unit.code for unit in read_units(content))


@given(office_hours)
def test_office_hours_read_back(hours: OfficeHours) -> None:
    assert read_hours(write_hours(hours)) == hours


def test_office_hours_are_written_short() -> None:
    saturday = OfficeHours({**STANDARD_HOURS.opening, 5: ((time(8), time(12)),)})

    assert write_hours(saturday) == "mon-fri 08:00-12:00 13:30-17:00; sat 08:00-12:00"
    assert (
        write_hours(OfficeHours({0: ((time(8), time(9)),), 2: ((time(8), time(9)),)}))
        == "mon 08:00-09:00; wed 08:00-09:00"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mon",
        "mon 8:00-12:00",
        "mon 08:00-25:00",
        "mon 08:00",
        "fri-mon 08:00-12:00",
        "fri-mon 08:00-12:00; wed 08:00-12:00",
        "mon-wed 08:00-12:00; wed 13:00-14:00",
        "mon 13:00-14:00 08:00-12:00",
        "mon 08:00-12:00 11:00-13:00",
        "mon 08:00-12:00;",
        "Mon 08:00-12:00",
        "thứ hai 08:00-12:00",
        "mon 08:00-12:00" + " " * 500,
        "mon ٠٨:٠٠-١٢:٠٠",
    ],
)
def test_other_office_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        read_hours(text)
