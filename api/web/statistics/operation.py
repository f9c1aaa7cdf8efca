"""How the installation is, for its operators: what is wrong first, what it means, and how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.operation import Watch, demand_operations, signs
from verification.trust import TrustedKey

from ...health import health_view
from ...services import Services
from ...state import Given
from ..page import page
from ..session import OfficialSignedIn
from .operation_words import FAULTS, JOB_STATES, KINDS, PURPOSES, SCHEDULES, WORDS, Words

router = APIRouter(include_in_schema=False)

KEY_ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Shown:
    words: Words
    is_well: bool
    number: int | None = None
    since: datetime | None = None


@router.get("/operation")
async def show_operation(request: Request, services: Given, signed_in: OfficialSignedIn) -> Response:
    """Raises RoleMissing for all but operators."""
    demand_operations(signed_in.official)
    at = services.clock()
    health, failing = await services.runner.run(
        lambda records: (records.operation.health(at), records.failures.by_error())
    )
    keys = services.trust(at).keys
    found = [
        *await _checks(services),
        *(Shown(WORDS[one.name], one.well, one.number, one.since) for one in signs(health, Watch())),
        _ending(keys, at),
    ]
    return page(
        request,
        "statistics/operation.html",
        account=signed_in.session,
        wrong=[one for one in found if not one.is_well],
        well=[one for one in found if one.is_well],
        health=health_view(health),
        failing=failing,
        keys=_keys_in_use(keys, at),
        soon=at + KEY_ENDS_SOON,
        job_states=JOB_STATES,
        kinds=KINDS,
        faults=FAULTS,
        schedules=SCHEDULES,
        purposes=PURPOSES,
    )


async def _checks(services: Services) -> Sequence[Shown]:
    """What serving needs, asked now. One that nobody has words for is shown by its name."""
    asked = {"database": services.runner.is_ready, **services.readiness}
    found = await asyncio.gather(*(check() for check in asked.values()), return_exceptions=True)
    return [Shown(WORDS.get(name, Words(name, "")), answer is True) for name, answer in zip(asked, found, strict=True)]


def _ending(keys: Sequence[TrustedKey], at: datetime) -> Shown:
    """Purposes whose last key ends soon, so that nothing could be sealed for them."""
    soon = at + KEY_ENDS_SOON
    lasting = {(one.purpose, one.unit) for one in _not_lost(keys) if one.not_before < soon < one.not_after}
    ending = {(one.purpose, one.unit) for one in _keys_in_use(keys, at)} - lasting
    return Shown(WORDS["keys_ending"], not ending, len(ending))


def _keys_in_use(keys: Sequence[TrustedKey], at: datetime) -> Sequence[TrustedKey]:
    """Those that may sign now, the one that ends first before the others."""
    return sorted((one for one in _not_lost(keys) if one.may_sign_at(at)), key=lambda one: one.not_after)


def _not_lost(keys: Sequence[TrustedKey]) -> Iterator[TrustedKey]:
    """Those that nobody else may have used: a compromised one is on the list for what it sealed before."""
    return (one for one in keys if one.compromised_from is None)
