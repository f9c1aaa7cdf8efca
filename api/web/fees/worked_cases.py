"""The largest differences of a rehearsal, each as a case that can be followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from issuance.fees.facts import CATEGORIES, CHANNELS
from issuance.fees.rehearsal.result import ExampleCase, RehearsalResult, RuleEffect
from issuance.fees.rehearsal.words import change_in_figures

from ...languages import Language
from ..texts import N_, translate

_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedCase:
    """before_says, after_says: the explanations as a citizen would read them. alike: how many cases are of its kind."""

    given: str
    difference: str
    is_less: bool
    alike: int
    before_vnd: int
    after_vnd: int
    before_says: Sequence[str]
    after_says: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    label: str
    before_fired: int
    after_fired: int
    before_vnd: int
    after_vnd: int


def followed(cases: Sequence[ExampleCase], language: Language) -> list[FollowedCase]:
    return [
        FollowedCase(
            given=_facts(case.facts, language),
            difference=change_in_figures(case.difference, language),
            is_less=case.difference < 0,
            alike=case.alike,
            before_vnd=case.before.due,
            after_vnd=case.after.due,
            before_says=case.before.explanation[language],
            after_says=case.after.explanation[language],
        )
        for case in cases[:_MOST]
    ]


def rule_lines(result: RehearsalResult, language: Language) -> list[RuleLine]:
    return [_rule(rule, language) for rule in result.rules]


def _rule(rule: RuleEffect, language: Language) -> RuleLine:
    return RuleLine(
        label=rule.label.in_language(language),
        before_fired=rule.before.fired,
        after_fired=rule.after.fired,
        before_vnd=rule.before.amount,
        after_vnd=rule.after.amount,
    )


def _facts(facts: Mapping[str, Any], language: Language) -> str:
    """What most of a fee depends on; the explanation says the rest."""
    channel = str(facts.get("channel"))
    said = [CHANNELS[channel].in_language(language) if channel in CHANNELS else channel]
    said.append(translate(N_("copies: %(number)s"), language) % {"number": facts.get("copies")})
    said += [CATEGORIES[one].in_language(language) if one in CATEGORIES else one for one in facts["categories"]]
    if facts.get("age_years") is not None:
        said.append(translate(N_("aged %(years)s"), language) % {"years": facts["age_years"]})
    return " · ".join(said)
