"""Conditions and facts in Vietnamese and English, for the citizen's explanation and the author's messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from issuance.fees.conditions import AllOf, Always, AnyOf, Compare, Condition, Expression, Not
from issuance.fees.facts import FACTS, Fact, FactKind, FactValue
from issuance.fees.wording import Language, day_in_words

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "vi": {
        "eq": "{fact} là {0}",
        "in": "{fact} là {either}",
        "contains": "{fact} có {0}",
        "any_of": "{fact} có {either}",
        "gte": "{fact} từ {0} trở lên",
        "lte": "{fact} không quá {0}",
        "between": "{fact} từ {0} đến {1}",
        "not": "không phải trường hợp {0}",
        "and": " và ",
        "or": " hoặc ",
        "always": "mọi trường hợp",
        "expression": "điều kiện “{0}” được đáp ứng",
        "is": "{fact} là {0}",
        "are": "{fact} chỉ có {0}",
        "unknown": "chưa biết {fact}",
        "none": "không có {fact} nào",
    },
    "en": {
        "eq": "the {fact} is {0}",
        "in": "the {fact} is {either}",
        "contains": "the {fact} include {0}",
        "any_of": "the {fact} include {either}",
        "gte": "the {fact} is at least {0}",
        "lte": "the {fact} is at most {0}",
        "between": "the {fact} is between {0} and {1}",
        "not": "it is not so that {0}",
        "and": " and ",
        "or": " or ",
        "always": "every case",
        "expression": "the condition “{0}” holds",
        "is": "the {fact} is {0}",
        "are": "the {fact} include only {0}",
        "unknown": "the {fact} is not known",
        "none": "there are no {fact}",
    },
}


_OWN: Mapping[tuple[Language, str], str] = {("vi", "categories"): "được xác nhận thuộc diện {either}"}
"""Facts that people say in another way than the others."""


def describe_condition(condition: Condition, language: Language) -> str:
    """The condition as a clause: `the channel is the VNeID application`."""
    words = _WORDS[language]
    match condition:
        case Compare(name, operator, operands):
            fact = FACTS[name]
            shown = [_value(fact, operand, language) for operand in operands]
            return _OWN.get((language, name), words[operator]).format(
                *shown, fact=fact.label.in_language(language), either=listed(shown, words["or"])
            )
        case AllOf(parts):
            return words["and"].join(_bracketed(part, language) for part in parts)
        case AnyOf(parts):
            return words["or"].join(_bracketed(part, language) for part in parts)
        case Not(part):
            return words["not"].format(_bracketed(part, language))
        case Always():
            return words["always"]
        case Expression(source, _):
            return words["expression"].format(source)


def describe_fact(fact: Fact, value: FactValue, language: Language) -> str:
    """What a fact is, as a clause; says so when it isn't known."""
    words, label = _WORDS[language], fact.label.in_language(language)
    if value is None:
        return words["unknown"].format(fact=label)
    if not isinstance(value, frozenset):
        return words["is"].format(_value(fact, value, language), fact=label)
    if not value:
        return words["none"].format(fact=label)
    shown = [_value(fact, entry, language) for entry in sorted(value)]
    return words["are"].format(listed(shown, words["and"]), fact=label)


def _bracketed(part: Condition, language: Language) -> str:
    text = describe_condition(part, language)
    return f"({text})" if isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 else text


def listed(shown: Sequence[str], last: str) -> str:
    """`a, b or c`, where last is ` or `."""
    return last.join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _value(fact: Fact, value: str | int | date, language: Language) -> str:
    if isinstance(value, date):
        return day_in_words(value, language)
    if fact.values is None or not isinstance(value, str):
        return str(value)
    # A stored assessment may name a value that the catalogue has dropped since.
    words = fact.values[value].in_language(language) if value in fact.values else value
    # The names of categories have commas and "or" of their own.
    return f"“{words}”" if fact.kind is FactKind.SET else words
