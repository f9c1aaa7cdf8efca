"""Addresses: whatever is taken can be printed, and nothing else is taken."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.delivery.address import LONGEST, check_address
from issuance.documents.printable import is_printable
from issuance.errors import AddressRefused
from tests.issuance.delivery.sending import LINES


def refused(**changed: object) -> list[tuple[str, str]]:
    with pytest.raises(AddressRefused) as refusal:
        check_address({**LINES, **changed}, "/post")
    for value in changed.values():
        assert str(value) not in str(refusal.value) or not str(value).strip()
    return list(refusal.value.problems)


def test_an_address_is_kept_in_one_form() -> None:
    decomposed = unicodedata.normalize("NFD", LINES["recipient"])
    checked = check_address({**LINES, "recipient": f"  {decomposed} ", "phone": "+84912345678"})
    assert asdict(checked) == LINES
    assert "Ánh" not in repr(checked)


@pytest.mark.parametrize(
    ("line", "value", "rule"),
    [
        ("recipient", "", "too_short"),
        ("recipient", "—", "printable"),
        ("recipient", "名前", "printable"),
        ("street", "a‮b", "printable"),
        ("street", "x" * 60, "printable"),
        ("street", "so " * 50, "too_long"),
        ("commune", None, "missing"),
        ("province", 7, "wrong_type"),
        ("phone", "12", "wrong_format"),
        ("phone", "0912 345 678", "too_long"),
        ("phone", "09123456٣٤", "wrong_format"),
    ],
)
def test_each_line_is_judged(line: str, value: object, rule: str) -> None:
    assert refused(**{line: value}) == [(f"/post/{line}", rule)]


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert refused(phone="x", street="", town="Huế") == [
        ("/post", "unknown_field"),
        ("/post/phone", "wrong_format"),
        ("/post/street", "too_short"),
    ]


@given(st.fixed_dictionaries({name: st.text(max_size=140) for name in LINES}))
def test_whatever_is_taken_fits_a_label(given_lines: dict[str, str]) -> None:
    try:
        checked = check_address({**given_lines, "phone": LINES["phone"]})
    except AddressRefused:
        return
    for name, line in asdict(checked).items():
        assert is_printable(line)
        assert 0 < len(line) <= LONGEST[name]
