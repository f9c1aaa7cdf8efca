"""What is found in a draft as it would be with what was typed: the checks beside their parts, sentences, cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from identity.citizen import VerifiedOfficial
from issuance.fee_policies.change_of_book import book_of
from issuance.fee_policies.check import ToCheck, examine
from issuance.fee_policies.draft import PolicyDraft, StoredAct
from issuance.fee_policies.open_draft import open_draft
from issuance.fee_policies.write import read_draft
from issuance.fees.book import PolicyBook
from issuance.fees.document import FeePolicy, PolicyDocument
from issuance.fees.errors import PolicyRefused, Problem

from ....errors import TooManyRequests
from ....fee_drafts import CHECKS
from ....languages import Language
from ....present.fee_draft import FindingView, findings_in_language, former_version
from ....present.policy_words import Sentences
from ....services import Records, Services
from ...texts import N_, translate
from ..findings_told import about_versions, as_sentence, spelled_out
from ..sample_cases import SampleCase, sample_cases

MOST_CASES = 6

MENDING: Mapping[str, str] = MappingProxyType(
    {
        "overlap": N_("Change the period, or take the other version back."),
        "gap": N_("Let the period begin earlier, or leave its end open."),
        "never_fires": N_("Look at its condition and its period: together they leave nobody. Or remove the rule."),
        "never_better": N_("Another rule always gives at least as much. Give more here, or remove the rule."),
        "takes_nothing": N_("There is nothing left to take off. Let it work on another charge, or remove it."),
        "conflict": N_("Narrow one of the two conditions, or change which of the rules of this step applies."),
        "costs_more": N_("Whoever proves more must never pay more. Widen the condition, or give at least as much."),
        "fewer_copies_cost_more": N_("Look at the amounts by copies, or at the limit."),
        "not_analysed": N_("Write it as conditions rather than as an expression where you can."),
        "no_end": N_("Give it a last day, or a quota."),
        "unverified": N_("Compare it with the act, then remove the remark."),
        "small_quota": N_("Look at the quota’s number and unit."),
        "quota_begins_anew": N_("To go on counting, give the quota the same name and the same first day as before."),
        "no_example": N_("Add an example."),
        "example": N_("Mend the rule, or what the example expects."),
        "source": N_("Open the act and upload its file."),
        "retroactive": N_("If that is not meant, let the period begin later."),
    }
)
"""How what was found is mended, by its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding for the page. mend: how it is mended; empty where it says so itself."""

    severity: str
    text: str
    mend: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """problems: for which the document is none; then nothing else is known. findings: None where the checks had no
    room. sentence: the part in words; empty for parts without one."""

    problems: Sequence[Problem] = ()
    findings: Sequence[Found] | None = ()
    sentence: str = ""
    cases: Sequence[SampleCase] = ()
    cases_total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that editing one draft needs of the records."""

    draft: PolicyDraft
    acts: Sequence[StoredAct]
    book: PolicyBook
    to_check: ToCheck


def read_desk(records: Records, official: VerifiedOfficial, draft_id: Any) -> Desk:
    """Raises RoleMissing, DraftNotFound; PolicyRefused for a draft that a later release cannot read."""
    draft = open_draft(records, official, draft_id)
    rows, acts = records.fee_policies.rows(), records.fee_policies.acts()
    to_check = ToCheck(
        draft=draft,
        policy=read_draft(draft.source),
        rows=rows,
        book=book_of(rows),
        acts=frozenset(act.sha256 for act in acts),
        # Only a stored check counts them: that takes a walk through the requests.
        decisions_since=0,
    )
    return Desk(draft=draft, acts=acts, book=to_check.book, to_check=to_check)


async def look(
    services: Services, desk: Desk, source: bytes, place: str, types: Mapping[str, str], language: Language
) -> Looked:
    """types: names of documents, by id. place: of the part whose sentence and findings are wanted; every error is told
    wherever it is."""
    try:
        policy = read_draft(source)
    except PolicyRefused as refused:
        return Looked(problems=refused.problems)
    at = services.clock()
    subject = replace(desk.to_check, policy=policy)
    findings: Sequence[Found] | None
    try:
        report, cases = await CHECKS.run(
            lambda: (examine(subject, services.files, at), cases_of(desk, policy, language))
        )
        findings = [
            one
            for one in found(findings_in_language(report, language), policy.document, types, language)
            if one.severity == "error" or (place and one.place.startswith(place))
        ]
    except TooManyRequests:
        findings, cases = None, []
    changed = [case for case in cases if case.changes]
    return Looked(
        findings=findings,
        sentence=sentence_of(policy, place, language),
        cases=changed[:MOST_CASES],
        cases_total=len(cases),
    )


def cases_of(desk: Desk, policy: FeePolicy, language: Language) -> list[SampleCase]:
    """What typical requests pay by the version before and by the draft; nothing where there is none before."""
    before = former_version(policy.document, policy.digest, desk.book)
    return [] if before is None else sample_cases(before, policy, language)


def found(
    findings: Iterable[FindingView], document: PolicyDocument, types: Mapping[str, str], language: Language
) -> list[Found]:
    return [
        Found(
            severity=one["severity"],
            text=as_sentence(about_versions(spelled_out(one["text"], types), document.id)),
            mend=_mending(one, language),
            place=one["place"],
        )
        for one in findings
    ]


def _mending(one: FindingView, language: Language) -> str:
    # A note that something will be ended says what is meant, and needs no advice.
    text = None if one["severity"] == "note" and one["kind"] == "overlap" else MENDING.get(one["kind"])
    return "" if text is None else translate(text, language)


def sentence_of(policy: FeePolicy, place: str, language: Language) -> str:
    said = Sentences(policy.document, language)
    for stage in policy.document.stages:
        for rule in stage.rules:
            if place == f"stages[{stage.id}].rules[{rule.id}]":
                return said.rule(rule)
    for charge in policy.document.charges:
        if place == f"charges[{charge.id}]":
            return said.charge(charge)
    return ""
