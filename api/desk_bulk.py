"""One action on many cases: each in a transaction of its own, with an answer of its own, and none of them twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from identity.citizen import VerifiedOfficial
from identity.errors import IdentityError
from issuance.application import Application
from issuance.desk import demand_desk
from issuance.documents.errors import DocumentError
from issuance.errors import IssuanceError
from issuance.settlement.act import act
from issuance.settlement.assign import assign
from issuance.settlement.resume import resume
from issuance.settlement.take import take

from . import examples
from .authentication import Official
from .documented import SIGNED_IN, answers
from .errors import IdempotencyKeyReused, InvalidRequest
from .idempotency import Once, RequestOnce, caller_key, json_text
from .json_answer import json_answer
from .languages import Language, language_of
from .problem_table import INTERNAL, problem_of
from .read_body import Body, body_of, described_as
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1/desk", tags=["officials"])

MAX_CODES = 100
_Refusals = (IssuanceError, DocumentError, IdentityError)
Verb = Callable[[Records, str, datetime], Application]
_Code = Annotated[str, Field(min_length=1, max_length=64, pattern="^[!-~]+$")]
_Word = Annotated[str, Field(min_length=1, max_length=300)]
_Sentence = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\S")]
_NEEDED = {"take": (), "resume": (), "assign": ("official",), "outcome": ("outcome",)}
_MAY_HAVE = {"outcome": ("reason",)}


class Bulk(Body):
    """What is done, and to which cases."""

    action: Literal["take", "assign", "outcome", "resume"]
    codes: Annotated[list[_Code], Field(min_length=1, max_length=MAX_CODES)] = Field(description="Applications' codes.")
    official: _Word | None = Field(None, description="For `assign`: the account of the official who gets them.")
    outcome: _Word | None = Field(None, description="For `outcome`: the outcome of the step that each of them is in.")
    reason: _Sentence | None = Field(None, description="For `outcome`; the citizen reads it where it refuses.")


class BulkProblem(TypedDict):
    """Why nothing was done, as a problem document of the single action would say."""

    code: str
    title: str
    status: int


class BulkResult(TypedDict):
    """One case: its state after the action, or why nothing was done."""

    code: str
    state: str | None
    problem: BulkProblem | None


class BulkView(TypedDict):
    """A result for each code, in the order given."""

    done: int
    refused: int
    results: list[BulkResult]


@router.post(
    "/bulk",
    summary="One action on many cases",
    response_model=BulkView,
    responses=answers(examples.BULK, *SIGNED_IN, 409, 413, 415, 422),
    openapi_extra=described_as(Bulk, {"action": "take", "codes": ["000.00.15.H26-240603-0001"]}),
)
async def act_on_many(
    request: Request, services: Given, official: Official, once: Once, said: Annotated[Bulk, Depends(body_of(Bulk))]
) -> Response:
    """100 cases at most, one after the other, each as if asked for alone: a refusal keeps none of the others
    back. Repeat with the same key until you have an answer: what is done stays done once, what was refused is tried
    again.
    """
    _check(said)
    language = language_of(request.scope)
    results = await act_on_each(services, official, once, said.codes, _verb(said, services, official), language)
    done = sum(result["problem"] is None for result in results)
    return json_answer({"done": done, "refused": len(results) - done, "results": results}, language)


async def act_on_each(
    services: Services,
    official: VerifiedOfficial,
    once: RequestOnce,
    codes: Iterable[str],
    verb: Verb,
    language: Language,
) -> list[BulkResult]:
    """One after the other, each in a transaction of its own; under the same key each is done once.

    Raises RoleMissing, IdempotencyKeyReused."""
    at = services.clock()
    await services.runner.run(lambda records: _begin(records, official, once, at))
    return [await _one(services, official, once, code, verb, at, language) for code in dict.fromkeys(codes)]


def _check(said: Bulk) -> None:
    """Raises InvalidRequest for a parameter that the action lacks, or has no use for."""
    given = {name for name in ("official", "outcome", "reason") if getattr(said, name) is not None}
    needed = set(_NEEDED[said.action])
    wrong = [(f"/{name}", "missing") for name in needed - given]
    wrong += [(f"/{name}", "not_allowed") for name in given - needed - set(_MAY_HAVE.get(said.action, ()))]
    if wrong:
        raise InvalidRequest(sorted(wrong))


def _verb(said: Bulk, services: Services, official: VerifiedOfficial) -> Verb:
    rules = services.rules
    verbs: Mapping[str, Verb] = {
        "take": lambda records, code, at: take(records, rules, code, official, at),
        "resume": lambda records, code, at: resume(records, rules, code, official, at),
        "assign": lambda records, code, at: assign(records, rules, code, official, said.official or "", at),
        "outcome": lambda records, code, at: act(records, rules, code, official, said.outcome or "", said.reason, at),
    }
    return verbs[said.action]


def _begin(records: Records, official: VerifiedOfficial, once: RequestOnce, at: datetime) -> None:
    """The key is this request's from now on. Raises RoleMissing, IdempotencyKeyReused."""
    demand_desk(official)
    _kept_or_keep(records, official, once, once.key, lambda: "begun", at)


async def _one(
    services: Services,
    official: VerifiedOfficial,
    once: RequestOnce,
    code: str,
    verb: Verb,
    at: datetime,
    language: Language,
) -> BulkResult:
    # With a space, which no caller's key has.
    key = f"{hashlib.sha256(once.key.encode()).hexdigest()} {code}"
    try:
        state = await services.runner.run(
            lambda records: _kept_or_keep(records, official, once, key, lambda: verb(records, code, at).state.value, at)
        )
    except _Refusals as error:
        kind = problem_of(error)
        if kind.status == INTERNAL:
            raise
        problem: BulkProblem = {
            "code": kind.code,
            "title": kind.title.in_language(language),
            "status": kind.status,
        }
        return {"code": code, "state": None, "problem": problem}
    return {"code": code, "state": state, "problem": None}


def _kept_or_keep(
    records: Records, official: VerifiedOfficial, once: RequestOnce, key: str, act_once: Callable[[], str], at: datetime
) -> str:
    """What was kept under this key, else what `act_once` comes to, kept in the transaction of its effect."""
    caller = caller_key(official)
    kept = records.idempotency.find(caller, key)
    if kept is not None:
        if not kept.is_of(once.digest):
            raise IdempotencyKeyReused
        return str(kept.body["state"])
    state = act_once()
    body = json_text({"state": state})
    records.idempotency.keep(caller, key, body_sha256=once.digest, status=200, body=body, headers={}, at=at)
    return state
