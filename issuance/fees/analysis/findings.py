"""What an analysis of a policy comes to: findings that a lawyer understands, each with its place and its proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from issuance.fees.document import Days
from issuance.fees.facts import FeeFacts
from issuance.fees.wording import Label, Language

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class FindingKind(StrEnum):
    """What was found. Codes are stable; the words are in `Finding.text`."""

    OVERLAP = "overlap"
    VERSION_TAKEN = "version_taken"
    GAP = "gap"
    NEVER_FIRES = "never_fires"
    NEVER_BETTER = "never_better"
    TAKES_NOTHING = "takes_nothing"
    CONFLICT = "conflict"
    COSTS_MORE = "costs_more"
    FEWER_COPIES_COST_MORE = "fewer_copies_cost_more"
    NOT_ANALYSED = "not_analysed"
    NO_END = "no_end"
    UNVERIFIED = "unverified"
    SMALL_QUOTA = "small_quota"
    QUOTA_BEGINS_ANEW = "quota_begins_anew"
    NO_EXAMPLE = "no_example"


@dataclass(frozen=True, slots=True)
class Case:
    """A request that shows what a finding says, and what it comes to.

    on: the deciding day. left: of quotas wider than the request, by name. due_vnd: what the policy makes of it.
    after: the same request with one thing more, where two are compared, and due_after_vnd what it comes to; in a
    conflict of two rules due_after_vnd is what the second would have come to.
    """

    facts: FeeFacts
    on: date
    left: Mapping[str, int]
    due_vnd: int
    after: FeeFacts | None = None
    due_after_vnd: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "given": _given(self.facts, self.left),
            "on": self.on.isoformat(),
            "due_vnd": self.due_vnd,
            "after": None if self.after is None else _given(self.after, self.left),
            "due_after_vnd": self.due_after_vnd,
        }


def _given(facts: FeeFacts, left: Mapping[str, int]) -> dict[str, Any]:
    """The facts as an example of a policy document writes them."""
    return {
        "document_type": facts.document_type,
        "channel": facts.channel,
        "copies": facts.copies,
        "categories": sorted(facts.categories),
        "birth_date": None if facts.birth_date is None else facts.birth_date.isoformat(),
        "level": facts.level,
        "submitted_on": facts.submitted_on.isoformat(),
        "residence": facts.residence,
        "received_on": None if facts.received_on is None else facts.received_on.isoformat(),
        "pages": facts.pages,
        "delivery": facts.delivery,
        "evidence": sorted(facts.evidence),
        "left": dict(left),
    }


NO_QUOTAS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a policy.

    place: as problems of a document write it, without the file: `stages[city_support].rules[support_fee]`; empty for
    the whole document. case: a witness or counter-example that anybody can assess again. days: the days it is about.
    """

    kind: FindingKind
    severity: Severity
    place: str
    text: Label
    case: Case | None = None
    days: Days | None = None

    def to_json(self, language: Language | None = None) -> dict[str, Any]:
        """Plain JSON; the text in one language, or as {vi, en}."""
        return {
            "kind": self.kind.value,
            "severity": self.severity,
            "place": self.place,
            "text": _words(self.text, language),
            "case": None if self.case is None else self.case.to_json(),
            "days": None
            if self.days is None
            else {
                "first_day": self.days.first_day.isoformat(),
                "last_day": None if self.days.last_day is None else self.days.last_day.isoformat(),
            },
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Every finding, errors first. cases: how many distinguishable cases were looked at.

    is_complete: False when something was left open (a rule with `expr`, or too many cases); a NOT_ANALYSED finding
    says what. A complete report without NEVER_FIRES proves that every rule can apply. Without COSTS_MORE there is no
    counter-example in any case that conditions can tell apart, with copies and pages taken at and beside the numbers at
    which a charge, a quota or an effect bends. Conflicts are looked for among the facts of the two rules, others plain.
    """

    findings: tuple[Finding, ...]
    cases: int
    is_complete: bool

    @property
    def errors(self) -> tuple[Finding, ...]:
        return self._of("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return self._of("warning")

    @property
    def notes(self) -> tuple[Finding, ...]:
        return self._of("note")

    def _of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == severity)

    def to_json(self, language: Language | None = None) -> dict[str, Any]:
        """Plain JSON; texts in one language, or as {vi, en} where none is named."""
        return {
            "cases": self.cases,
            "is_complete": self.is_complete,
            "findings": [finding.to_json(language) for finding in self.findings],
        }


def _words(label: Label, language: Language | None) -> str | dict[str, str]:
    return {"vi": label.vi, "en": label.en} if language is None else label.in_language(language)
