"""Policy documents that must not decide anything: each is refused, at the place where it is wrong, in plain words."""

from __future__ import annotations

import copy
import hashlib
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from issuance.fees import PolicyRefused, load_policies
from tests.issuance.fees.requests import read, rule, small_policy, stage, words

Change = Callable[[dict[str, Any]], object]
FUNDING = {"budget": "city", "label": words("ngân sách")}


def quota(**changes: Any) -> Change:
    return lambda d: d["stages"][0]["rules"][0].update(quota={"unit": "amount", "max": 5, "scope": "request"} | changes)


def in_rule(**changes: Any) -> Change:
    return lambda d: d["stages"][0]["rules"][0].update(changes)


def in_charge(index: int, **changes: Any) -> Change:
    return lambda d: d["charges"][index].update(changes)


def in_policy(**changes: Any) -> Change:
    return lambda d: d.update(changes)


def sharing(**changes: Any) -> Change:
    """Two rules whose quotas have one name; the second says something else about it."""
    shared = {"unit": "amount", "max": 5, "scope": "budget_total", "name": "budget"}
    return in_policy(stages=[stage([rule("half", quota=shared), rule("other", quota=shared | changes)])])


def in_example(**changes: Any) -> Change:
    return lambda d: d["examples"][0]["given"].update(changes)


def with_charge(**charge: Any) -> Change:
    return lambda d: d["charges"].append(
        {"id": "more", "label": words("Thêm"), "amount_vnd": 1, "basis": ["act"]} | charge
    )


