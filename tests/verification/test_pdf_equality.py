import pytest

from verification.formats.pdf_equality import is_same
from verification.formats.pdf_values import Value

SAME: list[tuple[Value, Value]] = [
    (b"(facts.json)", b"(facts\\056json)"),
    (b"(facts.json)", b"<66616374732e6A736f6e>"),
    (b"(a\\(b\\)\\\\)", b"<612862295c>"),
    (b"(a\\\nb)", b"(ab)"),
    (b"(\\8)", b"(8)"),
    (b"(\\7)", b"<07>"),
    (b"1", b"1.0"),
    (b".5", b"0.50"),
    ({b"/A": b"1", b"/B": [b"(x)"]}, {b"/B": [b"<78>"], b"/A": b"+1"}),
]
DIFFERENT: list[tuple[Value | None, Value | None]] = [
    (b"(1)", b"1"),
    (b"/A", b"(/A)"),
    (b"1 0 R", b"2 0 R"),
    (b"1", b"10"),
    (b"true", b"false"),
    ([b"1"], [b"1", b"1"]),
    ([b"1"], b"1"),
    ({b"/A": b"1"}, {b"/B": b"1"}),
    ({b"/A": b"1"}, {b"/A": b"1", b"/B": b"null"}),
    (None, b"null"),
    (None, None),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_may_be_written_otherwise(one: Value, other: Value) -> None:
    assert is_same(one, other)
    assert is_same(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_not_the_same(one: Value | None, other: Value | None) -> None:
    assert not is_same(one, other)
    assert not is_same(other, one)
