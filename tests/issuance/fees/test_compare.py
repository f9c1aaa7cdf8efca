"""The difference of two versions: what changed, in words that a councillor reads; and never less than what changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from issuance.fees.compare import Change, compare
from issuance.fees.errors import PolicyRefused
from tests.issuance.fees.requests import SHIPPED, SHIPPED_FOR_FORM_1, read, rule, small_policy, stage, words

Json = dict[str, Any]
QUOTA = {"unit": "amount", "max": 50_000, "scope": "request"}
SUPPORT: Json = {"kind": "support", "funding": {"budget": "city", "label": words("ngân sách")}}


def base() -> Json:
    """Two charges, two stages, three rules: something of everything."""
    return small_policy(
        stages=[
            stage([rule("half"), rule("third", effects=[{"charge": "fee", "percent_off": 33}])], "first_match"),
            stage(
                [rule("copies", effects=[{"charge": "copies", "amount_off": 100}], quota=QUOTA, **SUPPORT)],
                own_id="second",
            ),
        ]
    )


def changes(change: Callable[[Json], object], start: Json | None = None) -> tuple[Change, ...]:
    before = base() if start is None else start
    after = copy.deepcopy(before)
    change(after)
    return compare(read(before).document, read(after).document)


def only(change: Callable[[Json], object], start: Json | None = None) -> Change:
    (found,) = changes(change, start)
    return found


def rules(document: Json, index: int = 0) -> list[Json]:
    found: list[Json] = document["stages"][index]["rules"]
    return found


@pytest.mark.parametrize(
    ("change", "place", "vi", "en"),
    [
        (
            lambda d: d["charges"][0].update(amount_vnd=170_000),
            "charges[fee].amount_vnd",
            "Khoản thu “Phí”: mức thu: 1.000 đồng → 170.000 đồng",
            "Charge “Phí”: rate: 1,000 VND → 170,000 VND",
        ),
        (
            lambda d: rules(d)[0].update(when={"fact": "channel", "in": ["vneid", "portal"]}),
            "stages[first].rules[half].when",
            "Quy tắc “half”: điều kiện: kênh nộp hồ sơ là ứng dụng VNeID → kênh nộp hồ sơ là ứng dụng VNeID hoặc cổng "
            "dịch vụ công",
            "Rule “half”: condition: the channel is the VNeID application → the channel is the VNeID application or "
            "the public service portal",
        ),
        (
            lambda d: d["effective"].update(last_day=None),
            "effective",
            "Thời hạn áp dụng: từ 1/1/2024 đến hết 31/12/2024 → từ 1/1/2024 trở đi",
            "Days of effect: from 2024-01-01 to 2024-12-31 → from 2024-01-01 on",
        ),
        (
            lambda d: rules(d)[0].update(dates={"first_day": "2024-06-01", "last_day": "2024-06-30"}),
            "stages[first].rules[half].dates",
            "Quy tắc “half”: thời hạn của quy tắc: không có → từ 1/6/2024 đến hết 30/6/2024",
            "Rule “half”: days of the rule: none → from 2024-06-01 to 2024-06-30",
        ),
        (
            lambda d: rules(d, 1)[0]["quota"].update(max=60_000),
            "stages[second].rules[copies].quota",
            "Quy tắc “copies”: hạn mức: tối đa 50.000 đồng mỗi hồ sơ → tối đa 60.000 đồng mỗi hồ sơ",
            "Rule “copies”: quota: at most 50,000 VND per request → at most 60,000 VND per request",
        ),
        (
            lambda d: rules(d, 1)[0]["funding"].update(budget="state"),
            "stages[second].rules[copies].funding",
            "Quy tắc “copies”: nguồn chi trả: ngân sách (city) → ngân sách (state)",
            "Rule “copies”: paid by: ngân sách (city) → ngân sách (state)",
        ),
        (
            lambda d: rules(d)[0]["effects"][0].update(percent_off=60),
            "stages[first].rules[half].effects[0]",
            "Quy tắc “half”, khoản “Phí”: mức giảm: giảm 50% → giảm 60%",
            "Rule “half”, “Phí”: taken off: 50% off → 60% off",
        ),
        (
            lambda d: d["basis"][0].update(number="2/2024"),
            "basis[act].number",
            "Văn bản 2/2024 (act): số hiệu: 1/2024 → 2/2024",
            "Act 2/2024 (act): number: 1/2024 → 2/2024",
        ),
        (
            lambda d: d["stages"][0].update(pick="best_for_citizen"),
            "stages[first].pick",
            "Bước “Bước”: cách chọn quy tắc: quy tắc đầu tiên đúng → lợi nhất cho người dân",
            "Stage “Bước”: choice among the rules: the first that holds → the best for the citizen",
        ),
        (
            lambda d: d["examples"][0]["expect"].update(gross_vnd=1_100, due_vnd=1_100),
            "examples[0].expect",
            "Ví dụ “plain”: kết quả: mức thu 1.000 đồng, được giảm 0 đồng, phải nộp 1.000 đồng → mức thu 1.100 đồng, "
            "được giảm 0 đồng, phải nộp 1.100 đồng",
            "Example “plain”: expected: 1,000 VND by the tariff, 0 VND taken off, 1,000 VND due → 1,100 VND by the "
            "tariff, 0 VND taken off, 1,100 VND due",
        ),
        (
            lambda d: rules(d).reverse(),
            "stages[first].rules",
            "Bước “Bước”: thứ tự: half, third → third, half",
            "Stage “Bước”: order: half, third → third, half",
        ),
        (
            lambda d: d["stages"].reverse(),
            "stages",
            "Các bước: thứ tự: first, second → second, first",
            "Stages: order: first, second → second, first",
        ),
        (
            lambda d: rules(d)[0].update(expr="copies >= 3"),
            "stages[first].rules[half].expr",
            "Quy tắc “half”: điều kiện bổ sung (biểu thức): không có → copies >= 3",
            "Rule “half”: further condition (expression): none → copies >= 3",
        ),
        (
            lambda d: rules(d)[0].update(evidence=["student_card"]),
            "stages[first].rules[half].evidence",
            "Quy tắc “half”: giấy tờ cần có: không có → thẻ học sinh, sinh viên",
            "Rule “half”: papers needed: none → pupil's or student's card",
        ),
        (
            lambda d: rules(d)[0].update(quota={"unit": "requests", "max": 1, "scope": "citizen_per_year"}),
            "stages[first].rules[half].quota",
            "Quy tắc “half”: hạn mức: không có → tối đa 1 hồ sơ mỗi người một năm",
            "Rule “half”: quota: none → at most 1 request per person and year",
        ),
    ],
)
def test_a_change_is_one_sentence(change: Callable[[Json], object], place: str, vi: str, en: str) -> None:
    found = only(change)
    assert found.place == place
    assert found.text.vi == vi
    assert found.text.en == en
    assert found.before != found.after


def test_a_rule_that_is_added_or_removed_is_told_with_its_place_in_the_order() -> None:
    added = only(lambda document: rules(document).insert(1, rule("new")))
    assert (added.kind, added.place, added.before) == ("added", "stages[first].rules[new]", None)
    assert added.after["id"] == "new"
    assert added.text.vi == "Thêm quy tắc “new” (bước “Bước”, thứ 2)"
    assert added.text.en == "Added: rule “new” (stage “Bước”, number 2)"
    removed = only(lambda document: rules(document).pop())
    assert (removed.kind, removed.place, removed.after) == ("removed", "stages[first].rules[third]", None)
    assert removed.text.vi == "Bỏ quy tắc “third” (bước “Bước”, thứ 2)"


def test_a_rule_that_moves_to_another_stage_is_told_as_moved() -> None:
    found = changes(lambda document: rules(document, 1).append(rules(document).pop()))
    assert [(change.place, change.before, change.after) for change in found] == [
        ("stages[second].rules[third]", "first", "second")
    ]


def test_words_that_changed_in_one_language_are_shown_in_both() -> None:
    found = only(lambda document: rules(document)[0]["label"].update(en="a half"))
    assert found.text.vi == "Quy tắc “half”: tên gọi: “half” → “a half”"
    assert found.text.en == "Rule “a half”: name: “half” → “a half”"


def test_several_changes_of_one_part_are_several_sentences() -> None:
    def change(document: Json) -> None:
        document["charges"][0]["amount_vnd"] = 5
        rules(document)[0]["effects"].append({"charge": "copies", "set_to": 0})
        document["version"] = 2

    assert [found.place for found in changes(change)] == [
        "version",
        "charges[fee].amount_vnd",
        "stages[first].rules[half].effects[1]",
    ]


def same_meaning(document: Json) -> None:
    document["basis"].reverse()
    document["charges"].reverse()
    document["document_types"].reverse()
    document["examples"].reverse()
    rules(document)[0]["effects"].reverse()
    rules(document)[0]["basis"].reverse()
    rules(document)[0]["evidence"].reverse()


def test_an_order_that_means_nothing_is_no_change() -> None:
    document = base()
    document["basis"].append(document["basis"][0] | {"id": "other"})
    document["document_types"].append("card")
    document["examples"].append(document["examples"][0] | {"name": "other"})
    first = rules(document)[0]
    first["effects"].append({"charge": "copies", "percent_off": 50})
    first |= {"basis": ["act", "other"], "evidence": ["student_card", "merit_certificate"]}
    assert changes(same_meaning, document) == ()


def test_the_order_of_effects_counts_where_a_quota_is_used_up_by_them() -> None:
    document = base()
    rules(document, 1)[0]["effects"].append({"charge": "fee", "percent_off": 10})
    found = only(lambda changed: rules(changed, 1)[0]["effects"].reverse(), document)
    assert (found.before, found.after) == (["copies", "fee"], ["fee", "copies"])


@pytest.mark.parametrize("policy", SHIPPED.policies, ids=lambda policy: f"{policy.id}-{policy.version}")
def test_equal_documents_do_not_differ(policy: Any) -> None:
    assert compare(policy.document, policy.document) == ()


def test_the_shipped_versions_differ_in_what_the_circular_changed() -> None:
    before, after = SHIPPED_FOR_FORM_1
    found = {change.place: change for change in compare(before.document, after.document)}
    assert found["stages[statutory].rules[online]"].kind == "added"
    assert found["stages[city_support]"].kind == "removed"
    assert found["effective"].text.vi == (
        "Thời hạn áp dụng: từ 1/1/2017 đến hết 23/4/2025 → từ 24/4/2025 đến hết 31/12/2025"
    )
    assert all(json.dumps(change.to_json()) for change in found.values())
    assert found["effective"].to_json("vi")["text"] == found["effective"].text.vi


def test_the_other_way_round_everything_is_told_the_other_way_round() -> None:
    before, after = (policy.document for policy in SHIPPED_FOR_FORM_1)
    forth = {(change.place, str(change.before), str(change.after)) for change in compare(before, after)}
    back = {(change.place, str(change.after), str(change.before)) for change in compare(after, before)}
    shared = {place for place, *_ in forth} & {place for place, *_ in back}
    assert {entry for entry in forth if entry[0] in shared} == {entry for entry in back if entry[0] in shared}
    assert "effective" in shared


def _places(node: object, where: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every value of a JSON tree that isn't a list or an object."""
    if isinstance(node, dict):
        return [place for key, inner in node.items() for place in _places(inner, (*where, key))]
    if isinstance(node, list):
        return [place for index, inner in enumerate(node) for place in _places(inner, (*where, index))]
    return [where]


