"""Powers lent within a unit, and with whom an official does not deal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from identity.citizen import VerifiedOfficial
from identity.personal_id import PersonalId
from issuance.delegations.declare import count_relatives, declare_relative, take_back_relative
from issuance.delegations.delegation import Delegation
from issuance.delegations.grant import grant, list_delegations, revoke_delegation
from issuance.desk import demand_desk

from . import examples
from .authentication import Official
from .desk_cases import Account
from .documented import SIGNED_IN, answers
from .errors import InvalidRequest
from .idempotency import Answer, Once, RequestOnce, answer_once
from .json_answer import json_answer
from .languages import language_of
from .read_body import Body, body_of, described_as
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1/desk", tags=["officials"])

_FIRST_YEAR, _LAST_YEAR = 2000, 2999
Act = Annotated[str, Field(min_length=1, max_length=150, pattern=r"\S")]
PersonalNumber = Annotated[str, Field(pattern=r"^[0-9]{12}$")]


async def _settling(official: Official) -> VerifiedOfficial:
    demand_desk(official)
    return official


Settling = Annotated[VerifiedOfficial, Depends(_settling)]
"""Whoever settles cases: nobody else has relatives to keep away from."""


class Granted(Body):
    """Who may act in whose place, as what, for how long, and by which act."""

    to: Account = Field(description="Who is to act.")
    delegator: Account | None = Field(None, description="In whose place; left out, in the head's own.")
    delegator_personal_id: PersonalNumber | None = Field(
        None, description="Of a delegator other than the head, so that nobody settles that official's own cases."
    )
    role: Literal["caseworker", "head"]
    types: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=50)] | None = Field(
        None, description="Types of /v1/services; left out, all of them."
    )
    valid_from: str = Field(max_length=40, description="With a time zone (RFC 3339).")
    valid_until: str = Field(max_length=40, description="From this moment on no more; at most a year later.")
    act: Act = Field(description="The decision that it rests on, as it is cited; documents show it.")


class Relative(Body):
    """A person with whom the official does not deal."""

    personal_id: PersonalNumber = Field(description="Shown to nobody again.")


class DelegationView(TypedDict):
    """`types` is null where it holds for all of them. `is_in_force`: now."""

    id: str
    role: str
    types: list[str] | None
    delegator: str
    delegator_account: str
    delegate: str
    delegate_account: str
    valid_from: str
    valid_until: str
    act: str
    revoked_at: str | None
    is_in_force: bool
    links: dict[str, str]


class DelegationsView(TypedDict):
    """Those that have not ended, the one that begins first before the others."""

    items: list[DelegationView]


class RelativesView(TypedDict):
    """How many people the official has declared; who they are is told nowhere."""

    declared: int


@router.get(
    "/delegations",
    summary="Powers lent in the unit",
    response_model=DelegationsView,
    responses=answers(examples.DELEGATIONS, *SIGNED_IN),
)
async def show_delegations(request: Request, services: Given, official: Official) -> Response:
    """A head sees all of the unit, anybody else those from and to the own account."""
    at, language = services.clock(), language_of(request.scope)
    found = await services.runner.run(lambda records: list_delegations(records, official, at))
    return json_answer({"items": [_view(one, at) for one in found]}, language)


@router.post(
    "/delegations",
    summary="Lend powers",
    status_code=201,
    response_model=DelegationView,
    responses=answers(examples.DELEGATION, *SIGNED_IN, 413, 415, 422, success=201),
    openapi_extra=described_as(Granted, examples.NEW_DELEGATION),
)
async def grant_delegation(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    said: Annotated[Granted, Depends(body_of(Granted))],
) -> Response:
    """A head lends the own powers, or has an official of the unit act in another's place."""
    valid_from, valid_until = _moment("valid_from", said.valid_from), _moment("valid_until", said.valid_until)
    person = None if said.delegator_personal_id is None else PersonalId(said.delegator_personal_id)
    return await _answered(
        request,
        services,
        official,
        once,
        201,
        lambda records, at: grant(
            records,
            services.rules,
            official,
            from_key=said.delegator,
            from_person=person,
            to_key=said.to,
            role=said.role,
            type_ids=said.types,
            valid_from=valid_from,
            valid_until=valid_until,
            act=said.act,
            at=at,
        ),
    )


