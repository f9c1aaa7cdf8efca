"""The policy book: which version decides when, as it is known now and as it was known at any moment."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.errors import FeePolicyNotFound
from issuance.fee_policies.draft import BookRow
from issuance.fee_policies.open_draft import list_drafts, open_draft
from issuance.fee_policies.rights import ANY_OF_THEM, demand_approver
from issuance.fee_policies.withdraw import withdraw_version
from issuance.fee_policies.write import read_draft
from issuance.fees.compare import compare
from issuance.fees.document import FeePolicy
from issuance.fees.facts import vietnam_day
from issuance.fees.reading.policy_schema import policy_json_schema

from . import examples
from .authentication import Official
from .documented import SIGNED_IN, answers
from .errors import InvalidRequest
from .idempotency import Answer, Once, answer_once
from .json_answer import json_answer
from .languages import Language, language_of
from .negotiation import names_etag
from .officials import Sentence
from .parameters import PolicyId, PolicyVersion
from .present.fee_draft import FeePoliciesView, draft_line
from .present.fee_policy import (
    BudgetsView,
    ComparisonView,
    PolicyHistoryView,
    PolicyVersionView,
    as_known,
    budget_keys,
    budget_view,
    change_view,
    compared_view,
    entry_view,
    policy_lines,
    version_view,
)
from .read_body import Body, body_of, described_as
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1/fee-policies", tags=["fee policies"])

NEWEST_DRAFTS = 20
_SCHEMA_SECONDS = 3_600
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_Named = Annotated[
    str, Query(max_length=64, description="The digest of a version, or the id of a draft.", examples=["0e337736eb46…"])
]


class VersionWithdrawn(Body):
    """Why a version is taken back."""

    reason: Sentence = Field(description="Kept in the book for good.")


@router.get(
    "",
    summary="Fee policies and the drafts in work",
    response_model=FeePoliciesView,
    responses=answers(examples.FEE_POLICIES, *SIGNED_IN),
)
async def list_policies(request: Request, services: Given, official: Official) -> Response:
    """Every policy with its versions as they stand today; for fee authors and approvers the newest 20 drafts."""
    language, today = language_of(request.scope), vietnam_day(services.clock())

    def read(records: Records) -> FeePoliciesView:
        sees_drafts = bool(ANY_OF_THEM & official.roles)
        drafts = list_drafts(records, official, NEWEST_DRAFTS) if sees_drafts else ()
        return {
            "today": today.isoformat(),
            "policies": policy_lines(records.fee_policies.rows(), today, language),
            "drafts": [draft_line(draft, language) for draft in drafts] if sees_drafts else None,
        }

    return json_answer(await services.runner.run(read), language)


@router.get(
    "/schema",
    summary="The JSON Schema of a policy document",
    response_class=Response,
    responses={
        200: {
            "description": "JSON Schema 2020-12.",
            "content": {"application/schema+json": {"schema": {"type": "object"}}},
        }
    },
)
async def show_schema(request: Request) -> Response:
    """Open to everybody. What it cannot say, such as which acts are stored, is checked when a draft is."""
    content, etag = _schema()
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={_SCHEMA_SECONDS}"}
    if names_etag(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/schema+json", headers=headers)


@router.get(
    "/compare",
    summary="What differs between two documents",
    response_model=ComparisonView,
    responses=answers(examples.FEE_COMPARISON, *SIGNED_IN, 404, 422),
)
async def compare_policies(
    request: Request, services: Given, official: Official, before: _Named, after: _Named
) -> Response:
    """Sentences that a councillor can read, with what the two documents say at each place."""
    language = language_of(request.scope)

    def read(records: Records) -> tuple[FeePolicy, FeePolicy]:
        return _named(records, official, before), _named(records, official, after)

    one, other = await services.runner.run(read)
    changes = await asyncio.to_thread(compare, one.document, other.document)
    view: ComparisonView = {
        "before": compared_view(one, language),
        "after": compared_view(other, language),
        "changes": [change_view(change, language) for change in changes],
    }
    return json_answer(view, language)


@router.get(
    "/{policy_id}",
    summary="A policy's history",
    response_model=PolicyHistoryView,
    responses=answers(examples.FEE_HISTORY, *SIGNED_IN, 404, 422),
)
async def show_history(
    request: Request,
    services: Given,
    official: Official,
    policy_id: PolicyId,
    known_at: Annotated[
        AwareDatetime | None, Query(description="As it was known at this moment; with its zone.")
    ] = None,
) -> Response:
    """On which days each version decides, and from when to when that was known. Nothing in it is ever changed."""
    language, at = language_of(request.scope), services.clock()
    if known_at is not None and known_at > at:
        raise InvalidRequest([("/query/known_at", "too_big")])
    view = await services.runner.run(lambda records: _history(records, policy_id, known_at, at, language))
    return json_answer(view, language)


@router.get(
    "/{policy_id}/versions/{version}",
    summary="A version of a policy",
    response_model=PolicyVersionView,
    responses=answers(examples.FEE_VERSION, *SIGNED_IN, 404, 422),
)
async def show_version(
    request: Request, services: Given, official: Official, policy_id: PolicyId, version: PolicyVersion
) -> Response:
    """The document as it was written, what it says in plain words, and what the book says of it."""
    language, at = language_of(request.scope), services.clock()
    view = await services.runner.run(lambda records: _version(records, policy_id, version, at, language))
    return json_answer(view, language)


@router.get(
    "/{policy_id}/budgets",
    summary="What is left of a policy's budgets",
    response_model=BudgetsView,
    responses=answers(examples.FEE_BUDGETS, *SIGNED_IN, 404, 422),
)
async def show_budgets(request: Request, services: Given, official: Official, policy_id: PolicyId) -> Response:
    """Quotas that all requests share: of the versions in force or to come, and what former ones have used. Live."""
    language, at = language_of(request.scope), services.clock()

    def read(records: Records) -> BudgetsView:
        rows = _rows(records, policy_id)
        known = budget_keys(rows, vietnam_day(at))
        used = {key: count for key, count, _ in records.quotas.of_policy(policy_id)}
        keys = sorted({*known, *used})
        return {
            "policy": policy_id,
            "at": at.isoformat(),
            "budgets": [budget_view(key, used.get(key, 0), known.get(key), language) for key in keys],
        }

    return json_answer(await services.runner.run(read), language)


@router.post(
    "/{policy_id}/versions/{version}/withdrawal",
    summary="Take a version back",
    response_model=PolicyHistoryView,
    responses=answers(examples.FEE_HISTORY, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(VersionWithdrawn, {"reason": "Hội đồng nhân dân đã bãi bỏ nghị quyết."}),
)
async def withdraw_policy_version(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    policy_id: PolicyId,
    version: PolicyVersion,
    said: Annotated[VersionWithdrawn, Depends(body_of(VersionWithdrawn))],
) -> Response:
    """Not in force yet: its days go back to the version before it. In force: today is its last day."""
    # Here as well: a kept answer is given before the use case is asked.
    demand_approver(official)
    language, at = language_of(request.scope), services.clock()

    def act(records: Records) -> Answer:
        withdraw_version(records, official, policy_id, version, said.reason, at)
        view = _history(records, policy_id, None, at, language)
        return Answer(status=200, body={**view}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act)


@functools.cache
def _schema() -> tuple[bytes, str]:
    content = json.dumps(policy_json_schema(), ensure_ascii=False, indent=1).encode()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _rows(records: Records, policy_id: str) -> Sequence[BookRow]:
    """Raises FeePolicyNotFound."""
    rows = records.fee_policies.rows(policy_id)
    if not rows:
        raise FeePolicyNotFound("no policy of this id")
    return rows


def _history(
    records: Records, policy_id: str, known_at: datetime | None, at: datetime, language: Language
) -> PolicyHistoryView:
    rows = _rows(records, policy_id)
    if known_at is not None:
        rows = [as_known(row) for row in rows if row.is_known(known_at)]
    path = f"/v1/fee-policies/{policy_id}"
    return {
        "id": policy_id,
        "known_at": None if known_at is None else known_at.isoformat(),
        "entries": [entry_view(row, vietnam_day(known_at or at), language) for row in rows],
        "links": {"self": path, "budgets": f"{path}/budgets"},
    }


def _version(records: Records, policy_id: str, version: int, at: datetime, language: Language) -> PolicyVersionView:
    rows = [row for row in _rows(records, policy_id) if row.policy.version == version]
    source = records.fee_policies.source(rows[0].policy.digest) if rows else None
    if source is None:
        raise FeePolicyNotFound("no such version of this policy")
    return version_view(rows, json.loads(source), vietnam_day(at), language)


def _named(records: Records, official: VerifiedOfficial, name: str) -> FeePolicy:
    """A version by its digest, or a draft by its id. Raises FeePolicyNotFound, DraftNotFound, RoleMissing."""
    if _DIGEST.fullmatch(name):
        found = records.fee_policies.book().by_digest(name)
        if found is None:
            raise FeePolicyNotFound("no version of this digest")
        return found
    try:
        draft_id = UUID(name)
    except ValueError:
        raise FeePolicyNotFound("neither a digest nor the id of a draft") from None
    return read_draft(open_draft(records, official, draft_id).source)
