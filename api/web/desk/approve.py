"""Approving clean cases together: seen in a list, ticked, confirmed, and each with its own result."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.application import Application
from issuance.errors import InvalidCursor, RoleMissing
from issuance.settlement.clean_cases import approve_clean

from ...desk_bulk import MAX_CODES, act_on_each
from ...languages import Language, language_of
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn, SentByOfficial
from ..texts import N_, translate
from .looked_through import WHY_NOT, look_through, still_clean
from .reading import MAX_VERSION
from .refused import closed

router = APIRouter(include_in_schema=False)

_ADDRESS = "/desk/approve"
_PICKED = re.compile(r"case-([!-~]{1,64})")
_NOTHING_PICKED = N_("Tick at least one case.")
_TOO_MANY = N_("At most 100 cases can be approved together.")
_ALL_CHANGED = N_("What you ticked has changed meanwhile: nothing was approved. The list shows what is clean now.")


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one; problem: why not, in words."""

    code: str
    problem: str | None


@router.get(_ADDRESS)
async def preview(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """Clean cases that the official may approve, and those that are to be opened one by one, with why.

    Names are shown: it is noted as an access to each of them.
    """
    return await _preview(request, services, session)


async def _preview(request: Request, services: Services, session: OfficialSession, *, problem: str = "") -> Response:
    """problem: what is said of what was ticked."""
    language, asked = language_of(request.scope), request.query_params
    try:
        found = await services.runner.run(
            lambda records: look_through(
                records, services, session.official, language, asked.get("step", ""), asked.get("cursor") or None
            )
        )
    except InvalidCursor:
        return RedirectResponse(_ADDRESS, 303)
    except RoleMissing as refused:
        return await closed(request, session, refused)
    here = f"{_ADDRESS}?{request.url.query}" if "step" in asked else _ADDRESS
    on = found.following
    return page(
        request,
        "desk/approve.html",
        status=422 if problem else 200,
        account=session.session,
        forms=True,
        seen=found,
        is_first="step" not in asked,
        here=here,
        next=on and f"{_ADDRESS}?{urlencode({'step': on.step, 'cursor': on.cursor or ''})}",
        why_not=WHY_NOT,
        problems={"picked": translate(problem, language)} if problem else {},
    )


@router.post(_ADDRESS)
async def approve(request: Request, services: Given, form: OfficialForm) -> Response:
    """First what was ticked, to be confirmed; then what became of each."""
    session, language = OfficialSession(session=form.session, official=form.official), language_of(request.scope)
    picked = _picked(form.fields)
    if not picked:
        return await _preview(request, services, session, problem=_NOTHING_PICKED)
    if len(picked) > MAX_CODES:
        return await _preview(request, services, session, problem=_TOO_MANY)
    try:
        if form.fields.get("confirmed") == "1":
            settled = await _settle(services, form, picked, language)
            return page(request, "desk/approved.html", account=form.session, settled=settled)
        still = await services.runner.run(
            lambda records: still_clean(records, services, form.official, picked, language)
        )
    except RoleMissing as refused:
        return await closed(request, session, refused)
    if not still:
        return await _preview(request, services, session, problem=_ALL_CHANGED)
    return page(
        request,
        "desk/confirm.html",
        account=form.session,
        forms=True,
        candidates=still,
        left_out=len(picked) - len(still),
    )


async def _settle(
    services: Services, form: SentByOfficial, picked: Mapping[str, int], language: Language
) -> Sequence[Settled]:
    def verb(records: Records, code: str, at: datetime) -> Application:
        return approve_clean(records, services.rules, code, form.official, picked[code], at)

    results = await act_on_each(services, form.official, form.once, picked, verb, language)
    return [Settled(one["code"], None if one["problem"] is None else one["problem"]["title"]) for one in results]


def _picked(fields: Mapping[str, str]) -> dict[str, int]:
    """The codes ticked, each with the version of the case that was seen."""
    found = {}
    for name, value in fields.items():
        match = _PICKED.fullmatch(name)
        if match and value.isascii() and value.isdigit() and int(value) <= MAX_VERSION:
            found[match[1]] = int(value)
    return found
