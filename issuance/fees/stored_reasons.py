"""The parts of a stored assessment that say why: rules that didn't fire, quotas, facts. `stored` has the whole."""

from __future__ import annotations

from datetime import date
from typing import Any, cast, get_args

from issuance.fees.assessment import FailedCondition, NotFiredReason, NotFiredRule, QuotaUse
from issuance.fees.conditions import Condition, Expression, condition_to_json, parse_condition
from issuance.fees.document import QuotaScope, QuotaUnit
from issuance.fees.errors import AssessmentUnreadable
from issuance.fees.facts import FACTS, FactKind, FactValue
from issuance.fees.wording import Label

Json = dict[str, Any]


def not_fired_to_json(rule: NotFiredRule) -> Json:
    return {
        "rule_id": rule.rule_id,
        "stage_id": rule.stage_id,
        "label": label_to_json(rule.label),
        "reason": rule.reason.value,
        "failed": rule.failed
        and {"condition": condition_to_json(rule.failed.condition), "actual": facts_to_json(rule.failed.actual)},
        "first_day": rule.first_day and rule.first_day.isoformat(),
        "last_day": rule.last_day and rule.last_day.isoformat(),
        "earlier_rule": rule.earlier_rule,
        "evidence": list(rule.evidence),
    }


def not_fired_from_json(stored: Json) -> NotFiredRule:
    failed = stored["failed"]
    return NotFiredRule(
        rule_id=stored["rule_id"],
        stage_id=stored["stage_id"],
        label=label_from_json(stored["label"]),
        reason=NotFiredReason(stored["reason"]),
        failed=None
        if failed is None
        else FailedCondition(_condition(failed["condition"]), facts_from_json(failed["actual"])),
        first_day=day_from_json(stored["first_day"]),
        last_day=day_from_json(stored["last_day"]),
        earlier_rule=stored["earlier_rule"],
        evidence=tuple(stored.get("evidence", ())),
    )


def _condition(stored: Json | str) -> Condition:
    if isinstance(stored, dict) and "expr" in stored:
        return Expression(stored["expr"], frozenset(stored["facts"]))
    return parse_condition(stored)


def quota_use_to_json(use: QuotaUse) -> Json:
    return {
        "rule_id": use.rule_id,
        "name": use.name,
        "unit": use.unit,
        "scope": use.scope,
        "max": use.max,
        "left": use.left,
        "taken": use.taken,
    }


def quota_use_from_json(stored: Json) -> QuotaUse:
    if stored["unit"] not in get_args(QuotaUnit) or stored["scope"] not in get_args(QuotaScope):
        raise AssessmentUnreadable("a quota of no known kind")
    left, taken = _count(stored["left"]), _count(stored["taken"])
    if taken > left:
        raise AssessmentUnreadable(f"quota {stored['name']}: more was taken than was left")
    return QuotaUse(
        stored["rule_id"], stored["name"], stored["unit"], stored["scope"], _count(stored["max"]), left, taken
    )


def _count(stored: object) -> int:
    if isinstance(stored, bool) or not isinstance(stored, int) or stored < 0:
        raise AssessmentUnreadable("what is left of a quota is a whole number")
    return stored


def facts_to_json(facts: tuple[tuple[str, FactValue], ...]) -> list[Json]:
    return [{"fact": name, "value": _value_to_json(value)} for name, value in facts]


def _value_to_json(value: FactValue) -> str | int | list[str] | None:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


def facts_from_json(stored: list[Json]) -> tuple[tuple[str, FactValue], ...]:
    return tuple((entry["fact"], _value_from_json(entry["fact"], entry["value"])) for entry in stored)


def _value_from_json(name: str, value: object) -> FactValue:
    kind = FACTS[name].kind
    if value is None:
        return None
    if kind is FactKind.SET:
        return frozenset(cast("list[str]", value))
    if kind is FactKind.DAY:
        return date.fromisoformat(cast("str", value))
    return cast("str | int", value)


def label_to_json(label: Label) -> Json:
    return {"vi": label.vi, "en": label.en}


def label_from_json(stored: Json) -> Label:
    return Label(stored["vi"], stored["en"])


def day_from_json(stored: str | None) -> date | None:
    return None if stored is None else date.fromisoformat(stored)
