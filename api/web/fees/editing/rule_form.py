"""The form of a rule: for whom, what it gives, who pays that, how much at most, from when to when, by which act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from issuance.fees.facts import EVIDENCE

from ...texts import N_
from .act_form import FIELDS as ACT_FIELDS
from .act_form import act_choices, act_from
from .conditions import GROUPS, ROOT, Node, condition_of, fact_words, fields_from, node_from, node_of, pressed, shown
from .parts import (
    ACT_NEEDED,
    DAY_NEEDED,
    Built,
    Subject,
    basis_choices,
    basis_of,
    boxes_of,
    demand_both,
    label_fields,
    optional_label,
    set_or_drop,
    typed,
    worded,
)
from .rule_templates import BEGINNINGS
from .sent import Fields, both_of, day_of, number_of, text_of, ticked
from .tree import Part, ids_of, new_id, part_of, put, put_rule, stage_of

RULE_KINDS = (
    ("exemption", N_("Exemption"), N_("The charge is not due.")),
    ("reduction", N_("Reduction"), N_("Less is due.")),
    ("support", N_("Support"), N_("The charge is due, and a budget pays it or a part of it.")),
)
WAYS = (
    ("", N_("nothing off")),
    ("percent_off", N_("per cent off")),
    ("amount_off", N_("VND off")),
    ("set_to", N_("down to VND")),
)
UNITS = (
    ("", N_("without a limit")),
    ("requests", N_("requests")),
    ("copies", N_("copies")),
    ("amount", N_("VND")),
)
SCOPES = (
    ("budget_total", N_("for everybody together")),
    ("citizen_per_year", N_("for each person and year")),
    ("citizen_per_policy_period", N_("for each person in the whole period")),
    ("request", N_("in each request")),
)
NEW = "new"
_NEW_STAGES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "support": {"id": "support", "label": {"vi": "Hỗ trợ", "en": "Support"}, "pick": "best_for_citizen"},
        "": {
            "id": "statutory",
            "label": {"vi": "Miễn, giảm theo quy định", "en": "Statutory exemptions and reductions"},
            "pick": "best_for_citizen",
        },
    }
)


class RuleForm:
    template = "fees/edit_rule.html"
    title = N_("Rule")
    title_new = N_("A new rule")
    where: Sequence[tuple[str, str]] = (
        ("label", "label_vi"),
        ("kind", "kind"),
        ("when", ROOT),
        ("expr", "expr"),
        ("evidence", "evidence"),
        ("effects", "effects"),
        ("quota.max", "quota_max"),
        ("quota.name", "quota_name"),
        ("quota.counted_from", "quota_from"),
        ("quota", "quota_unit"),
        ("dates", "first_day"),
        ("funding.label", "funding_vi"),
        ("funding", "funding"),
        ("basis", "basis"),
        ("unverified", "unverified_vi"),
        ("", "label_vi"),
    )

    def fields(self, subject: Subject, asked: Mapping[str, str]) -> Fields:
        if subject.key is not None:
            return _fields_of(subject, subject.key)
        fields = {"kind": "support", "act_kind": "resolution", **fields_from(Node("all"))}
        fields |= BEGINNINGS.get(asked.get("like", ""), {})
        if percent := fields.pop("percent", None):
            for charge in ids_of(subject.document, "charges"):
                fields |= {f"e-{charge}-way": "percent_off", f"e-{charge}-number": percent}
        # Where there is nothing to choose among, nobody has to choose.
        if len(acts := ids_of(subject.document, "acts")) == 1:
            fields[f"basis-{acts[0]}"] = "1"
        if len(subject.budgets) <= 1:
            fields["funding"] = next(iter(subject.budgets), NEW)
        return fields

    def press(self, subject: Subject, fields: Fields, what: str) -> Fields:
        node = node_of(fields)
        if not pressed(node, what):
            return fields
        return {name: text for name, text in fields.items() if not name.startswith(f"{ROOT}-")} | fields_from(node)

    def build(self, subject: Subject, fields: Fields) -> Built:
        document = subject.document
        before: dict[str, Any] = {} if subject.key is None else part_of(document, "rules", subject.key)
        when, problems = condition_of(node_of(fields), subject.types)
        problems = demand_both(fields, "label") | problems
        basis = basis_of(subject, fields)
        if has_new_act(fields):
            act, wrong = act_from(subject, fields, {})
            problems |= wrong
            if not wrong:
                document = put(document, "acts", None, act)
            basis.append(act["id"])
        if not basis:
            problems["basis"] = ACT_NEEDED
        effects, wrong = _effects(subject, fields, [one["charge"] for one in before.get("effects", ())])
        problems |= wrong
        kind = fields.get("kind", "")
        rule_id = before.get("id") or new_id(text_of(fields, "label_en") or "rule", ids_of(document, "rules"))
        rule = {**before, "id": rule_id, "kind": kind, "label": both_of(fields, "label"), "when": when}
        rule |= {"effects": effects, "basis": basis}
        for key, (value, wrong) in {
            "dates": _dates(subject, fields),
            "funding": _funding(subject, fields) if kind == "support" else (None, {}),
            "quota": _quota(fields),
        }.items():
            set_or_drop(rule, key, value)
            problems |= wrong
        set_or_drop(rule, "expr", text_of(fields, "expr") or None)
        set_or_drop(rule, "evidence", [one for one in ticked(fields, "evidence-") if one in EVIDENCE])
        set_or_drop(rule, "unverified", optional_label(fields, "unverified"))
        stage = _stage(subject, fields)
        place = f"stages[{stage['id']}].rules[{rule_id}]"
        if not problems:
            document = put_rule(document, subject.key, rule, stage)
        return Built(document=document, key=rule_id, place=place, problems=problems)

    def choices(self, subject: Subject, fields: Fields) -> dict[str, Any]:
        language = subject.language
        stages = [(stage["id"], stage["label"][language]) for stage in subject.document["stages"]]
        budgets = [(one, label[language]) for one, label in subject.budgets.items()]
        return {
            "kinds": worded(RULE_KINDS, language),
            "takes_off": worded(WAYS, language),
            "units": worded(UNITS, language),
            "scopes": worded(SCOPES, language),
            "groups": GROUPS,
            "stages": stages,
            "budgets": budgets,
            "charges": [(charge["id"], charge["label"][language]) for charge in subject.document["charges"]],
            "condition": shown(node_of(fields), subject.types, language),
            "facts": fact_words(language),
            "papers": boxes_of(EVIDENCE, fields, "evidence-", language),
            "basis": basis_choices(subject, fields),
            **act_choices(subject),
        }


def has_new_act(fields: Mapping[str, str]) -> bool:
    return typed(fields, *ACT_FIELDS)


def _fields_of(subject: Subject, key: str) -> Fields:
    rule = part_of(subject.document, "rules", key)
    quota, dates, funding = rule.get("quota") or {}, rule.get("dates") or {}, rule.get("funding")
    fields = {
        "kind": rule["kind"],
        **label_fields("label", rule["label"]),
        "stage": stage_of(subject.document, key)["id"],
        **fields_from(node_from(rule["when"])),
        "expr": rule.get("expr") or "",
        "quota_unit": quota.get("unit", ""),
        "quota_max": str(quota.get("max", "")),
        "quota_scope": quota.get("scope", ""),
        "quota_name": quota.get("name") or "",
        "quota_from": quota.get("counted_from") or "",
        "first_day": dates.get("first_day", ""),
        "last_day": dates.get("last_day") or "",
        "funding": "" if funding is None else funding["budget"],
        **label_fields("unverified", rule.get("unverified")),
        "act_kind": "resolution",
    }
    for effect in rule["effects"]:
        way = next(one for one, _ in WAYS[1:] if effect.get(one) is not None)
        # By name: another author may put a charge before it meanwhile.
        fields |= {f"e-{effect['charge']}-way": way, f"e-{effect['charge']}-number": str(effect[way])}
    fields |= {f"basis-{one}": "1" for one in rule["basis"]}
    return fields | {f"evidence-{one}": "1" for one in rule.get("evidence", ())}


def _effects(subject: Subject, fields: Fields, order: Sequence[str]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """order: charges of the rule as it was. A quota in VND is used up in the order of the effects, so that stays."""
    effects, problems = [], {}
    for charge in ids_of(subject.document, "charges"):
        way = fields.get(f"e-{charge}-way", "")
        if way not in [one for one, _ in WAYS[1:]]:
            continue
        number = number_of(fields.get(f"e-{charge}-number", ""))
        if number is None:
            problems[f"e-{charge}-number"] = N_("What it takes off: enter a whole number.")
        elif way == "percent_off" and not 1 <= number <= 100:
            problems[f"e-{charge}-number"] = N_("Per cent are from 1 to 100.")
        effects.append({"charge": charge, way: number})
    effects.sort(key=lambda one: order.index(one["charge"]) if one["charge"] in order else len(order))
    if not effects:
        problems["effects"] = N_("Say what the rule takes off at least one charge.")
    return effects, problems


def _dates(subject: Subject, fields: Fields) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """Where one end is not said, it is the policy's own."""
    if not typed(fields, "first_day", "last_day"):
        return None, {}
    days, problems = dict(subject.document["effective"]), {}
    for name in ("first_day", "last_day"):
        if text := text_of(fields, name):
            days[name] = day_of(text)
            if days[name] is None:
                problems[name] = DAY_NEEDED
    return days, problems


