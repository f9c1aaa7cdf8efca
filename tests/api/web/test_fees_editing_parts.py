"""What forms make of texts, and conditions on their way through fields and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.web.fees.editing.act_form import article_in_english
from api.web.fees.editing.conditions import condition_of, fields_from, node_from, node_of, pressed
from api.web.fees.editing.new import within_period
from api.web.fees.editing.sent import day_of, file_name, number_of
from api.web.fees.editing.tree import new_id
from issuance.fees.conditions import AllOf, AnyOf, Condition, Not, parse_condition

COMPARISONS: list[dict[str, Any]] = [
    {"fact": "channel", "eq": "vneid"},
    {"fact": "channel", "in": ["vneid", "desk"]},
    {"fact": "categories", "contains": "student"},
    {"fact": "categories", "any_of": ["student", "disabled"]},
    {"fact": "copies", "in": [1, 2, 12]},
    {"fact": "age_years", "between": [16, 59]},
    {"fact": "age_years", "lte": 15},
    {"fact": "submitted_on", "gte": "2026-01-01"},
    {"fact": "received_on", "between": ["2026-01-01", "2026-12-31"]},
    {"fact": "residence", "eq": "01"},
    {"fact": "document_type", "in": ["school_transcript"]},
]
TYPES = {"school_transcript": "Học bạ", "residence_confirmation": "Xác nhận cư trú"}
conditions = st.recursive(
    st.sampled_from(COMPARISONS),
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
).filter(lambda one: depth_of(one) <= 6)


def depth_of(condition: dict[str, Any]) -> int:
    """Groups within groups; what is turned round adds none."""
    if "not" in condition:
        return depth_of(condition["not"])
    parts = condition.get("all") or condition.get("any") or []
    return 1 + max(map(depth_of, parts)) if parts else 0


def plain(condition: Condition) -> Condition:
    """Without groups of one and without what is turned round twice, which mean nothing."""
    match condition:
        case Not(part):
            inner = plain(part)
            return inner.part if isinstance(inner, Not) else Not(inner)
        case AllOf(parts) | AnyOf(parts):
            made = tuple(plain(part) for part in parts)
            return made[0] if len(made) == 1 else type(condition)(made)
    if getattr(condition, "operator", "") in ("in", "any_of") and len(condition.operands) == 1:  # type: ignore[union-attr]  # only comparisons have an operator
        return parse_condition({"fact": condition.fact, "eq": condition.operands[0]})  # type: ignore[union-attr]  # see above
    return condition


@settings(max_examples=60, deadline=None)
@given(conditions)
def test_a_condition_comes_back_from_its_form(condition: dict[str, Any]) -> None:
    fields = fields_from(node_from(condition))
    made, problems = condition_of(node_of(fields), TYPES)
    assert problems == {}
    assert plain(parse_condition(made)) == plain(parse_condition(condition))
    assert fields_from(node_of(fields)) == fields


@settings(max_examples=60, deadline=None)
@given(conditions, st.text(alphabet="w-0123 addremovgup", max_size=20))
def test_no_button_breaks_a_form(condition: dict[str, Any], what: str) -> None:
    node = node_from(condition)
    pressed(node, what)
    condition_of(node_of(fields_from(node)), TYPES)


def test_nobody_is_left_out_of_an_empty_condition() -> None:
    assert condition_of(node_from("always"), TYPES) == ("always", {})
    node = node_from("always")
    assert pressed(node, "group w")
    assert pressed(node, "remove w-0-0")
    assert set(condition_of(node, TYPES)[1]) == {"w-0-kind"}


@pytest.mark.parametrize(
    ("text", "number"),
    [("1000", 1000), (" 1.000 ", 1000), ("1,000,000", 1_000_000), ("1 000", 1000), ("1.5", None), ("10.00", None)],
)
def test_numbers_as_people_write_them(text: str, number: int | None) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("text", ["", "-1", "1e3", "một", "٣", "9" * 16, "1.000.00"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_of(text) is None


def test_days_as_people_write_them() -> None:
    assert day_of("31/12/2026") == day_of("2026-12-31") == day_of("31.12.2026") == "2026-12-31"
    assert {day_of(text) for text in ("31/2/2026", "2026-13-01", "12/31/2026", "tomorrow", "")} == {None}


def test_files_get_names_that_can_be_kept() -> None:
    assert file_name("C:\\Văn bản\\Nghị quyết số 12.pdf") == "Nghi-quyet-so-12.pdf"
    assert file_name("../../etc/passwd") == "passwd"
    assert file_name("…") == "act"
    assert len(file_name("a" * 300 + ".pdf")) <= 100


def test_ids_are_made_of_words_and_never_taken() -> None:
    assert new_id("Hỗ trợ 50% – Đợt 1", []) == "ho_tro_50_dot_1"
    assert new_id("fee", ["fee", "fee_2"]) == "fee_3"
    assert new_id("…", []) == "part"


def test_articles_are_put_into_english() -> None:
    assert article_in_english("Điểm a khoản 2 Điều 3") == "point a clause 2 Article 3"


def test_a_copy_fits_into_its_period() -> None:
    def rule(name: str, first: str, last: str | None) -> dict[str, Any]:
        return {"id": name, "dates": {"first_day": first, "last_day": last}}

    over, cut = rule("over", "2025-01-01", "2025-12-31"), rule("cut", "2025-06-01", None)
    document = {
        "effective": {"first_day": "2026-01-01", "last_day": "2026-06-30"},
        "stages": [{"id": "a", "rules": [over]}, {"id": "b", "rules": [cut, {"id": "free"}, over]}],
        "examples": [{"given": {"submitted_on": "2025-01-01"}}, {"given": {"submitted_on": "2026-12-31"}}],
    }
    made = within_period(document)
    assert [stage["id"] for stage in made["stages"]] == ["b"]
    first, second = made["stages"][0]["rules"]
    assert first["dates"] == {"first_day": "2026-01-01", "last_day": "2026-06-30"}
    assert second == {"id": "free"}
    assert [one["given"]["submitted_on"] for one in made["examples"]] == ["2026-01-01", "2026-06-30"]
