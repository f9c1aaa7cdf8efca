"""The form of an example that the policy must come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from issuance.fees.assess import assess
from issuance.fees.errors import FactsRefused, PolicyRefused
from issuance.fees.facts import CATEGORIES, CHANNELS, DELIVERIES, EVIDENCE
from issuance.fees.quotas import Quotas
from issuance.fees.reading.check_examples import facts_of_example
from issuance.fees.reading.read_policy import read_policy
from issuance.fees.wording import Label

from ...texts import N_
from .parts import DAY_NEEDED, NUMBER_NEEDED, Built, Subject, boxes_of
from .sent import Fields, day_of, number_of, text_of, ticked
from .tree import Document, part_of, put, written

_GIVEN = (
    *("channel", "copies", "submitted_on", "birth_date", "level", "residence", "document_type"),
    *("received_on", "pages", "delivery"),
)


class ExampleForm:
    template = "fees/edit_example.html"
    title = N_("Example")
    title_new = N_("A new example")
    where: Sequence[tuple[str, str]] = (
        ("name", "name"),
        ("given.copies", "copies"),
        ("given.submitted_on", "submitted_on"),
        ("given.received_on", "received_on"),
        ("given.birth_date", "birth_date"),
        ("given.pages", "pages"),
        ("given.left", "left"),
        ("given", "channel"),
        ("expect.gross_vnd", "gross"),
        ("expect", "due"),
        ("", "due"),
    )

    def fields(self, subject: Subject, asked: Mapping[str, str]) -> Fields:
        if subject.key is None:
            first_day = subject.document["effective"]["first_day"]
            return {"channel": "vneid", "copies": "1", "submitted_on": first_day, "delivery": "download"}
        example = part_of(subject.document, "examples", subject.key)
        given, expect = example["given"], example["expect"]
        fields = {name: "" if given.get(name) is None else str(given[name]) for name in _GIVEN}
        fields |= {f"category-{one}": "1" for one in given.get("categories", ())}
        fields |= {f"evidence-{one}": "1" for one in given.get("evidence", ())}
        fields |= {f"left-{name}": str(left) for name, left in given.get("left", {}).items()}
        return fields | {
            "name": example["name"],
            "gross": str(expect["gross_vnd"]),
            "due": str(expect["due_vnd"]),
        }

    def press(self, subject: Subject, fields: Fields, what: str) -> Fields:
        if what != "compute":
            return fields
        named = text_of(fields, "name") or "-"
        found = what_it_comes_to(self.build(subject, fields | {"name": named, "gross": "0", "due": "0"}))
        return fields if found is None else fields | {"gross": str(found[0]), "due": str(found[1])}

    def build(self, subject: Subject, fields: Fields) -> Built:
        given, problems = _given(fields)
        gross, due = number_of(fields.get("gross", "")), number_of(fields.get("due", ""))
        for name, amount in (("gross", gross), ("due", due)):
            if amount is None:
                problems[name] = NUMBER_NEEDED
        if gross is not None and due is not None and due > gross:
            problems["due"] = N_("Nobody pays more than is charged.")
        name = text_of(fields, "name")
        if not name:
            problems["name"] = N_("Give the example a name, by which it is found again.")
        expect = {"gross_vnd": gross, "waived_vnd": (gross or 0) - (due or 0), "due_vnd": due}
        example = {"name": name, "given": given, "expect": expect}
        document = subject.document if problems else put(subject.document, "examples", subject.key, example)
        index = subject.key or str(len(subject.document["examples"]))
        return Built(document=document, key=index, place=f"examples[{index}]", problems=problems)

    def choices(self, subject: Subject, fields: Fields) -> dict[str, Any]:
        language = subject.language

        def named(words: Mapping[str, Label]) -> list[tuple[str, str]]:
            return [(one, label.in_language(language)) for one, label in words.items()]

        types = [(one, subject.types.get(one, one)) for one in subject.document["document_types"]]
        return {
            "channels": named(CHANNELS),
            "deliveries": named(DELIVERIES),
            "categories": boxes_of(CATEGORIES, fields, "category-", language),
            "papers": boxes_of(EVIDENCE, fields, "evidence-", language),
            "types": types,
            "quotas": _quotas(subject.document),
            "is_received": subject.document["deciding_date"] == "received",
        }


def _given(fields: Fields) -> tuple[dict[str, Any], dict[str, str]]:
    problems: dict[str, str] = {}
    given: dict[str, Any] = {"channel": text_of(fields, "channel")}
    for name, is_needed in (("copies", True), ("pages", False), ("level", False)):
        given[name] = number_of(fields.get(name, ""))
        if given[name] is None and (is_needed or text_of(fields, name)):
            problems[name] = NUMBER_NEEDED
    for name, is_needed in (("submitted_on", True), ("birth_date", False), ("received_on", False)):
        given[name] = day_of(fields.get(name, ""))
        if given[name] is None and (is_needed or text_of(fields, name)):
            problems[name] = DAY_NEEDED
    for name in ("residence", "document_type", "delivery"):
        given[name] = text_of(fields, name) or None
    given["categories"], given["evidence"] = ticked(fields, "category-"), ticked(fields, "evidence-")
    left = {}
    for name, text in fields.items():
        if name.startswith("left-") and text.strip():
            amount = number_of(text)
            if amount is None:
                problems[name] = NUMBER_NEEDED
            left[name.removeprefix("left-")] = amount
    given["left"] = left
    return {name: value for name, value in given.items() if value not in (None, [], {})}, problems


def _quotas(document: Document) -> list[tuple[str, str]]:
    """The names of quotas wider than a request, of which an example can say what is left."""
    names = {}
    for stage in document["stages"]:
        for rule in stage["rules"]:
            quota = rule.get("quota")
            if quota and quota["scope"] != "request":
                names[quota.get("name") or rule["id"]] = rule["label"]["vi"]
    return [*names.items()]


def what_it_comes_to(built: Built) -> tuple[int, int] | None:
    """What is charged and what is to pay in VND, by the rules as they stand; None where they cannot tell."""
    if built.problems:
        return None
    try:
        policy = read_policy(written(built.document))
        example = policy.document.examples[int(built.key)]
        facts = facts_of_example(example, policy)
    except (PolicyRefused, FactsRefused):
        return None
    on = facts.received_on if policy.document.deciding_date == "received" else facts.submitted_on
    totals = None if on is None else assess(facts, policy, Quotas(example.given.left, untouched=True), on).totals
    return None if totals is None else (totals.gross, totals.due)
