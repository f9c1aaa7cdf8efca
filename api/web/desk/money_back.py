"""Refunds that somebody has to do something about, and the cash of a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.delegations.authority import HEAD
from issuance.errors import InvalidCursor, IssuanceError
from issuance.fees.facts import vietnam_day
from issuance.payments.cash import close_day
from issuance.payments.desk_refunds import DeskRefund, open_refund, open_refunds

from ...desk_cash import load_receipt
from ...desk_payments import Reason
from ...desk_refunds import confirm_handed_out, send_refund_again
from ...languages import Language, language_of
from ...parameters import Code
from ...present.evidence import REFUND_CAUSES, REFUND_STATES
from ...present.payments import SOURCES
from ...problem_table import problem_of
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn
from ..texts import N_, translate
from .money import ADDRESS, MOST_LETTERS, ON_A_PAGE, has_time
from .reading import Reading
from .refused import handed_out, shut, words_of

router = APIRouter(include_in_schema=False)

_REFUNDS, _CASH = f"{ADDRESS}/refunds", f"{ADDRESS}/cash"
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)
_DONE = {
    "handed-out": N_("It is noted that the money was handed out."),
    "again": N_("The provider is asked once more."),
}


@router.get(_REFUNDS)
async def show_refunds(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """Noted as an access to each application."""
    official, language, at = session.official, language_of(request.scope), services.clock()
    cursor = request.query_params.get("cursor")
    try:
        found = await services.runner.run(lambda records: open_refunds(records, official, cursor, ON_A_PAGE, at))
    except InvalidCursor:
        return RedirectResponse(_REFUNDS, 303)
    except IssuanceError as refused:
        return await shut(request, session, refused)
    done = _DONE.get(request.query_params.get("done", ""))
    return page(
        request,
        "desk/money_refunds.html",
        account=session.session,
        notice=done and translate(done, language),
        refunds=[_line(one, language) for one in found.entries],
        next=found.next_cursor and f"{_REFUNDS}?cursor={found.next_cursor}",
        is_first=cursor is None,
    )


@router.get(f"{_REFUNDS}/{{refund_id}}")
async def ask_about_refund(request: Request, services: Given, session: OfficialSignedIn, refund_id: UUID) -> Response:
    return await _asked(request, services, session, refund_id)


@router.post(f"{_REFUNDS}/{{refund_id}}")
async def settle_refund(request: Request, services: Given, form: OfficialForm, refund_id: UUID) -> Response:
    """Handed out, or sent once more; the reason is kept with it."""
    language = language_of(request.scope)
    session = OfficialSession(session=form.session, official=form.official)
    reading, is_again = Reading(form.fields, language), form.fields.get("again") == "1"
    reason = reading.text("reason", MOST_LETTERS, missing=translate("Say how it was done, or why.", language))
    if reading.problems:
        return await _asked(request, services, session, refund_id, given=form.fields, problems=reading.problems)
    act = send_refund_again if is_again else confirm_handed_out
    try:
        await act(request, services, form.official, form.once, refund_id, Reason(reason=reason))
    except IssuanceError as refused:
        if problem_of(refused).status in (403, 404):
            return await shut(request, session, refused)
        return await _asked(request, services, session, refund_id, given=form.fields, refused=refused)
    return RedirectResponse(f"{_REFUNDS}?done={'again' if is_again else 'handed-out'}", 303)


@router.get(f"{ADDRESS}/receipts/{{code}}")
async def download_receipt(request: Request, services: Given, session: OfficialSignedIn, code: Code) -> Response:
    """To be printed for whoever has paid at the counter."""
    return await handed_out(
        request, session, f"/desk/cases/{code}", lambda: load_receipt(services, session.official, code)
    )


@router.get(_CASH)
async def show_cash(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """What was taken and handed out on a day: a head sees the unit's, anybody else the own."""
    official, language, today = session.official, language_of(request.scope), vietnam_day(services.clock())
    asked = request.query_params.get("on", "")
    reading = Reading({"on": asked}, language)
    on = reading.day("on") if asked else today
    if not _EARLIEST <= on <= _LATEST:
        on = today

    def read(records: Records) -> list[dict[str, Any]]:
        found = close_day(records, official, on)
        registered = {one.official: records.officials.find(one.official) for one in found.officials}
        return [
            {
                "name": official.full_name if one.official == official.subject_key else known and known.full_name,
                "account": one.official.rpartition("|")[2],
                "payments": one.payments,
                "taken": one.taken,
                "refunds": one.refunds,
                "handed_out": one.handed_out,
                "entries": [entry for entry in found.entries if entry.official == one.official],
            }
            for one in found.officials
            for known in (registered[one.official],)
        ]

    try:
        lines = await services.runner.run(read)
    except IssuanceError as refused:
        return await shut(request, session, refused)
    return page(
        request,
        "desk/money_cash.html",
        status=422 if reading.problems else 200,
        account=session.session,
        forms=True,
        on=on,
        lines=lines,
        taken=sum(one["taken"] for one in lines),
        handed_out=sum(one["handed_out"] for one in lines),
        is_head=HEAD in official.roles,
        given={"on": asked if reading.problems else on.isoformat()},
        problems=reading.problems,
    )


async def _asked(
    request: Request,
    services: Services,
    session: OfficialSession,
    refund_id: UUID,
    *,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    refused: IssuanceError | None = None,
) -> Response:
    official, language, at = session.official, language_of(request.scope), services.clock()
    try:
        found = await services.runner.run(lambda records: open_refund(records, services.rules, official, refund_id, at))
    except IssuanceError as error:
        return await shut(request, session, refused or error)
    return page(
        request,
        "desk/money_refund.html",
        status=422 if problems else 200 if refused is None else problem_of(refused).status,
        account=session.session,
        forms=True,
        refund=_line(found, language),
        given=given or {},
        problems=problems or {},
        said=None if refused is None else words_of(refused, language),
    )


def _line(one: DeskRefund, language: Language) -> dict[str, Any]:
    refund = one.refund
    return {
        "id": refund.id,
        "amount": refund.amount,
        "currency": one.payment.currency,
        "is_dong": one.payment.is_dong,
        "code": None if one.application is None else one.application.code,
        "cause_name": REFUND_CAUSES[refund.cause].in_language(language),
        "state_name": REFUND_STATES[refund.state].in_language(language),
        "by_provider": refund.way.value == "gateway",
        "why": refund.failure,
        "reference": one.payment.reference,
        "memo": one.payment.memo,
        "source_name": SOURCES[one.payment.source].in_language(language),
        "received_at": one.payment.received_at,
        "has_time": has_time(one.payment),
        "ordered_at": refund.opened_at,
    }
