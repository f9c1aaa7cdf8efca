"""The forms of what is neither rule nor act nor example: the policy itself, charges, and steps."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from ...texts import N_
from .parts import (
    ACT_NEEDED,
    DAY_NEEDED,
    NUMBER_NEEDED,
    Built,
    Subject,
    basis_choices,
    basis_of,
    demand_both,
    label_fields,
    optional_label,
    set_or_drop,
    worded,
)
from .sent import Fields, both_of, day_of, number_of, text_of, ticked
from .tree import ids_of, new_id, part_of, place_of, put

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
