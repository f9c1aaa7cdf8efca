"""The forms of what is no rule: the policy itself, charges, steps, and the examples that it must come to."""

from __future__ import annotations

import copy
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
from .parts import (
    ACT_NEEDED,
    DAY_NEEDED,
    NUMBER_NEEDED,
    Built,
    Subject,
    basis_choices,
    basis_of,
    boxes_of,
    demand_both,
    label_fields,
    optional_label,
    set_or_drop,
    worded,
)
from .sent import Fields, both_of, day_of, number_of, text_of, ticked
from .tree import Document, ids_of, new_id, part_of, place_of, put, written

CHARGE_KINDS = (
    ("base", N_("once for each request")),
    ("per_copy_above", N_("for each copy beyond a number")),
    ("per_page", N_("for each page of the document")),
    ("postage", N_("where it is sent by post")),
)
PICKS = (
    ("best_for_citizen", N_("only the one that takes most off"), ""),
    ("first_match", N_("only the first whose condition holds"), N_("The order of the rules decides.")),
    ("stack", N_("all of them, one after the other"), N_("Each works on what the one before it has left.")),
)


_GIVEN = (
    *("channel", "copies", "submitted_on", "birth_date", "level", "residence", "document_type"),
    *("received_on", "pages", "delivery"),
)


class AboutForm:
    template = "fees/edit_about.html"
    title = title_new = N_("For what and when")
    where: Sequence[tuple[str, str]] = (
        ("label", "label_vi"),
        ("document_types", "types"),
        ("territory", "territory"),
        ("effective.last_day", "last_day"),
        ("effective", "first_day"),
        ("deciding_date", "deciding_date"),
        ("rounding", "rounding"),
        ("version", "version_number"),
    )

    def fields(self, subject: Subject, asked: Mapping[str, str]) -> Fields:
        document = subject.document
        return {
            **label_fields("label", document["label"]),
            "territory": document["territory"],
            "first_day": document["effective"]["first_day"],
            "last_day": document["effective"]["last_day"] or "",
            "deciding_date": document["deciding_date"],
            "rounding": document["rounding"],
            "version_number": str(document["version"]),
            **{f"type-{one}": "1" for one in document["document_types"]},
        }

    def press(self, subject: Subject, fields: Fields, what: str) -> Fields:
        return fields

    def build(self, subject: Subject, fields: Fields) -> Built:
        document, problems = copy.deepcopy(subject.document), demand_both(fields, "label")
        types = ticked(fields, "type-")
        if not types:
            problems["types"] = N_("Tick at least one document.")
        days, wrong = period_of(fields)
        version = number_of(fields.get("version_number", ""))
        if version is None:
            problems["version_number"] = NUMBER_NEEDED
        document |= {
            "label": both_of(fields, "label"),
            "document_types": types,
            "territory": text_of(fields, "territory"),
            "effective": days,
            "deciding_date": text_of(fields, "deciding_date"),
            "rounding": text_of(fields, "rounding"),
            "version": version,
        }
        return Built(document=document, key="", place="", problems=problems | wrong)

    def choices(self, subject: Subject, fields: Fields) -> dict[str, Any]:
        known = dict(subject.types)
        for one in subject.document["document_types"]:
            known.setdefault(one, one)
        return {"types": [(one, text, fields.get(f"type-{one}") == "1") for one, text in known.items()]}


def period_of(fields: Mapping[str, str]) -> tuple[dict[str, str | None], dict[str, str]]:
    """First and last day, and what is wrong with them by field."""
    first, last = day_of(fields.get("first_day", "")), day_of(fields.get("last_day", ""))
    problems = {}
    if first is None:
        problems["first_day"] = DAY_NEEDED
    if last is None and text_of(fields, "last_day"):
        problems["last_day"] = DAY_NEEDED
    if first is not None and last is not None and last < first:
        problems["last_day"] = N_("The last day comes before the first.")
    return {"first_day": first, "last_day": last}, problems


class ChargeForm:
    template = "fees/edit_charge.html"
    title = N_("Charge")
    title_new = N_("A new charge")
    where: Sequence[tuple[str, str]] = (
        ("label", "label_vi"),
        ("kind", "kind"),
        ("amount_vnd", "amount"),
        ("above", "above"),
        ("basis", "basis"),
        ("unverified", "unverified_vi"),
        ("", "above"),
    )

    def fields(self, subject: Subject, asked: Mapping[str, str]) -> Fields:
        if subject.key is None:
            return {"kind": "base"}
        charge = part_of(subject.document, "charges", subject.key)
        above = charge.get("above")
        return {
            **label_fields("label", charge["label"]),
            "kind": charge["kind"],
            "amount": str(charge["amount_vnd"]),
            "above": "" if above is None else str(above),
            **{f"basis-{one}": "1" for one in charge["basis"]},
            **label_fields("unverified", charge.get("unverified")),
        }

    def press(self, subject: Subject, fields: Fields, what: str) -> Fields:
        return fields

    def build(self, subject: Subject, fields: Fields) -> Built:
        document, problems = subject.document, demand_both(fields, "label")
        before = {} if subject.key is None else part_of(document, "charges", subject.key)
        amount, above = number_of(fields.get("amount", "")), number_of(fields.get("above", ""))
        kind, basis = text_of(fields, "kind"), basis_of(subject, fields)
        if amount is None:
            problems["amount"] = NUMBER_NEEDED
        if above is None and (kind == "per_copy_above" or (kind == "per_page" and text_of(fields, "above"))):
            problems["above"] = NUMBER_NEEDED
        if not basis:
            problems["basis"] = ACT_NEEDED
        charge_id = before.get("id") or new_id(text_of(fields, "label_en") or "charge", ids_of(document, "charges"))
        charge = {**before, "id": charge_id, "label": both_of(fields, "label"), "kind": kind, "amount_vnd": amount}
        charge["basis"] = basis
        set_or_drop(charge, "above", above if kind in ("per_copy_above", "per_page") else None)
        set_or_drop(charge, "unverified", optional_label(fields, "unverified"))
        if not problems:
            document = put(document, "charges", subject.key, charge)
        return Built(
            document=document, key=charge_id, place=place_of(document, "charges", charge_id), problems=problems
        )

    def choices(self, subject: Subject, fields: Fields) -> dict[str, Any]:
        return {
            "kinds": worded([(*one, "") for one in CHARGE_KINDS], subject.language),
            "basis": basis_choices(subject, fields),
        }


class StageForm:
    """Only of a step that is there: a new one comes with its first rule."""

    template = "fees/edit_stage.html"
    title = title_new = N_("Step")
    where: Sequence[tuple[str, str]] = (("label", "label_vi"), ("pick", "pick"))

    def fields(self, subject: Subject, asked: Mapping[str, str]) -> Fields:
        stage = part_of(subject.document, "stages", subject.key or "")
        return {**label_fields("label", stage["label"]), "pick": stage["pick"]}

    def press(self, subject: Subject, fields: Fields, what: str) -> Fields:
        return fields

    def build(self, subject: Subject, fields: Fields) -> Built:
        key = subject.key or ""
        stage = {**part_of(subject.document, "stages", key), "label": both_of(fields, "label")}
        document = put(subject.document, "stages", key, stage | {"pick": text_of(fields, "pick")})
        return Built(
            document=document, key=key, place=place_of(document, "stages", key), problems=demand_both(fields, "label")
        )

    def choices(self, subject: Subject, fields: Fields) -> dict[str, Any]:
        return {"picks": worded(PICKS, subject.language)}


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
