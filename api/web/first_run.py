"""Who opens the link of a new installation and signs in with an officials' account becomes its first operator."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.errors import OfficialNotRegistered
from identity.sign_in import sign_in_issuers
from issuance.agencies.unit import Unit, UnitKind
from issuance.errors import FirstRunClosed, IssuanceError
from issuance.fees.facts import vietnam_day
from issuance.first_operator import FirstRunLinks, demand_open, register_first_operator

from ..languages import language_of
from ..services import Records, Services
from ..state import COUNTED_SIGN_IN, Given
from .page import page

router = APIRouter(include_in_schema=False)

_GOAL = re.compile(r"/first-run/([0-9A-Za-z._-]{1,80})/([0-9A-Za-z.-]{1,64})")
_WITH_OPERATORS = (UnitKind.CITY, UnitKind.DEPARTMENT)
"""Who runs an installation; any other unit can be given by `condau officials put`."""


@router.get("/first-run/{token}", dependencies=[COUNTED_SIGN_IN])
async def offer(request: Request, services: Given, token: str) -> Response:
    """Choose the unit, then sign in. Raises FirstRunClosed."""
    at, links = services.clock(), _links(services)

    def read(records: Records) -> list[Unit]:
        demand_open(records, links, token, at)
        return [one for one in records.units.tree().units_on(vietnam_day(at)) if one.kind in _WITH_OPERATORS]

    units = await services.runner.run(read)
    language = language_of(request.scope)
    names = sorted(((one.code, one.name.in_language(language)) for one in units), key=lambda pair: pair[1])
    chosen = request.query_params.get("unit", "")
    known = dict(names).get(chosen)
    return page(
        request,
        "first_run.html",
        forms=True,
        account=None,
        token=token,
        units=names,
        unit=(chosen, known) if known else None,
        issuers=[one for one in sign_in_issuers(services.issuers, None) if one.people == "officials"],
    )


async def becomes_first_operator(services: Services, goal: str, unknown: OfficialNotRegistered) -> bool:
    """Whether a sign-in that the register refuses was begun on the page above, and its account stands there now.

    goal: where that sign-in was to lead. Raises FirstRunClosed where the link does not stand any more.
    """
    asked = _GOAL.fullmatch(goal.partition("?")[0])
    if asked is None:
        return False
    at, links = services.clock(), _links(services)

    def register(records: Records) -> None:
        try:
            records.units.tree().on(asked[2], vietnam_day(at))
        except IssuanceError as gone:
            raise FirstRunClosed("the unit does not exist today") from gone
        register_first_operator(
            records,
            records.redeemed,
            links,
            asked[1],
            subject_key=unknown.subject_key,
            full_name=unknown.full_name,
            unit=asked[2],
            at=at,
        )

    await services.runner.run(register)
    return True


def _links(services: Services) -> FirstRunLinks:
    if services.first_run is None:
        raise FirstRunClosed("no issuer's officials are known by the register alone")
    return services.first_run
