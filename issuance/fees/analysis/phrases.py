"""Clauses that several findings share, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from issuance.fees.condition_words import describe_condition, describe_fact
from issuance.fees.conditions import Condition
from issuance.fees.document import Days, FeePolicy, Rule
from issuance.fees.facts import FACTS, FeeFacts, values_of
from issuance.fees.wording import Label, Language, amount_in_figures, day_in_words, number_in_figures

_MAX_CLAUSE = 300


def both(vi: str, en: str, **parts: Label | int | str) -> Label:
    """One sentence in two languages; parts in braces are put in in the sentence's language."""

    def in_language(pattern: str, language: Language) -> str:
        said = {
            name: part.in_language(language)
            if isinstance(part, Label)
            else number_in_figures(part, language)
            if isinstance(part, int)
            else part
            for name, part in parts.items()
        }
        return pattern.format(**said)

    return Label(in_language(vi, "vi"), in_language(en, "en"))


def rule_words(rule: Rule) -> Label:
    return both("quy tắc “{label}” ({own_id})", "rule “{label}” ({own_id})", label=rule.label, own_id=rule.id)


def capital(label: Label) -> Label:
    """For the beginning of a Vietnamese sentence; in English an article stands there."""
    return Label(label.vi[:1].upper() + label.vi[1:], label.en)


def condition_words(condition: Condition) -> Label:
    return Label(_clipped(describe_condition(condition, "vi")), _clipped(describe_condition(condition, "en")))


def _clipped(text: str) -> str:
    return text if len(text) <= _MAX_CLAUSE else text[:_MAX_CLAUSE] + "…"


def day_words(day: date) -> Label:
    return Label(day_in_words(day, "vi"), day_in_words(day, "en"))


def amount_words(amount_vnd: int) -> Label:
    return Label(amount_in_figures(amount_vnd, "vi"), amount_in_figures(amount_vnd, "en"))


def days_words(days: Days) -> Label:
    first = day_words(days.first_day)
    if days.last_day is None:
        return both("từ {first} trở đi", "from {first} on", first=first)
    if days.last_day == days.first_day:
        return both("ngày {first}", "on {first}", first=first)
    return both("từ {first} đến hết {last}", "from {first} to {last}", first=first, last=day_words(days.last_day))


def case_words(facts: FeeFacts, on: date, left: Mapping[str, Label], told: Iterable[str]) -> Label:
    """The facts of a case that are `told`, in the catalogue's order, and what is left of quotas, by name."""
    values, names = values_of(facts, on), set(told)

    def in_language(language: Language) -> str:
        clauses = [describe_fact(FACTS[name], values[name], language) for name in FACTS if name in names]
        rest = "hạn mức {0} còn {1}" if language == "vi" else "of the quota {0}, {1} are left"
        clauses += [rest.format(name, amount.in_language(language)) for name, amount in left.items()]
        return "; ".join(clauses)

    return Label(in_language("vi"), in_language("en"))


def told_facts(policy: FeePolicy, mentioned: Iterable[str]) -> set[str]:
    """The facts that a reader needs to follow a case: those that rules mention, those that charges count."""
    kinds = {charge.kind for charge in policy.document.charges}
    deciding = "submitted_on" if policy.document.deciding_date == "submitted" else "received_on"
    counted = {"per_copy_above": "copies", "per_page": "pages", "postage": "delivery"}
    types = {"document_type"} if len(policy.document.document_types) > 1 else set()
    return {*mentioned, deciding, *types, *(fact for kind, fact in counted.items() if kind in kinds)}
