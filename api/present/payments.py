"""Money as officials see it: what waits, what goes back, what was taken in cash."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from typing_extensions import TypedDict

from issuance.fees.wording import Label
from issuance.payments.desk_refunds import DeskRefund, DeskRefundPage
from issuance.payments.import_statement import StatementReport
from issuance.payments.order import PaymentSource
from issuance.payments.queue import WaitingPage, WaitingPayment, WaitsBecause
from issuance.payments.received import DayClosing, KeptPayment
from issuance.payments.refund import RefundOrder

from ..languages import Language
from .evidence import REFUND_CAUSES, REFUND_STATES

SOURCES: Mapping[PaymentSource, Label] = MappingProxyType(
    {
        PaymentSource.GATEWAY: Label("Cổng thanh toán", "Payment provider"),
        PaymentSource.STATEMENT: Label("Sao kê ngân hàng", "Bank statement"),
        PaymentSource.COUNTER: Label("Tiền mặt tại quầy", "Cash at the counter"),
    }
)


WAITS_BECAUSE: Mapping[WaitsBecause, Label] = MappingProxyType(
    {
        "currency": Label("Không phải tiền đồng", "Not in đồng"),
        "unknown": Label("Nội dung không xác định được hồ sơ", "The memo names no application"),
        "paid": Label("Hồ sơ đã nộp đủ", "The application is paid already"),
        "over": Label("Hồ sơ không còn phải nộp tiền", "The application asks for no money any more"),
        "part": Label("Ít hơn số phải nộp", "Less than is due"),
        "too_much": Label("Nhiều hơn số phải nộp", "More than is due"),
    }
)


class WaitingPaymentView(TypedDict):
    """Money that waits for somebody. `code` is null where its memo names no application; `owner` is an account, null
    where everybody of the unit's desk may look at it. `amount` is in the currency's smallest unit.

    `because` says why it waits: `currency`, `unknown`, `paid`, `over`, `part` or `too_much`. `missing_vnd`: what would
    pay the application together with all that waits with its memo; 0 where no more money helps.
    """

    id: str
    source: str
    source_name: str
    reference: str
    amount: int
    currency: str
    memo: str
    because: str
    because_text: str
    missing_vnd: int
    received_at: str
    noted_at: str
    code: str | None
    unit: str
    owner: str | None
    links: dict[str, str]


class WaitingPaymentsView(TypedDict):
    """`next` is the address of the next page, null on the last."""

    items: list[WaitingPaymentView]
    next: str | None


class PaymentStateView(TypedDict):
    """What has become of a payment: `waiting`, `charged` or `returned`."""

    id: str
    state: str
    owner: str | None


class DeskRefundView(TypedDict):
    """Money to go back. `way` is `gateway` or `desk`; `why` a short word of the provider's refusal."""

    id: str
    payment: str
    code: str | None
    amount: int
    currency: str
    cause: str
    cause_name: str
    way: str
    state: str
    state_name: str
    why: str | None
    ordered_at: str
    done_at: str | None
    links: dict[str, str]


class DeskRefundsView(TypedDict):
    """`next` is the address of the next page, null on the last."""

    items: list[DeskRefundView]
    next: str | None


class CashTakenView(TypedDict):
    """Cash that was taken: the application goes on, and its receipt follows."""

    id: str
    code: str
    amount_vnd: int
    taken_at: str
    state: str


class CashOfficialView(TypedDict):
    """What one official took and handed out on the day."""

    official: str
    payments: int
    taken_vnd: int
    refunds: int
    handed_out_vnd: int


class CashEntryView(TypedDict):
    """One payment that was taken, or one refund that was handed out: `amount_vnd` is below zero then."""

    official: str
    at: str
    amount_vnd: int
    code: str | None


class CashDayView(TypedDict):
    """The cash of a unit on a day. A caseworker sees the own line, a head all. `entries`: what the sums are of."""

    unit: str
    on: str
    officials: list[CashOfficialView]
    entries: list[CashEntryView]
    taken_vnd: int
    handed_out_vnd: int


