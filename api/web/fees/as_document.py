"""A fee policy as a document to be read: acts, charges, rules in sentences, quotas, worked cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from issuance.fees.change_words import CHOICES
from issuance.fees.document import Charge, Days, Example, Given, PolicyDocument, Rule
from issuance.fees.facts import CATEGORIES, CHANNELS, DELIVERIES, EVIDENCE
from issuance.fees.wording import Label, day_in_words, number_in_figures

from ...languages import Language
from ...present.policy_words import Sentences, days_in_words
from ..texts import translate


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """sha256: hexadecimal, by which the kept file is found."""

    name: str
    article: str | None
    title: str
    issued_by: str
    issued_on: date | None
    file: str
    sha256: str
    unverified: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeLine:
    label: str
    amount_vnd: int
    how_often: str
    acts: str
    unverified: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """kind: exemption, reduction or support; says: what it gives, to whom, how long, from whose money."""

    number: int
    id: str
    label: str
    kind: str
    kind_name: str
    says: str
    acts: str
    unverified: str | None


@dataclass(frozen=True, slots=True)
class StageText:
    """says: which of the rules below apply."""

    says: str
    rules: Sequence[RuleText]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedCase:
    """An example that the policy must come to. given: the request in words; amounts in VND."""

    name: str
    given: str
    gross_vnd: int
    waived_vnd: int
    due_vnd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaText:
    """A quota that a rule draws on: how much, for whom, counted from when."""

    rule: str
    most: str
    scope: str
    counted_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AsDocument:
    """Everything that a policy says, in one language."""

    id: str
    version: int
    label: str
    demonstration: str | None
    types: Sequence[str]
    territory: str
    days: str
    deciding: str
    rounding: str
    acts: Sequence[Act]
    charges: Sequence[ChargeLine]
    stages: Sequence[StageText]
    quotas: Sequence[QuotaText]
    cases: Sequence[WorkedCase]


def as_document(
    document: PolicyDocument, type_names: Mapping[str, str], language: Language, days: Days | None = None
) -> AsDocument:
    """type_names: of the catalogue's document types, by id. days: those of the book, where they are others by now."""
    said = Sentences(document, language)
    return AsDocument(
        id=document.id,
        version=document.version,
        label=document.label.in_language(language),
        demonstration=None if document.demonstration is None else document.demonstration.in_language(language),
        types=[type_names.get(one, one) for one in document.document_types],
        territory=document.territory,
        days=days_in_words(days or document.effective, language),
        deciding=said.words(document.deciding_date),
        rounding=CHOICES[document.rounding].in_language(language),
        acts=[
            Act(
                name=f"{act.kind.in_language(language)} {act.number}",
                article=None if act.article is None else act.article.in_language(language),
                title=act.title.in_language(language),
                issued_by=act.issued_by.in_language(language),
                issued_on=act.issued_on,
                file=act.source.file,
                sha256=act.source.sha256,
                unverified=None if act.unverified is None else act.unverified.in_language(language),
            )
            for act in document.basis
        ],
        charges=[_charge(charge, said, language) for charge in document.charges],
        stages=_stages(document, said, language),
        quotas=[
            QuotaText(
                rule=rule.label.in_language(language),
                most=said.most(rule.quota),
                scope=said.words(rule.quota.scope),
                counted_from=rule.quota.counted_from,
            )
            for stage in document.stages
            for rule in stage.rules
            if rule.quota is not None
        ],
        cases=[_case(example, language) for example in document.examples],
    )


def _charge(charge: Charge, said: Sentences, language: Language) -> ChargeLine:
    return ChargeLine(
        label=charge.label.in_language(language),
        amount_vnd=charge.amount_vnd,
        how_often=said.how_often(charge),
        acts=said.cited(charge.basis),
        unverified=None if charge.unverified is None else charge.unverified.in_language(language),
    )


def _stages(document: PolicyDocument, said: Sentences, language: Language) -> list[StageText]:
    """Rules are numbered through all stages, so that people can speak about one."""
    stages, number = [], 0
    for stage in document.stages:
        rules = []
        for rule in stage.rules:
            number += 1
            rules.append(_rule(rule, number, said, language))
        stages.append(StageText(said.words(stage.pick, label=stage.label.in_language(language)), rules))
    return stages


def _rule(rule: Rule, number: int, said: Sentences, language: Language) -> RuleText:
    return RuleText(
        number=number,
        id=rule.id,
        label=rule.label.in_language(language),
        kind=rule.kind,
        kind_name=CHOICES[rule.kind].in_language(language),
        says=said.rule_alone(rule),
        acts=said.cited(rule.basis),
        unverified=None if rule.unverified is None else rule.unverified.in_language(language),
    )


def _case(example: Example, language: Language) -> WorkedCase:
    return WorkedCase(
        name=example.name,
        given=given_in_words(example.given, language),
        gross_vnd=example.expect.gross_vnd,
        waived_vnd=example.expect.waived_vnd,
        due_vnd=example.expect.due_vnd,
    )


def given_in_words(given: Given, language: Language) -> str:
    """`the VNeID application · 2 copies · pupil or student · on 2025-03-03`: what is said of the request, no more."""

    def named(texts: Sequence[str], words: Mapping[str, Label]) -> list[str]:
        return [_named(text, words, language) for text in texts]

    said = named([given.channel], CHANNELS)
    said.append(translate("copies: %(number)s", language) % {"number": number_in_figures(given.copies, language)})
    said += named(given.categories, CATEGORIES)
    if given.birth_date is not None:
        born = day_in_words(given.birth_date, language)
        said.append(translate("born on %(day)s", language) % {"day": born})
    if given.level != 2:
        said.append(translate("identity level %(level)s", language) % {"level": given.level})
    if given.pages is not None:
        said.append(translate("pages: %(number)s", language) % {"number": given.pages})
    if given.residence is not None:
        said.append(translate("lives in province %(code)s", language) % {"code": given.residence})
    if given.delivery != "download":
        said += named([given.delivery], DELIVERIES)
    said += named(given.evidence, EVIDENCE)
    if given.received_on is None:
        day = day_in_words(given.submitted_on, language)
        said.append(translate("submitted on %(day)s", language) % {"day": day})
    else:
        day = day_in_words(given.received_on, language)
        said.append(translate("received on %(day)s", language) % {"day": day})
    said += [
        translate("left of “%(quota)s”: %(number)s", language)
        % {"quota": name, "number": number_in_figures(number, language)}
        for name, number in given.left.items()
    ]
    return " · ".join(said)


def _named(text: str, words: Mapping[str, Label], language: Language) -> str:
    # What the catalogue does not know is shown as it is written; the check says that it is wrong.
    return words[text].in_language(language) if text in words else text
