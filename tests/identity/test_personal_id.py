"""The twelve-digit number: its form, and that it doesn't print."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.errors import MalformedPersonalId
from identity.personal_id import PersonalId


@given(st.from_regex(r"[0-9]{12}", fullmatch=True, alphabet="0123456789"))
def test_twelve_digits_are_kept_and_never_printed(digits: str) -> None:
    number = PersonalId(digits)
    assert number.digits == digits
    assert number == PersonalId(digits)
    for shown in (repr(number), str(number), f"{number}", f"{[number]}", "%s" % number):  # noqa: UP031 - one more way
        assert f"{digits[:3]}*********" in shown
        assert digits not in shown


@given(st.text() | st.text(alphabet="0123456789٠１۲", min_size=12, max_size=13))
def test_anything_else_is_refused_without_repeating_it(text: str) -> None:
    if re.fullmatch(r"[0-9]{12}", text):
        return
    with pytest.raises(MalformedPersonalId) as refusal:
        PersonalId(text)
    assert str(refusal.value) == MalformedPersonalId.sentence
