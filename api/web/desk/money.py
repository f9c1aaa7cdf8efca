"""Money that waits for somebody: payments that fit no order, and what becomes of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.delegations.authority import HEAD
from issuance.delegations.grant import LENT
from issuance.errors import (
    ApplicationNotFound,
    AssignmentRefused,
    InvalidCursor,
    IssuanceError,
    PaymentMismatch,
    PaymentNotAsked,
)
from issuance.fees.wording import amount_in_figures
from issuance.payments.order import PaymentSource
from issuance.payments.queue import WaitingPayment, WaitsBecause, joinable, open_waiting, waiting_payments
from issuance.payments.received import KeptPayment

from ...desk_payments import (
    Allocation,
    Assignment,
    Reason,
    allocate_payment,
    assign_waiting_payment,
    refund_payment,
)
from ...languages import Language, language_of
from ...present.payments import SOURCES, WAITS_BECAUSE
from ...problem_table import problem_of
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn, SentByOfficial
from ..texts import N_, translate
from .reading import Reading
from .refused import shut, words_of

router = APIRouter(include_in_schema=False)

ADDRESS = "/desk/money"
ON_A_PAGE = 20
MOST_LETTERS = 1_000
_DONE = {
    "allocation": N_("The payment is allocated; the application goes on."),
    "refund": N_("The payment is ordered back."),
    "assignment": N_("The payment has been assigned."),
}
_MAY_PAY: Collection[WaitsBecause] = ("part", "unknown")
"""Money that is likely to pay an order; anything else mostly goes back."""
_AT_THE_CODE: Mapping[type[IssuanceError], str] = {
    ApplicationNotFound: N_("Your unit has no such application."),
    PaymentNotAsked: N_("This application waits for no payment."),
}


@router.get(ADDRESS)
async def show_money(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """Memos name those who pay: it is noted as an access."""
    official, language, at = session.official, language_of(request.scope), services.clock()
    cursor = request.query_params.get("cursor")

    def read(records: Records) -> tuple[list[dict[str, Any]], str | None]:
        found = waiting_payments(records, official, cursor, ON_A_PAGE, at)
        return [line_of(records, one, language) for one in found.entries], found.next_cursor

    try:
        payments, following = await services.runner.run(read)
    except InvalidCursor:
        return RedirectResponse(ADDRESS, 303)
    except IssuanceError as refused:
        return await shut(request, session, refused)
    done = _DONE.get(request.query_params.get("done", ""))
    return page(
        request,
        "desk/money.html",
        account=session.session,
        notice=done and translate(done, language),
        payments=payments,
        next=following and f"{ADDRESS}?cursor={following}",
        is_first=cursor is None,
        me=official.subject_key,
        is_head=HEAD in official.roles,
    )


@router.get(f"{ADDRESS}/payments/{{payment_id}}")
@router.get(f"{ADDRESS}/payments/{{payment_id}}/{{deed}}")
async def ask(
    request: Request, services: Given, session: OfficialSignedIn, payment_id: UUID, deed: str | None = None
) -> Response:
    """The form of one thing to do; without one named, of what is done mostly with such money."""
    if deed is not None and deed not in _DONE:
        return RedirectResponse(f"{ADDRESS}/payments/{payment_id}", 303)
    return await _asked(request, services, session, payment_id, deed)


@router.post(f"{ADDRESS}/payments/{{payment_id}}/allocation")
async def allocate(request: Request, services: Given, form: OfficialForm, payment_id: UUID) -> Response:
    """It pays, alone or with others that are ticked, exactly what an open order asks for."""
    reading = _reading(request, form)
    code = reading.text("code", 64, missing=translate("Type the code of the application.", reading.language))
    if code and not (code.isascii() and code.isprintable() and len(code) >= 4 and " " not in code):
        reading.problems["code"] = translate("Your unit has no such application.", reading.language)
    reason = _reason(reading)
    others = [str(one) for one in _ticked(form.fields) if one != payment_id]
    if reading.problems:
        return await _again(request, services, form, payment_id, "allocation", reading.problems)
    said = Allocation(code=code, together_with=others[:50], reason=reason)
    try:
        await allocate_payment(request, services, form.official, form.once, payment_id, said)
    except PaymentMismatch as refused:
        problems = {"code": _mismatch(refused, reading.language)}
        return await _again(request, services, form, payment_id, "allocation", problems)
    except IssuanceError as refused:
        if (wrong := _AT_THE_CODE.get(type(refused))) is not None:
            problems = {"code": translate(wrong, reading.language)}
            return await _again(request, services, form, payment_id, "allocation", problems)
        return await _refused(request, services, form, payment_id, "allocation", refused)
    return RedirectResponse(f"{ADDRESS}?done=allocation", 303)


@router.post(f"{ADDRESS}/payments/{{payment_id}}/refund")
async def give_back(request: Request, services: Given, form: OfficialForm, payment_id: UUID) -> Response:
    """All of it, the way it came."""
    reading = _reading(request, form)
    reason = _reason(reading)
    if reading.problems:
        return await _again(request, services, form, payment_id, "refund", reading.problems)
    try:
        await refund_payment(request, services, form.official, form.once, payment_id, Reason(reason=reason))
    except IssuanceError as refused:
        return await _refused(request, services, form, payment_id, "refund", refused)
    return RedirectResponse(f"{ADDRESS}?done=refund", 303)


@router.post(f"{ADDRESS}/payments/{{payment_id}}/assignment")
async def assign(request: Request, services: Given, form: OfficialForm, payment_id: UUID) -> Response:
    """A head gives it to somebody of the unit's desk."""
    reading = _reading(request, form)
    to = reading.text("official", 300, missing=translate("Choose to whom.", reading.language))
    reason = _reason(reading)
    if reading.problems:
        return await _again(request, services, form, payment_id, "assignment", reading.problems)
    said = Assignment(to=to, reason=reason)
    try:
        await assign_waiting_payment(request, services, form.official, form.once, payment_id, said)
    except AssignmentRefused as refused:
        problems = {"official": words_of(refused, reading.language)[0]}
        return await _again(request, services, form, payment_id, "assignment", problems)
    except IssuanceError as refused:
        return await _refused(request, services, form, payment_id, "assignment", refused)
    return RedirectResponse(f"{ADDRESS}?done=assignment", 303)