BROKEN: dict[str, tuple[Change, str]] = {
    "id that an address needs": (in_policy(id="drafts"), "id: 'drafts' is a name that the service's addresses need"),
    "unknown key": (in_policy(examplez=[]), "examplez: unknown key 'examplez', did you mean 'examples'?"),
    "unknown key in a rule": (
        in_rule(wen="always"),
        "stages[first].rules[half].wen: unknown key 'wen', did you mean 'when'?",
    ),
    "unknown key of an effect": (
        in_rule(effects=[{"charge": "fee", "rebate": 50}]),
        "unknown key 'rebate' (known: amount_off, charge, percent_off, set_to)",
    ),
    "unknown key in a label": (in_policy(label=words("a") | {"fr": "b"}), "label.fr: unknown key 'fr'"),
    "missing key": (lambda d: d.pop("rounding"), "rounding: this key is missing"),
    "rule without basis": (in_rule(basis=[]), "stages[first].rules[half].basis: at least 1 entry is needed"),
    "rule without the key basis": (
        lambda d: d["stages"][0]["rules"][0].pop("basis"),
        "stages[first].rules[half].basis: this key is missing",
    ),
    "unknown act": (
        in_rule(basis=["akt"]),
        "stages[first].rules[half].basis[0]: unknown act 'akt', did you mean 'act'?",
    ),
    "act nobody cites": (
        lambda d: d["basis"].append(d["basis"][0] | {"id": "idle"}),
        "basis[idle]: nothing cites this act",
    ),
    "unknown fact": (
        in_rule(when={"fact": "copys", "eq": 1}),
        "stages[first].rules[half].when: unknown fact 'copys', did you mean 'copies'?",
    ),
    "unknown charge": (
        in_rule(effects=[{"charge": "fees", "percent_off": 5}]),
        "stages[first].rules[half].effects[0].charge: unknown charge 'fees', did you mean 'fee'?",
    ),
    "two ways in one effect": (
        in_rule(effects=[{"charge": "fee", "percent_off": 5, "set_to": 5}]),
        "effects[0]: an effect has exactly one of percent_off, amount_off, set_to",
    ),
    "no way in an effect": (in_rule(effects=[{"charge": "fee"}]), "an effect has exactly one of"),
    "two effects on a charge": (
        in_rule(effects=[{"charge": "fee", "set_to": 5}, {"charge": "fee", "set_to": 6}]),
        "effects[1]: the rule has two effects on the charge 'fee'",
    ),
    "no effect": (in_rule(effects=[]), "effects: at least 1 entry is needed"),
    "more than all": (in_rule(effects=[{"charge": "fee", "percent_off": 101}]), "percent_off: must be at most 100"),
    "support without budget": (
        in_rule(kind="support"),
        "rules[half]: support is paid by a budget: 'funding' is missing",
    ),
    "exemption with budget": (in_rule(kind="exemption", funding=FUNDING), "no budget pays for a statutory exemption"),
    "unknown kind": (in_rule(kind="gift"), "rules[half].kind: must be 'exemption', 'reduction' or 'support'"),
    "rule beyond the policy": (
        in_rule(dates={"first_day": "2023-12-31", "last_day": "2024-12-31"}),
        "rules[half].dates: the rule's days reach beyond the days on which the policy is effective",
    ),
    "rule open at the end": (
        in_rule(dates={"first_day": "2024-03-01", "last_day": None}),
        "rules[half].dates: the rule's days reach beyond",
    ),
    "rule dates in the wrong order": (
        in_rule(dates={"first_day": "2024-03-02", "last_day": "2024-03-01"}),
        "rules[half].dates: the last day lies before the first",
    ),
    "policy dates in the wrong order": (
        in_policy(effective={"first_day": "2024-03-02", "last_day": "2024-03-01"}),
        "effective: the last day lies before the first",
    ),
    "no such day": (
        in_policy(effective={"first_day": "2023-02-29", "last_day": None}),
        "first_day: there is no such day",
    ),
    "day as seconds": (
        in_policy(effective={"first_day": "1717200000", "last_day": None}),
        "effective.first_day: a day is written as 2024-06-01",
    ),
    "day as number": (
        in_policy(effective={"first_day": 1717200000, "last_day": None}),
        "effective.first_day: a day is written as 2024-06-01",
    ),
    "money as text": (in_charge(0, amount_vnd="1000"), "charges[fee].amount_vnd: a whole number is needed"),
    "money below zero": (
        in_charge(0, amount_vnd=-1),
        "charges[fee].amount_vnd: must be at least 0",
    ),
    "money beyond measure": (in_charge(0, amount_vnd=10**10), "charges[fee].amount_vnd: must be at most 1000000000"),
    "money as truth": (in_charge(0, amount_vnd=True), "charges[fee].amount_vnd: a whole number is needed"),
    "base with above": (in_charge(0, above=2), "charges[fee].above: a base charge is due once"),
    "per copy without above": (in_charge(1, above=None), "charges[copies]: per_copy_above needs 'above'"),
    "charge without basis": (in_charge(0, basis=[]), "charges[fee].basis: at least 1 entry is needed"),
    "charge twice": (lambda d: d["charges"].append(d["charges"][0]), "charges[fee]: 'fee' stands here twice"),
    "rule twice in two stages": (
        lambda d: d["stages"].append(stage([rule("half")], own_id="second")),
        "stages[second].rules[half]: 'half' stands here twice",
    ),
    "stage twice": (lambda d: d["stages"].append(stage([rule("other")])), "stages[first]: 'first' stands here twice"),
    "stage without rules": (
        lambda d: d["stages"][0].update(rules=[]),
        "stages[first].rules: at least 1 entry is needed",
    ),
    "unknown pick": (lambda d: d["stages"][0].update(pick="all"), "stages[first].pick: must be 'best_for_citizen'"),
    "quota in requests": (quota(unit="requests"), "rules[half].quota.unit: one request is always one request"),
    "quota in copies without copies": (
        quota(unit="copies"),
        "quota.unit: a quota in copies needs an effect on a charge per copy",
    ),
    "quota in copies with set_to": (
        in_rule(effects=[{"charge": "copies", "set_to": 5}], quota={"unit": "copies", "max": 5, "scope": "request"}),
        "a quota in copies doesn't go with set_to",
    ),
    "quota with a name of its own within a request": (
        quota(name="shared"),
        "quota.name: a quota within one request is the rule's own",
    ),
    "quota of an unknown scope": (quota(scope="galaxy"), "quota.scope: must be 'request'"),
    "quotas of one name in other units": (
        sharing(unit="requests"),
        "rules[other].quota.unit: the quota 'budget' has another unit in the rule 'half'",
    ),
    "quotas of one name of other sizes": (
        sharing(max=6),
        "rules[other].quota.max: the quota 'budget' has another max in the rule 'half'",
    ),
    "quotas of one name in other scopes": (
        sharing(scope="citizen_per_year"),
        "rules[other].quota.scope: the quota 'budget' has another scope in the rule 'half'",
    ),
    "quota named like another rule's": (
        in_policy(
            stages=[
                stage(
                    [
                        rule("half", quota={"unit": "requests", "max": 5, "scope": "budget_total"}),
                        rule("more", quota={"unit": "requests", "max": 6, "scope": "budget_total", "name": "half"}),
                    ]
                )
            ]
        ),
        "rules[more].quota.max: the quota 'half' has another max in the rule 'half'",
    ),
    "postage with above": (with_charge(kind="postage", above=1), "charges[more].above: a postage charge is due once"),
    "unknown paper": (
        in_rule(evidence=["student_cart"]),
        "rules[half].evidence[0]: unknown kind of paper 'student_cart', did you mean 'student_card'?",
    ),
    "paper twice": (
        in_rule(evidence=["student_card", "student_card"]),
        "rules[half].evidence[1]: 'student_card' stands here twice",
    ),
    "expression with an unknown fact": (
        in_rule(expr="level == 2 && copys > 2"),
        "rules[half].expr: column 15: unknown fact 'copys', did you mean 'copies'?",
    ),
    "expression with an unknown value": (
        in_rule(expr="channel == 'vnied'"),
        "rules[half].expr: column 12: unknown value for 'channel' 'vnied', did you mean 'vneid'?",
    ),
    "expression of a number": (in_rule(expr="copies + 1"), "expr: the expression must be true or false"),
    "expression that is cut off": (
        in_rule(expr="copies >"),
        "rules[half].expr: column 9: the expression can't be read",
    ),
    "empty expression": (in_rule(expr=""), "rules[half].expr: the text is empty"),
    "expression that is too long": (
        in_rule(expr="copies > 1" + " " * 491),
        "rules[half].expr: longer than 500 characters",
    ),
    "example with an unknown quota": (
        in_example(left={"half": 1}),
        "examples[0].given.left.half: unknown quota (wider than a request) 'half'",
    ),
    "example with more left than there is": (
        lambda d: (sharing()(d), in_example(left={"budget": 6})(d)),
        "examples[0].given.left.budget: 6 left is more than the quota of 5",
    ),
    "example without the day of receipt": (
        in_policy(deciding_date="received"),
        "examples[0].given: this policy decides by the day of receipt: 'received_on' is missing",
    ),
    "example without pages": (
        with_charge(kind="per_page"),
        "examples[0].given: there is a charge per page: 'pages' is missing",
    ),
    "other currency": (in_policy(currency="USD"), "currency: must be 'VND'"),
    "other schema": (in_policy(schema="condau-fee-policy/9"), "schema: must be 'condau-fee-policy/1'"),
    "other time zone": (in_policy(time_zone="UTC"), "time_zone: must be 'Asia/Ho_Chi_Minh'"),
    "other deciding date": (in_policy(deciding_date="decided"), "deciding_date: must be 'submitted' or 'received'"),
    "no example": (in_policy(examples=[]), "examples: at least 1 entry is needed"),
    "empty label": (in_policy(label={"vi": " ", "en": "a"}), "label: both languages are needed"),
    "odd id": (in_policy(id="../x"), "id: an id doesn't have the form"),
    "act's file outside": (
        lambda d: d["basis"][0]["source"].update(file="../secret"),
        "basis[act].source.file: a file's name doesn't have the form",
    ),
    "list instead of object": (in_policy(effective=[]), "effective: an object is needed"),
    "object instead of list": (in_policy(charges={}), "charges: a list is needed"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_refused_at_its_place(name: str) -> None:
    change, message = BROKEN[name]
    document = copy.deepcopy(small_policy())
    change(document)
    with pytest.raises(PolicyRefused) as refused:
        read(document)
    problems = [str(problem) for problem in refused.value.problems]
    assert any(message in problem for problem in problems), problems
    assert all(problem.startswith("small.json") for problem in problems)


@pytest.mark.parametrize("name", BROKEN)
def test_a_problem_is_told_in_vietnamese_at_the_same_place(name: str) -> None:
    document = copy.deepcopy(small_policy())
    BROKEN[name][0](document)
    with pytest.raises(PolicyRefused) as refused:
        read(document)
    for problem in refused.value.problems:
        assert problem.in_language("vi").startswith(f"{problem.place}: ")
        assert problem.text.vi != problem.text.en
        assert unicodedata.is_normalized("NFC", problem.text.vi)


def test_the_unbroken_document_is_accepted() -> None:
    assert read(small_policy()).id == "small"


def test_everything_a_policy_can_say_is_accepted() -> None:
    budget = {"unit": "amount", "max": 5_000, "scope": "budget_total", "name": "city"}
    support = {"kind": "support", "funding": FUNDING}
    document = small_policy(
        deciding_date="received",
        stages=[
            stage(
                [
                    rule("half", expr="copies % 2 == 0 || 'student' in categories", evidence=["student_card"]),
                    rule("free", quota=budget, **support),
                    rule("more", quota=budget, **support),
                    rule("yearly", quota={"unit": "requests", "max": 2, "scope": "citizen_per_year"}, **support),
                    rule(
                        "copies",
                        effects=[{"charge": "copies", "percent_off": 100}],
                        quota={"unit": "copies", "max": 10, "scope": "citizen_per_policy_period"},
                        **support,
                    ),
                ]
            )
        ],
    )
    with_charge(kind="per_page", above=2, id="pages")(document)
    with_charge(kind="per_page", id="every_page")(document)
    with_charge(kind="postage", id="post")(document)
    in_example(received_on="2024-01-02", pages=3, delivery="post", left={"city": 0, "yearly": 1})(document)
    policy = read(document)
    assert policy.fact_names == {
        "channel", "copies", "categories", "evidence", "pages", "delivery", "received_on"
    }  # fmt: skip


def test_every_problem_is_told_at_once() -> None:
    document = small_policy(currency="USD", rounding="never")
    with pytest.raises(PolicyRefused) as refused:
        read(document)
    assert len(refused.value.problems) == 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An agency's folder with one good policy and its act."""
    (tmp_path / "acts").mkdir()
    (tmp_path / "acts" / "act.md").write_text("An act.")
    (tmp_path / "policies").mkdir()
    write(tmp_path / "policies", small_policy())
    return tmp_path / "policies"


def write(folder: Path, document: dict[str, Any], name: str = "small.json") -> None:
    document["basis"][0]["source"]["sha256"] = hashlib.sha256(b"An act.").hexdigest()
    (folder / name).write_text(json.dumps(document))


def refusal(*folders: Path) -> str:
    with pytest.raises(PolicyRefused) as refused:
        load_policies(*folders)
    return str(refused.value)


def test_a_good_folder_loads(folder: Path) -> None:
    assert [policy.id for policy in load_policies(folder).policies] == ["small"]


def test_a_missing_act_is_refused(folder: Path) -> None:
    (folder.parent / "acts" / "act.md").unlink()
    assert refusal(folder) == "small.json: basis[act].source: the act's file 'act.md' is missing"


def test_a_changed_act_is_refused(folder: Path) -> None:
    (folder.parent / "acts" / "act.md").write_text("An act!")
    found = hashlib.sha256(b"An act!").hexdigest()
    assert refusal(folder) == f"small.json: basis[act].source: the act's file 'act.md' has the SHA-256 {found}"


def test_an_example_that_does_not_hold_is_refused(folder: Path) -> None:
    document = small_policy()
    document["examples"][0]["expect"]["due_vnd"] = 999
    write(folder, document)
    assert refusal(folder) == (
        "small.json: examples[0] (plain): expects gross 1,000, waived 0, due 999 VND; "
        "the rules come to gross 1,000, waived 0, due 1,000 VND"
    )


def test_an_example_outside_the_policy_is_refused(folder: Path) -> None:
    document = small_policy()
    document["examples"][0]["given"]["submitted_on"] = "2025-01-01"
    write(folder, document)
    assert "the policy doesn't decide this case" in refusal(folder)


def test_an_example_with_impossible_facts_is_refused(folder: Path) -> None:
    document = small_policy()
    document["examples"][0]["given"]["copies"] = 0
    write(folder, document)
    assert "examples[0] (plain).given: copies must be between 1 and 9999" in refusal(folder)


def test_overlapping_versions_are_refused(folder: Path) -> None:
    write(folder, small_policy(version=2, effective={"first_day": "2024-12-31", "last_day": None}), "two.json")
    document = json.loads((folder / "two.json").read_text())
    document["examples"][0]["given"]["submitted_on"] = "2025-01-01"
    write(folder, document, "two.json")
    assert refusal(folder) == ("small version 2: overlaps with small version 1: on some days both decide 'paper'")


def test_the_next_day_is_no_overlap(folder: Path) -> None:
    document = small_policy(version=2, effective={"first_day": "2025-01-01", "last_day": None})
    document["examples"][0]["given"]["submitted_on"] = "2025-01-01"
    write(folder, document, "two.json")
    assert len(load_policies(folder).policies) == 2


def test_the_same_version_twice_is_refused(folder: Path) -> None:
    write(folder, small_policy(document_types=["other"]), "again.json")
    assert "small version 1: two files have this version" in refusal(folder)


def test_a_folder_without_policies_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    assert refusal(tmp_path / "nothing") == "nothing: there is no policy document (*.json) in this folder"


def test_no_folder_at_all_is_refused() -> None:
    assert "no folder" in refusal()


def test_one_broken_document_keeps_the_whole_book_closed(folder: Path) -> None:
    (folder / "broken.json").write_text("{")
    assert "broken.json: not JSON" in refusal(folder)
