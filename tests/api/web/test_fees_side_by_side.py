"""Two texts beside each other: nothing is lost, and what is marked is what differs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.web.fees.findings_told import about_versions, as_sentence, spelled_out
from api.web.fees.side_by_side import Pair, side_by_side

SENTENCES = st.lists(
    st.lists(st.sampled_from(["phí", "200.000", "đồng", "một", "hồ", "sơ", "giảm", "50%"]), min_size=1, max_size=6).map(
        " ".join
    ),
    max_size=8,
)


def text(side: object) -> str:
    return "".join(piece.text for piece in side)  # type: ignore[attr-defined] # pieces of one side


@given(SENTENCES, SENTENCES)
def test_each_sentence_of_either_side_stands_once_in_its_order(before: list[str], after: list[str]) -> None:
    pairs = side_by_side(before, after)
    assert [text(pair.before) for pair in pairs if pair.before is not None] == before
    assert [text(pair.after) for pair in pairs if pair.after is not None] == after


@given(SENTENCES, SENTENCES)
def test_unmarked_words_are_the_same_on_both_sides(before: list[str], after: list[str]) -> None:
    def unmarked(side: object) -> str:
        return "".join(piece.text for piece in side if not piece.differs).replace(" ", "")  # type: ignore[attr-defined] # as above

    for pair in side_by_side(before, after):
        if pair.before is not None and pair.after is not None:
            assert unmarked(pair.before) == unmarked(pair.after)
        else:
            assert unmarked(pair.before or pair.after) == ""


def test_a_changed_amount_is_all_that_is_marked() -> None:
    (pair,) = side_by_side(["Lệ phí: 200.000 đồng mỗi hồ sơ."], ["Lệ phí: 170.000 đồng mỗi hồ sơ."])
    assert isinstance(pair, Pair)
    assert [piece.text for piece in pair.before or () if piece.differs] == ["200.000"]
    assert [piece.text for piece in pair.after or () if piece.differs] == ["170.000"]
    assert not pair.is_same


def test_what_is_alike_is_no_difference() -> None:
    assert all(pair.is_same for pair in side_by_side(["a b", "c"], ["a b", "c"]))


def test_very_many_sentences_are_not_compared_each_with_each() -> None:
    before, after = [f"một {n}" for n in range(400)], [f"hai {n}" for n in range(400)]
    assert len(side_by_side(before, after)) == 800


def test_identifiers_are_spelled_out_and_nothing_else() -> None:
    names = {"criminal_record_form_1": "form 1", "criminal_record_form_1.for_body": "form 1 (body)", "a-1": r"\1/NQ"}
    text = "criminal_record_form_1.for_body, criminal_record_form_1. x.criminal_record_form_1, a-1 → xa-1"
    said = r"form 1 (body), form 1. x.criminal_record_form_1, \1/NQ → xa-1"
    assert spelled_out(text, names) == said
    assert spelled_out(text, {}) == text
    told = about_versions("criminal_record_form_1.hanoi version 4 ends", "criminal_record_form_1.hanoi")
    assert as_sentence(told) == "Version 4 ends."
    assert as_sentence("some_rule never fires") == "some_rule never fires."