def line_of(records: Records, entry: WaitingPayment, language: Language) -> dict[str, Any]:
    one = entry.payment
    owner = None if one.owner_key is None else records.officials.find(one.owner_key)
    return {
        "id": one.id,
        "amount": one.amount,
        "currency": one.currency,
        "is_dong": one.is_dong,
        "memo": one.memo,
        "reference": one.reference,
        "source_name": SOURCES[one.source].in_language(language),
        "has_time": has_time(one),
        "because": entry.because,
        "because_text": WAITS_BECAUSE[entry.because].in_language(language),
        "asked": None if entry.order is None or not entry.order.is_open else entry.order.amount,
        "missing": entry.missing,
        "received_at": one.received_at,
        "code": None if entry.application is None else entry.application.code,
        "owner_key": one.owner_key,
        "owner": None if owner is None else owner.full_name,
    }


def has_time(payment: KeptPayment) -> bool:
    """Of the bank's books only the day is known."""
    return payment.source is not PaymentSource.STATEMENT


def _reading(request: Request, form: SentByOfficial) -> Reading:
    return Reading(form.fields, language_of(request.scope))


def _reason(reading: Reading) -> str:
    return reading.text("reason", MOST_LETTERS, missing=translate("Say why it is so.", reading.language))


def _mismatch(refused: PaymentMismatch, language: Language) -> str:
    if not refused.asked:
        return translate("Only đồng pay a fee.", language)
    sums = {name: amount_in_figures(getattr(refused, name), language) for name in ("given", "asked")}
    return translate("The payments come to %(given)s; this application owes %(asked)s.", language) % sums


def _ticked(fields: Mapping[str, str]) -> list[UUID]:
    found = []
    for name in fields:
        kind, _, number = name.partition(":")
        if kind == "with":
            try:
                found.append(UUID(number))
            except ValueError:
                continue
    return found


async def _again(
    request: Request,
    services: Services,
    form: SentByOfficial,
    payment_id: UUID,
    deed: str,
    problems: Mapping[str, str],
) -> Response:
    session = OfficialSession(session=form.session, official=form.official)
    return await _asked(request, services, session, payment_id, deed, given=form.fields, problems=problems)


async def _refused(
    request: Request, services: Services, form: SentByOfficial, payment_id: UUID, deed: str, refused: IssuanceError
) -> Response:
    """On the form where it can still be mended there."""
    session = OfficialSession(session=form.session, official=form.official)
    if problem_of(refused).status in (403, 404):
        return await shut(request, session, refused)
    return await _asked(request, services, session, payment_id, deed, given=form.fields, refused=refused)


async def _asked(
    request: Request,
    services: Services,
    session: OfficialSession,
    payment_id: UUID,
    deed: str | None,
    *,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    refused: IssuanceError | None = None,
) -> Response:
    official, language, at = session.official, language_of(request.scope), services.clock()
    is_head = HEAD in official.roles
    if deed == "assignment" and not is_head:
        return RedirectResponse(f"{ADDRESS}/payments/{payment_id}", 303)

    def read(records: Records) -> dict[str, Any]:
        found = open_waiting(records, services.rules, official, payment_id, at)
        shown = deed or ("allocation" if found.because in _MAY_PAY else "refund")
        others: Sequence[WaitingPayment] = ()
        if shown == "allocation" and found.payment.is_dong:
            others = joinable(records, official, found, ON_A_PAGE, at)
        return {
            "deed": shown,
            "payment": line_of(records, found, language),
            "others": [line_of(records, one, language) for one in others],
            "colleagues": _colleagues(records, official.unit) if shown == "assignment" else [],
        }

    try:
        values = await services.runner.run(read)
    except IssuanceError as error:
        return await shut(request, session, refused or error)
    status = 422 if problems else 200 if refused is None else problem_of(refused).status
    payment = values["payment"]
    known = {"code": payment["code"] or "" if payment["because"] in _MAY_PAY else ""}
    return page(
        request,
        "desk/money_payment.html",
        status=status,
        account=session.session,
        forms=True,
        is_head=is_head,
        given={**known, **(given or {})},
        problems=problems or {},
        said=None if refused is None else words_of(refused, language),
        **values,
    )


def _colleagues(records: Records, unit: str) -> list[tuple[str, str]]:
    known = {
        one.subject_key: one.full_name or one.subject_key.rpartition("|")[2]
        for role in sorted(LENT)
        for one in records.officials.of_unit(unit, role)
    }
    return sorted(known.items(), key=lambda pair: pair[1])
