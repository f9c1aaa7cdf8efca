"""A draft under its author's hands: every part with what was found in it, and what can be done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from issuance.fees.document import FeePolicy

from ....languages import Language
from ....present.fee_draft import DRAFT_STATES, findings_in_language
from ....present.policy_words import Sentences
from ..as_document import AsDocument, as_document
from ..sample_cases import SampleCase
from .look import MOST_CASES, Desk, Found, cases_of, found
from .tree import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLine:
    """A part in the list. says: in a sentence. is_first, is_last: among those it can be moved past."""

    kind: Kind
    key: str
    name: str
    tag: str
    says: str
    more: str
    found: Sequence[Found]
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLine:
    """says: which of its rules apply."""

    key: str
    name: str
    says: str
    found: Sequence[Found]
    is_first: bool
    is_last: bool
    rules: Sequence[PartLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """general: what was found in no part of its own. errors, warnings: of the check; None where it was not checked."""

    label: str
    policy: str
    version: int
    draft_version: int
    state_name: str
    errors: int | None
    warnings: int
    document: AsDocument
    general: Sequence[Found]
    about: Sequence[Found]
    acts: Sequence[PartLine]
    charges: Sequence[PartLine]
    stages: Sequence[StageLine]
    examples: Sequence[PartLine]
    cases: Sequence[SampleCase]
    cases_total: int


def overview(desk: Desk, policy: FeePolicy, types: Mapping[str, str], language: Language) -> Overview:
    """Takes up to a tenth of a second for the largest documents: the cases are computed."""
    draft, document = desk.draft, policy.document
    report = draft.checked
    findings = [] if report is None else found(findings_in_language(report, language), document, types, language)
    said, read = Sentences(document, language), as_document(document, types, language)
    left = list(findings)

    def beside(place: str) -> list[Found]:
        """What was found in a part; nothing is told twice."""
        own = [one for one in left if _is_in(one.place, place)]
        left[:] = [one for one in left if one not in own]
        return own

    numbers = {rule.id: rule for stage in read.stages for rule in stage.rules}
    stages = []
    for index, stage in enumerate(document.stages):
        rules = [
            PartLine(
                kind="rules",
                key=rule.id,
                name=rule.label.in_language(language),
                tag=numbers[rule.id].kind_name,
                says=numbers[rule.id].says,
                more=numbers[rule.id].acts,
                found=beside(f"stages[{stage.id}].rules[{rule.id}]"),
                is_first=place == 0,
                is_last=place == len(stage.rules) - 1,
            )
            for place, rule in enumerate(stage.rules)
        ]
        stages.append(
            StageLine(
                key=stage.id,
                name=stage.label.in_language(language),
                says=said.words(stage.pick, label=stage.label.in_language(language)),
                found=beside(f"stages[{stage.id}]"),
                is_first=index == 0,
                is_last=index == len(document.stages) - 1,
                rules=rules,
            )
        )
    acts = [
        PartLine(
            kind="acts",
            key=one.id,
            name=act.name + (f", {act.article}" if act.article else ""),
            tag="",
            says=act.title,
            more=act.issued_by,
            found=beside(f"basis[{one.id}]"),
            is_first=index == 0,
            is_last=index == len(document.basis) - 1,
        )
        for index, (one, act) in enumerate(zip(document.basis, read.acts, strict=True))
    ]
    charges = [
        PartLine(
            kind="charges",
            key=one.id,
            name=one.label.in_language(language),
            tag="",
            says=said.charge(one),
            more="",
            found=beside(f"charges[{one.id}]"),
            is_first=index == 0,
            is_last=index == len(document.charges) - 1,
        )
        for index, one in enumerate(document.charges)
    ]
    examples = [
        PartLine(
            kind="examples",
            key=str(index),
            name=case.name,
            tag="",
            says=case.given,
            more=str(case.due_vnd),
            found=beside(f"examples[{index}]"),
            is_first=index == 0,
            is_last=index == len(read.cases) - 1,
        )
        for index, case in enumerate(read.cases)
    ]
    cases = cases_of(desk, policy, language)
    about = [one for name in ("effective", "document_types", "version") for one in beside(name)]
    return Overview(
        label=read.label,
        policy=read.id,
        version=read.version,
        draft_version=draft.version,
        state_name=DRAFT_STATES[draft.state].in_language(language),
        errors=None if report is None else report["errors"],
        warnings=0 if report is None else report["warnings"],
        document=read,
        general=left,
        about=about,
        acts=acts,
        charges=charges,
        stages=stages,
        examples=examples,
        cases=[case for case in cases if case.changes][:MOST_CASES],
        cases_total=len(cases),
    )


def _is_in(place: str, part: str) -> bool:
    return place == part or place.startswith((f"{part}.", f"{part}[", f"{part} "))
