"""Drafts of fee policies: how far they have come, what the checks found, what a rehearsal told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from issuance.fee_policies.draft import (
    DraftState,
    DraftSummary,
    PolicyDraft,
    RehearsalState,
    StoredAct,
    StoredRehearsal,
)
from issuance.fee_policies.write import read_draft
from issuance.fees.book import PolicyBook
from issuance.fees.document import FeePolicy, PolicyDocument
from issuance.fees.errors import PolicyRefused
from issuance.fees.rehearsal.result import RehearsalResult
from issuance.fees.rehearsal.words import summary
from issuance.fees.wording import Label

from ..languages import Language
from .fee_policy import ActRefView, PolicyLine, act_refs
from .policy_words import in_plain_words

DRAFT_STATES: Mapping[DraftState, Label] = MappingProxyType(
    {
        DraftState.DRAFT: Label("Đang soạn", "Being written"),
        DraftState.CHECKED: Label("Đã kiểm tra", "Checked"),
        DraftState.REHEARSED: Label("Đã chạy thử", "Rehearsed"),
        DraftState.APPROVED: Label("Đã phê duyệt", "Approved"),
        DraftState.SCHEDULED: Label("Đã ấn định hiệu lực", "Scheduled"),
        DraftState.WITHDRAWN: Label("Đã rút", "Withdrawn"),
    }
)
REHEARSAL_STATES: Mapping[RehearsalState, Label] = MappingProxyType(
    {
        RehearsalState.ASKED: Label("Đang chờ", "Waiting"),
        RehearsalState.RUNNING: Label("Đang chạy", "Running"),
        RehearsalState.DONE: Label("Đã xong", "Done"),
        RehearsalState.FAILED: Label("Không chạy được", "Failed"),
    }
)
_STEPS: Mapping[DraftState, Sequence[str]] = MappingProxyType(
    {
        DraftState.DRAFT: ("check", "withdrawal"),
        DraftState.CHECKED: ("check", "rehearsal", "withdrawal"),
        DraftState.REHEARSED: ("check", "rehearsal", "approval", "withdrawal"),
        DraftState.APPROVED: ("schedule", "withdrawal"),
        DraftState.SCHEDULED: ("withdrawal",),
        DraftState.WITHDRAWN: (),
    }
)
"""What can be asked of a draft in each state, by those whose roles allow it."""


class DraftLine(TypedDict):
    """A draft in a list; `links.self` shows it whole."""

    id: str
    policy: str
    version: int
    digest: str
    state: str
    state_name: str
    author: str
    created_at: str
    links: dict[str, str]


class FeePoliciesView(TypedDict):
    """The policies of the book, and the newest drafts; `drafts` is null for those who may not see them."""

    today: str
    policies: list[PolicyLine]
    drafts: list[DraftLine] | None


class DraftsView(TypedDict):
    """A page of the drafts, the newest first. `next` is the address of the next page, null on the last."""

    drafts: list[DraftLine]
    next: str | None


class FindingView(TypedDict):
    """One thing to know about a policy: `severity` is error, warning or note, `place` where in the document.

    `case`: a request that shows it, with what it comes to; `days`: those that it is about.
    """

    kind: str
    severity: str
    place: str
    text: str
    case: dict[str, Any] | None
    days: dict[str, Any] | None


class CheckView(TypedDict):
    """What the last check found, of the document with this digest. `is_complete` is false where not all was proven."""

    digest: str
    checked_at: str
    errors: int
    warnings: int
    notes: int
    cases: int
    is_complete: bool
    findings: list[FindingView]


class ApprovalView(TypedDict):
    """Who approved which document."""

    by: str
    at: str
    digest: str


class DraftWithdrawnView(TypedDict):
    """Who has ended the draft, and why."""

    by: str
    reason: str


class DraftView(TypedDict):
    """A draft whole; its `ETag` is what the next change names in If-Match.

    `state`: draft, checked, rehearsed, approved, scheduled or withdrawn. `document` is what was written, and
    `links.document` gives it byte by byte. `editors`: the accounts that have written at it; none of them may approve.
    `links` has the steps that are open from here; `comparison` shows what changes against the version of before.
    """

    id: str
    policy: str
    version: int
    digest: str
    state: str
    state_name: str
    author: str
    editors: list[str]
    unit: str
    created_at: str
    plain_words: list[str]
    acts: list[ActRefView]
    check: CheckView | None
    rehearsal: str | None
    approval: ApprovalView | None
    withdrawn: DraftWithdrawnView | None
    document: dict[str, Any]
    links: dict[str, str]


class RehearsalView(TypedDict):
    """A rehearsal and how far it has come: `done` of `total` cases, of which there are 0 until they are counted.

    `state`: asked, running, done or failed (then `error` is a code). `summary` tells the result in sentences; `result`
    has all of it, its labels and explanations in both languages.
    """

    id: str
    draft: str
    digest: str
    plan: dict[str, Any]
    state: str
    state_name: str
    asked_by: str
    asked_at: str
    done: int
    total: int
    error: str | None
    summary: list[str]
    result: dict[str, Any] | None
    links: dict[str, str]


class ActView(TypedDict):
    """A stored file of a legal act. A policy names it by file and SHA-256."""

    sha256: str
    file: str
    media_type: str
    size_bytes: int
    added_by: str
    added_at: str
    links: dict[str, str]


class ActsView(TypedDict):
    """The stored acts, by name."""

    acts: list[ActView]


def draft_path(draft: PolicyDraft | DraftSummary) -> str:
    return f"/v1/fee-policies/drafts/{draft.id}"


def draft_line(draft: DraftSummary, language: Language) -> DraftLine:
    return {
        "id": str(draft.id),
        "policy": draft.policy_id,
        "version": draft.policy_version,
        "digest": draft.digest,
        "state": draft.state.value,
        "state_name": DRAFT_STATES[draft.state].in_language(language),
        "author": draft.author,
        "created_at": draft.created_at.isoformat(),
        "links": {"self": draft_path(draft)},
    }


def draft_view(draft: PolicyDraft, editors: Iterable[str], book: PolicyBook, language: Language) -> DraftView:
    """editors: accounts. book: as it is known now, for the version to compare with."""
    document = _read(draft)
    path = draft_path(draft)
    links = {"self": path, "document": f"{path}/document"}
    links |= {step: f"{path}/{step}" for step in _STEPS[draft.state]}
    if draft.rehearsal is not None:
        links["rehearsed"] = f"/v1/fee-policies/rehearsals/{draft.rehearsal}"
    former = None if document is None else former_version(document, draft.digest, book)
    if former is not None:
        links["comparison"] = f"/v1/fee-policies/compare?before={former.digest}&after={draft.id}"
    if draft.state is DraftState.SCHEDULED:
        links["version"] = f"/v1/fee-policies/{draft.policy_id}/versions/{draft.policy_version}"
    return {
        "id": str(draft.id),
        "policy": draft.policy_id,
        "version": draft.policy_version,
        "digest": draft.digest,
        "state": draft.state.value,
        "state_name": DRAFT_STATES[draft.state].in_language(language),
        "author": draft.author,
        "editors": sorted({*editors}),
        "unit": draft.unit,
        "created_at": draft.created_at.isoformat(),
        "plain_words": [] if document is None else in_plain_words(document, language),
        "acts": [] if document is None else act_refs(document, language),
        "check": None if draft.checked is None else _check(draft.checked, language),
        "rehearsal": None if draft.rehearsal is None else str(draft.rehearsal),
        "approval": _approval(draft),
        "withdrawn": None
        if draft.withdrawn_by is None
        else {"by": draft.withdrawn_by, "reason": draft.withdrawal_reason or ""},
        "document": json.loads(draft.source),
        "links": links,
    }


def _read(draft: PolicyDraft) -> PolicyDocument | None:
    try:
        return read_draft(draft.source).document
    except PolicyRefused:
        # It could be read when it was written; a later release that reads more strictly must still show it.
        return None


def former_version(document: PolicyDocument, digest: str, book: PolicyBook) -> FeePolicy | None:
    """The version of this policy that decides on the draft's first day, or the last one before it."""
    known = [
        entry
        for entry in book.entries
        if entry.known_to is None
        and entry.policy.id == document.id
        and entry.policy.digest != digest
        and entry.valid.first_day <= document.effective.first_day
    ]
    return max(known, key=lambda entry: entry.valid.first_day).policy if known else None


