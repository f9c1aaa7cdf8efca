"""What differs between two versions: in sentences, side by side, and in what requests cost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from issuance.errors import FeePolicyNotFound
from issuance.fee_policies.draft import BookRow
from issuance.fee_policies.open_draft import open_draft
from issuance.fee_policies.write import read_draft
from issuance.fees.compare import Change, compare
from issuance.fees.document import FeePolicy, PolicyDocument

from ...languages import Language, language_of
from ...parameters import PolicyId
from ...present.fee_draft import former_version
from ...present.fee_policy import newest_rows
from ...present.policy_words import in_plain_words
from ...services import Records
from ...state import Given
from ..page import page
from ..session import OfficialSignedIn
from ..texts import N_, translate
from .findings_told import spelled_out
from .sample_cases import SampleCase, sample_cases
from .side_by_side import Pair, side_by_side

router = APIRouter(include_in_schema=False)

_PARTS = (
    ("", N_("In general")),
    ("basis", N_("Legal basis")),
    ("charges", N_("What is charged")),
    ("stages", N_("Who pays less")),
    ("examples", N_("Examples")),
)


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """kind: added, removed or changed."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ChangedPart:
    title: str
    changes: Sequence[ChangeLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """before, after: the versions' numbers and names."""

    before: str
    after: str
    before_version: int
    after_version: int
    parts: Sequence[ChangedPart]
    pairs: Sequence[Pair]
    cases: Sequence[SampleCase]

    @property
    def changed_cases(self) -> Sequence[SampleCase]:
        return [case for case in self.cases if case.changes]


def difference(before: FeePolicy, after: FeePolicy, language: Language) -> Difference:
    """Takes up to a second for the largest documents."""
    one, other = before.document, after.document
    return Difference(
        before=one.label.in_language(language),
        after=other.label.in_language(language),
        before_version=before.version,
        after_version=after.version,
        parts=changed_parts(one, other, language),
        pairs=side_by_side(in_plain_words(one, language), in_plain_words(other, language)),
        cases=sample_cases(before, after, language),
    )


def changed_parts(before: PolicyDocument, after: PolicyDocument, language: Language) -> list[ChangedPart]:
    """By the part of the document in which they are; a part without changes is left out."""
    found: dict[str, list[ChangeLine]] = {name: [] for name, _ in _PARTS}
    numbers = {act.id: act.number for act in (*before.basis, *after.basis)}
    for change in compare(before, after):
        part = change.place.split("[", 1)[0].split(".", 1)[0]
        text = _with_numbers(change, numbers, language)
        found[part if part in found else ""].append(ChangeLine(change.kind, text))
    return [ChangedPart(translate(title, language), found[name]) for name, title in _PARTS if found[name]]


def _with_numbers(change: Change, numbers: Mapping[str, str], language: Language) -> str:
    """Acts by their numbers, which people know, and not by their identifiers; no name of a rule is touched."""
    text = change.text.in_language(language)
    if change.place.endswith(".basis"):
        what, colon, acts = text.rpartition(": ")
        return what + colon + spelled_out(acts, numbers)
    for act, number in numbers.items():
        text = text.replace(f"{number} ({act})", number)
    return text


@router.get("/fees/policies/{policy_id}/difference")
async def show_difference(
    request: Request,
    services: Given,
    session: OfficialSignedIn,
    policy_id: PolicyId,
    from_: Annotated[int | None, Query(alias="from", ge=1, le=1_000_000)] = None,
    to: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:
    """Between two versions: by default the newest and the one before it."""
    language = language_of(request.scope)

    def read(records: Records) -> tuple[FeePolicy | None, FeePolicy, list[int]]:
        rows = newest_rows(records.fee_policies.rows(policy_id))
        if not rows:
            raise FeePolicyNotFound("no policy of this id")
        versions = {row.policy.version: row.policy for row in rows}
        after = versions.get(to if to is not None else max(versions))
        wanted = from_ if from_ is not None else _other(rows, 0 if after is None else after.version)
        if after is None or (wanted is not None and wanted not in versions):
            raise FeePolicyNotFound("no such version of this policy")
        return None if wanted is None else versions[wanted], after, sorted(versions, reverse=True)

    before, after, versions = await services.runner.run(read)
    found = None if before is None else await asyncio.to_thread(difference, before, after, language)
    return page(
        request,
        "fees/difference.html",
        account=session.session,
        found=found,
        policy_id=policy_id,
        version=after.version,
        versions=[] if found is None else versions,
        draft_id=None,
    )


@router.get("/fees/drafts/{draft_id:uuid}/difference")
async def show_difference_of_draft(
    request: Request, services: Given, session: OfficialSignedIn, draft_id: UUID
) -> Response:
    """Between a draft and the version that it would follow."""
    language = language_of(request.scope)

    def read(records: Records) -> tuple[FeePolicy | None, FeePolicy]:
        draft = open_draft(records, session.official, draft_id)
        policy = read_draft(draft.source)
        return former_version(policy.document, policy.digest, records.fee_policies.book()), policy

    before, after = await services.runner.run(read)
    found = None if before is None else await asyncio.to_thread(difference, before, after, language)
    return page(
        request,
        "fees/difference.html",
        account=session.session,
        found=found,
        policy_id=after.id,
        version=after.version,
        versions=[],
        draft_id=str(draft_id),
    )


def _other(rows: Sequence[BookRow], version: int) -> int | None:
    """What a version is compared with where nobody says it: the one before it, or any other; None without one."""
    numbers = sorted(row.policy.version for row in rows)
    earlier = [number for number in numbers if number < version]
    return earlier[-1] if earlier else next((number for number in numbers if number != version), None)
