"""The bank's statements, brought by an operator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.payments.import_statement import (
    Previewed,
    StatementReport,
    demand_bringer,
    import_statement,
    previewing,
)
from issuance.payments.read_statement import read_statement

from . import examples_payments as examples
from .authentication import Official
from .check_document import Examinations
from .documented import SIGNED_IN, answers
from .errors import WrongContentType
from .idempotency import Answer, Once, RequestOnce, answer_once
from .json_answer import json_answer
from .languages import Language, language_of
from .present.payments import StatementView, statement_view
from .read_body import media_type
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1/payments", tags=["officials"])

READS = Examinations(at_once=1, at_most=4, retry_after_seconds=3, of="statements")

_CSV = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {
                "schema": {"type": "string", "description": "In UTF-8, 2,000 lines at most; see docs/payments.md."},
                "example": examples.STATEMENT_CSV,
            }
        },
    }
}


async def _bringer(official: Official) -> VerifiedOfficial:
    demand_bringer(official)
    return official


Bringer = Annotated[VerifiedOfficial, Depends(_bringer)]
"""Before the key of the request, which reads the body: nobody else's statement is taken in."""


@router.post(
    "/statements",
    summary="Bring a bank's statement",
    response_model=StatementView,
    responses=answers(examples.STATEMENT, *SIGNED_IN, 413, 415, 422),
    openapi_extra=_CSV,
)
async def bring_statement(
    request: Request,
    services: Given,
    official: Bringer,
    once: Once,
    dry_run: Annotated[bool, Query(description="Show what it would come to, and store nothing.")] = False,
) -> Response:
    """Each payment is matched by the memo within its text; one that is known from the provider, or was brought before,
    counts once. Operators only."""
    if media_type(request) != "text/csv":
        raise WrongContentType
    content, language = await request.body(), language_of(request.scope)
    if dry_run:
        return json_answer(await preview_statement(services, official, content), language)
    return await take_statement(services, official, once, content, language)


async def preview_statement(services: Services, official: VerifiedOfficial, content: bytes) -> StatementView:
    """What it would come to; nothing is stored. Raises BrokenStatement, ConcurrentChange, TooManyRequests."""
    bring = await _bringing(services, official, content, services.clock())
    try:
        await services.runner.run(previewing(bring))
    except Previewed as seen:
        return statement_view(seen.report, is_preview=True)
    raise AssertionError("a preview never ends otherwise")


async def take_statement(
    services: Services, official: VerifiedOfficial, once: RequestOnce, content: bytes, language: Language
) -> Response:
    """Once, in one transaction; the answer is that of the API. Raises what `preview_statement` raises."""
    at = services.clock()
    bring = await _bringing(services, official, content, at)

    def act(records: Records) -> Answer:
        body = statement_view(bring(records), is_preview=False)
        return Answer(status=200, body={**body}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act)


async def _bringing(
    services: Services, official: VerifiedOfficial, content: bytes, at: datetime
) -> Callable[[Records], StatementReport]:
    statement = await READS.run(lambda: read_statement(content, services.rules.payments.columns, at))
    return lambda records: import_statement(records, services.rules, statement, official.subject_key, at)