def findings_in_language(report: Mapping[str, Any], language: Language) -> list[FindingView]:
    """report: as the checks store it, with every text in both languages."""
    return [
        {
            "kind": one["kind"],
            "severity": one["severity"],
            "place": one["place"],
            "text": one["text"][language],
            "case": one["case"],
            "days": one["days"],
        }
        for one in report["findings"]
    ]


def rehearsal_view(rehearsal: StoredRehearsal, language: Language) -> RehearsalView:
    result = rehearsal.result
    return {
        "id": str(rehearsal.id),
        "draft": str(rehearsal.draft_id),
        "digest": rehearsal.digest,
        "plan": dict(rehearsal.plan),
        "state": rehearsal.state.value,
        "state_name": REHEARSAL_STATES[rehearsal.state].in_language(language),
        "asked_by": rehearsal.asked_by,
        "asked_at": rehearsal.asked_at.isoformat(),
        "done": rehearsal.done,
        "total": rehearsal.total,
        "error": rehearsal.error,
        "summary": [] if result is None else summary(RehearsalResult.from_json(result), language),
        "result": None if result is None else dict(result),
        "links": {
            "self": f"/v1/fee-policies/rehearsals/{rehearsal.id}",
            "draft": f"/v1/fee-policies/drafts/{rehearsal.draft_id}",
        },
    }


def act_view(act: StoredAct) -> ActView:
    return {
        "sha256": act.sha256.hex(),
        "file": act.name,
        "media_type": act.media_type,
        "size_bytes": act.size_bytes,
        "added_by": act.added_by,
        "added_at": act.added_at.isoformat(),
        "links": {"file": f"/v1/fee-policies/acts/{act.sha256.hex()}"},
    }


def _check(report: Mapping[str, Any], language: Language) -> CheckView:
    return {
        "digest": report["digest"],
        "checked_at": report["checked_at"],
        "errors": report["errors"],
        "warnings": report["warnings"],
        "notes": report["notes"],
        "cases": report["cases"],
        "is_complete": report["is_complete"],
        "findings": findings_in_language(report, language),
    }


def _approval(draft: PolicyDraft) -> ApprovalView | None:
    if draft.approved_by is None or draft.approved_at is None or draft.approved_digest is None:
        return None
    return {"by": draft.approved_by, "at": draft.approved_at.isoformat(), "digest": draft.approved_digest}