@router.post(
    "/delegations/{delegation_id}/revocation",
    summary="Take lent powers back",
    response_model=DelegationView,
    responses=answers(examples.DELEGATION, *SIGNED_IN, 404, 409, 422),
)
async def end_delegation(
    request: Request, services: Given, official: Official, once: Once, delegation_id: UUID
) -> Response:
    """From this moment on nobody acts by it, in the middle of a step too."""
    return await _answered(
        request,
        services,
        official,
        once,
        200,
        lambda records, at: revoke_delegation(records, official, delegation_id, at),
    )


@router.get(
    "/relatives",
    summary="How many relatives I have declared",
    response_model=RelativesView,
    responses=answers(examples.RELATIVES, *SIGNED_IN),
)
async def show_relatives(request: Request, services: Given, official: Settling) -> Response:
    """Their cases are closed to me, and to whoever acts in my place."""
    declared = await services.runner.run(lambda records: count_relatives(records, official))
    return json_answer({"declared": declared}, language_of(request.scope))


@router.post(
    "/relatives",
    summary="Declare a relative",
    response_model=RelativesView,
    responses=answers(examples.RELATIVES, *SIGNED_IN, 413, 415, 422),
    openapi_extra=described_as(Relative, {"personal_id": "001190000077"}),
)
async def add_relative(
    request: Request,
    services: Given,
    official: Settling,
    once: Once,
    said: Annotated[Relative, Depends(body_of(Relative))],
) -> Response:
    """The number is kept as a blind index alone."""
    relative = PersonalId(said.personal_id)
    return await _counted(
        request,
        services,
        official,
        once,
        lambda records, at: declare_relative(records, services.rules, official, relative, at),
    )


@router.post(
    "/relatives/removal",
    summary="Take a declared relative back",
    response_model=RelativesView,
    responses=answers(examples.RELATIVES, *SIGNED_IN, 413, 415, 422),
    openapi_extra=described_as(Relative, {"personal_id": "001190000077"}),
)
async def remove_relative(
    request: Request,
    services: Given,
    official: Settling,
    once: Once,
    said: Annotated[Relative, Depends(body_of(Relative))],
) -> Response:
    """Whether this person was declared is not told."""
    relative = PersonalId(said.personal_id)
    return await _counted(
        request,
        services,
        official,
        once,
        lambda records, at: take_back_relative(records, services.rules, official, relative, at),
    )


async def _answered(
    request: Request,
    services: Services,
    official: VerifiedOfficial,
    once: RequestOnce,
    status: int,
    change: Callable[[Records, datetime], Delegation],
) -> Response:
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        view = _view(change(records, at), at)
        return Answer(status=status, body={**view}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act)


async def _counted(
    request: Request,
    services: Services,
    official: VerifiedOfficial,
    once: RequestOnce,
    change: Callable[[Records, datetime], int],
) -> Response:
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        body: dict[str, Any] = {"declared": change(records, at)}
        return Answer(status=200, body=body, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act)


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.utcoffset() is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise ValueError("no time zone, or a year of no use")
    except ValueError:
        raise InvalidRequest([(f"/{name}", "wrong_format")]) from None
    return moment


def _view(one: Delegation, at: datetime) -> DelegationView:
    return {
        "id": str(one.id),
        "role": one.role,
        "types": None if one.type_ids is None else list(one.type_ids),
        "delegator": one.delegator.full_name,
        "delegator_account": one.delegator.subject_key,
        "delegate": one.delegate.full_name,
        "delegate_account": one.delegate.subject_key,
        "valid_from": one.valid_from.isoformat(),
        "valid_until": one.valid_until.isoformat(),
        "act": one.act,
        "revoked_at": None if one.revoked_at is None else one.revoked_at.isoformat(),
        "is_in_force": one.is_in_force(at),
        "links": {} if one.revoked_at is not None else {"revocation": f"/v1/desk/delegations/{one.id}/revocation"},
    }