def _funding(subject: Subject, fields: Fields) -> tuple[dict[str, Any] | None, dict[str, str]]:
    chosen = text_of(fields, "funding")
    if chosen in subject.budgets:
        return {"budget": chosen, "label": dict(subject.budgets[chosen])}, {}
    if chosen != NEW and not typed(fields, "funding_vi", "funding_en"):
        return None, {"funding": N_("Say which budget pays.")}
    label = both_of(fields, "funding")
    return {"budget": new_id(label["en"], [*subject.budgets]), "label": label}, demand_both(fields, "funding")


def _quota(fields: Fields) -> tuple[dict[str, Any] | None, dict[str, str]]:
    unit = text_of(fields, "quota_unit")
    if not unit:
        return None, {}
    problems, largest = {}, number_of(fields.get("quota_max", ""))
    if largest is None or largest < 1:
        problems["quota_max"] = N_("At most: enter a whole number, 1 or more.")
    quota: dict[str, Any] = {"unit": unit, "max": largest, "scope": text_of(fields, "quota_scope") or SCOPES[0][0]}
    set_or_drop(quota, "name", text_of(fields, "quota_name") or None)
    if text := text_of(fields, "quota_from"):
        quota["counted_from"] = day_of(text)
        if quota["counted_from"] is None:
            problems["quota_from"] = DAY_NEEDED
    return quota, problems


def _stage(subject: Subject, fields: Fields) -> Part:
    """The step that was chosen; where none was, the one that such rules usually stand in, as a new one if need be."""
    stages, chosen = subject.document["stages"], text_of(fields, "stage")
    for stage in stages:
        if stage["id"] == chosen:
            found: Part = stage
            return found
    wanted = _NEW_STAGES.get(fields.get("kind", ""), _NEW_STAGES[""])
    if chosen != NEW:
        supports = fields.get("kind") == "support"
        for stage in stages:
            if any((rule["kind"] == "support") == supports for rule in stage["rules"]):
                return stage  # type: ignore[no-any-return]  # of JSON
    return {**wanted, "id": new_id(wanted["id"], ids_of(subject.document, "stages"))}
