"""Conditions and facts in Vietnamese and English, for the citizen's explanation and the author's messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from issuance.fees.conditions import AllOf, Always, AnyOf, Compare, Condition, Not
from issuance.fees.facts import FACTS, Fact, FactValue
from issuance.fees.wording import Language, day_in_words

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "vi": {
        "eq": "{fact} là {0}",
        "in": "{fact} là một trong: {list}",
        "contains": "{fact} có: {0}",
        "any_of": "{fact} có một trong: {list}",
        "gte": "{fact} từ {0} trở lên",
        "lte": "{fact} không quá {0}",
        "between": "{fact} từ {0} đến {1}",
        "not": "không phải ({0})",
        "and": " và ",
        "or": " hoặc ",
        "always": "mọi trường hợp",
        "unknown": "chưa biết",
        "none": "không có",
    },
    "en": {
        "eq": "{fact} is {0}",
        "in": "{fact} is one of: {list}",
        "contains": "{fact} include {0}",
        "any_of": "{fact} include one of: {list}",
        "gte": "{fact} is at least {0}",
        "lte": "{fact} is at most {0}",
        "between": "{fact} is from {0} to {1}",
        "not": "not ({0})",
        "and": " and ",
        "or": " or ",
        "always": "every case",
        "unknown": "not known",
        "none": "none",
    },
}


def describe_condition(condition: Condition, language: Language) -> str:
    """The condition in words."""
    words = _WORDS[language]
    match condition:
        case Compare(name, operator, operands):
            fact = FACTS[name]
            shown = [describe_value(fact, operand, language) for operand in operands]
            return words[operator].format(*shown, fact=fact.label.in_language(language), list=", ".join(shown))
        case AllOf(parts):
            return words["and"].join(_bracketed(part, language) for part in parts)
        case AnyOf(parts):
            return words["or"].join(_bracketed(part, language) for part in parts)
        case Not(part):
            return words["not"].format(describe_condition(part, language))
        case Always():
            return words["always"]


def _bracketed(part: Condition, language: Language) -> str:
    text = describe_condition(part, language)
    return f"({text})" if isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 else text


def describe_value(fact: Fact, value: FactValue, language: Language) -> str:
    """A fact's value in words; says so when it isn't known."""
    if value is None:
        return _WORDS[language]["unknown"]
    if isinstance(value, frozenset):
        shown = [describe_value(fact, entry, language) for entry in sorted(value)]
        return ", ".join(shown) or _WORDS[language]["none"]
    if isinstance(value, date):
        return day_in_words(value, language)
    if fact.values is not None and isinstance(value, str) and value in fact.values:
        return fact.values[value].in_language(language)
    return str(value)