class StatementView(TypedDict):
    """What became of a statement's lines: charged, waiting for somebody, known before; and those that tell of money
    that went. `waiting_lines` are numbers of lines in the file."""

    is_preview: bool
    charged: int
    waiting: int
    known: int
    outgoing: int
    waiting_lines: list[int]


def waiting_view(entry: WaitingPayment, language: Language) -> WaitingPaymentView:
    one, path = entry.payment, f"/v1/desk/payments/{entry.payment.id}"
    return {
        "id": str(one.id),
        "source": one.source.value,
        "source_name": SOURCES[one.source].in_language(language),
        "reference": one.reference,
        "amount": one.amount,
        "currency": one.currency,
        "memo": one.memo,
        "because": entry.because,
        "because_text": WAITS_BECAUSE[entry.because].in_language(language),
        "missing_vnd": entry.missing,
        "received_at": one.received_at.isoformat(),
        "noted_at": one.noted_at.isoformat(),
        "code": None if entry.application is None else entry.application.code,
        "unit": one.unit,
        "owner": one.owner_key,
        "links": {name: f"{path}/{name}" for name in ("assignment", "allocation", "refund")},
    }


def waiting_page_view(page: WaitingPage, limit: int, language: Language, *, own: bool) -> WaitingPaymentsView:
    asked = {"limit": str(limit)} | ({"own": "true"} if own else {})
    return {
        "items": [waiting_view(one, language) for one in page.entries],
        "next": _next("/v1/desk/payments", page.next_cursor, asked),
    }


def payment_state_view(payment: KeptPayment) -> PaymentStateView:
    return {"id": str(payment.id), "state": payment.state.value, "owner": payment.owner_key}


def refund_desk_view(refund: RefundOrder, currency: str, code: str | None, language: Language) -> DeskRefundView:
    path = f"/v1/desk/refunds/{refund.id}"
    links = {"handed_out": f"{path}/handed-out"} if refund.is_at_the_desk else {}
    if refund.is_at_the_desk and refund.way == "gateway":
        links["again"] = f"{path}/again"
    return {
        "id": str(refund.id),
        "payment": str(refund.payment_id),
        "code": code,
        "amount": refund.amount,
        "currency": currency,
        "cause": refund.cause,
        "cause_name": REFUND_CAUSES[refund.cause].in_language(language),
        "way": refund.way.value,
        "state": refund.state.value,
        "state_name": REFUND_STATES[refund.state].in_language(language),
        "why": refund.failure,
        "ordered_at": refund.opened_at.isoformat(),
        "done_at": None if refund.done_at is None else refund.done_at.isoformat(),
        "links": links,
    }


def refunds_view(page: DeskRefundPage, limit: int, language: Language) -> DeskRefundsView:
    return {
        "items": [_desk_refund(one, language) for one in page.entries],
        "next": _next("/v1/desk/refunds", page.next_cursor, {"limit": str(limit)}),
    }


def _desk_refund(one: DeskRefund, language: Language) -> DeskRefundView:
    code = None if one.application is None else one.application.code
    return refund_desk_view(one.refund, one.payment.currency, code, language)


def cash_day_view(day: DayClosing) -> CashDayView:
    return {
        "unit": day.unit,
        "on": day.on.isoformat(),
        "officials": [
            {
                "official": one.official,
                "payments": one.payments,
                "taken_vnd": one.taken,
                "refunds": one.refunds,
                "handed_out_vnd": one.handed_out,
            }
            for one in day.officials
        ],
        "entries": [
            {"official": one.official, "at": one.at.isoformat(), "amount_vnd": one.amount, "code": one.code}
            for one in day.entries
        ],
        "taken_vnd": sum(one.taken for one in day.officials),
        "handed_out_vnd": sum(one.handed_out for one in day.officials),
    }


def statement_view(report: StatementReport, *, is_preview: bool) -> StatementView:
    return {
        "is_preview": is_preview,
        "charged": report.count("charged"),
        "waiting": report.count("waiting"),
        "known": report.count("known"),
        "outgoing": report.outgoing,
        "waiting_lines": list(report.lines_of("waiting")),
    }


def _next(path: str, cursor: str | None, asked: dict[str, str]) -> str | None:
    return None if cursor is None else f"{path}?{urlencode({**asked, 'cursor': cursor})}"
