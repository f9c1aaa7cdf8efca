"""The memo of an order is found whatever payers and banks write around it, and nothing else is taken for one."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.payments.find_memo import memo_candidates
from issuance.payments.order import MAX_MEMO_CHARACTERS, payment_memo

MEMO = payment_memo("000.00.15.H26-260302-0001")
words = st.text(alphabet=string.ascii_letters + string.digits + " .-/ăđêôơưÀỆ", max_size=80)


@given(before=words, after=words)
def test_whatever_stands_around_it(before: str, after: str) -> None:
    assert MEMO in memo_candidates(f"{before}{MEMO}{after}")


@given(cuts=st.lists(st.integers(1, len(MEMO) - 1), max_size=8), lower=st.booleans())
def test_blanks_inside_and_small_letters(cuts: list[int], lower: bool) -> None:
    pieces = [MEMO[a:b] for a, b in zip([0, *sorted(cuts)], [*sorted(cuts), len(MEMO)], strict=True)]
    text = " ".join(pieces)
    assert MEMO in memo_candidates(text.lower() if lower else text)


@pytest.mark.parametrize(
    "text",
    [
        "CT DEN:606203 NGUYEN VAN A nop 000.00.15.H26-260302-0001 phi LLTP",
        "0000015h26 260302 0001",
        "".join(chr(ord(letter) + 0xFEE0) for letter in MEMO),  # as keyboards for East Asia write it
    ],
)
def test_as_people_write_it(text: str) -> None:
    assert MEMO in memo_candidates(text)


@pytest.mark.parametrize("unit", ["h", "000.00.15.h26", "00.01.02.03.04.05.06.07.08.09.H26", "U" * 64])
def test_the_memo_alone_is_found_whatever_the_code_of_the_unit(unit: str) -> None:
    memo = payment_memo(f"{unit}-260302-0001")
    assert memo in memo_candidates(memo)
    assert memo in memo_candidates(memo.lower())


@pytest.mark.parametrize("text", ["", "nop phi", MEMO[:-1], MEMO.replace("260302", "261302"), MEMO[::-1]])
def test_what_is_none(text: str) -> None:
    assert MEMO not in memo_candidates(text)


def test_a_text_of_any_length_costs_a_bounded_number_of_candidates() -> None:
    assert len(memo_candidates("260302" * 100_000)) <= MAX_MEMO_CHARACTERS * 14