def everything() -> Json:
    """A document in which every key of the schema stands."""
    document = base()
    rules(document)[0] |= {
        "when": {"all": [{"fact": "copies", "between": [2, 9]}, {"not": {"fact": "level", "eq": 1}}]},
        "dates": {"first_day": "2024-02-01", "last_day": "2024-11-30"},
        "expr": "copies >= 3",
        "evidence": ["student_card"],
        "unverified": words("chưa rõ"),
    }
    document["basis"][0]["unverified"] = words("chưa rõ")
    document["charges"][0]["unverified"] = words("chưa rõ")
    document["demonstration"] = words("trình diễn")
    document["examples"][0]["given"] |= {
        "categories": ["student"],
        "birth_date": "1990-05-20",
        "received_on": "2024-01-02",
        "pages": 3,
        "delivery": "post",
        "evidence": ["student_card"],
        "residence": "01",
        "level": 1,
        "document_type": "paper",
    }
    return document


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_other_value_anywhere_is_at_least_one_change(data: st.DataObject) -> None:
    before = everything()
    where = data.draw(st.sampled_from(_places(before)))
    after = copy.deepcopy(before)
    node: Any = after
    for step in where[:-1]:
        node = node[step]
    value = node[where[-1]]
    others: list[Any] = [value + 1, value + 7] if isinstance(value, int) else []
    if isinstance(value, str):
        others = [f"{value}x", "2024-03-03", "desk", "portal", "disability_certificate", "received", "stack", "a" * 64]
    node[where[-1]] = data.draw(st.sampled_from([other for other in others if other != value]))
    try:
        changed = read(after)
    except PolicyRefused:
        assume(False)
        return
    found = compare(read(before).document, changed.document)
    assert found
    for change in found:
        assert change.before != change.after
        assert change.text.vi
        assert change.text.en
        assert json.dumps(change.to_json())
