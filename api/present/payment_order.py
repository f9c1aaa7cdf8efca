"""What is to be paid for an application, where to, and what came of it."""

from __future__ import annotations

from typing_extensions import TypedDict

from issuance.application import ApplicationState
from issuance.fees.wording import Label, amount_in_figures
from issuance.payments.order import PaymentOrder
from issuance.payments.refund import RefundState
from issuance.payments.vietqr import order_in_vietqr

from ..dossier import Dossier
from ..languages import Language


class TransferView(TypedDict):
    """Where to transfer it. `vietqr` is the text of the code that a bank's application reads, and `picture` its
    address, as SVG or PNG; both are null where the memo is too long for a code."""

    bank_bin: str
    account: str
    holder: str
    vietqr: str | None
    picture: str | None


class PaymentView(TypedDict):
    """The order to pay: exactly `amount_vnd`, transferred with `memo`. `to_transfer_vnd`: what is still to come, less
    where a part waits; 0 once nothing is asked for. `paid_at`: once it arrived.

    `state` is `open`, `paid`, or `cancelled` where nothing is asked for any more. `instructions` and `pay_by` are null
    unless the application waits for the payment; after the day `pay_by` it ends. `transfer` is null then too, and
    where no account is set up. `confirm`, the address that has the
    provider asked, is null once it was paid: money on its way when the application ended can still be found, and be
    paid back. Of what came: `paid_vnd` paid for the application, `waiting_vnd` fits no order and waits for an official,
    `refunding_vnd` is ordered to go back, and `refunded_vnd` has gone back.
    """

    state: str
    amount_vnd: int
    to_transfer_vnd: int
    paid_vnd: int
    waiting_vnd: int
    refunding_vnd: int
    refunded_vnd: int
    memo: str
    instructions: str | None
    transfer: TransferView | None
    pay_by: str | None
    paid_at: str | None
    confirm: str | None


_PAY = Label(
    "Chuyển khoản đúng {amount} với nội dung “{memo}”, rồi bấm xác nhận thanh toán.",
    "Transfer exactly {amount} with the memo “{memo}”, then confirm the payment.",
)


def payment_view(dossier: Dossier, path: str, language: Language) -> PaymentView | None:
    order = dossier.order
    if order is None:
        return None
    awaited = dossier.application.state is ApplicationState.PAYMENT_ASKED
    to_transfer = order.to_transfer(dossier.waiting_vnd) if awaited else 0
    amount = amount_in_figures(to_transfer, language)
    return {
        "state": "open" if order.is_open else "cancelled" if order.paid_at is None else "paid",
        "amount_vnd": order.amount,
        "to_transfer_vnd": to_transfer,
        "paid_vnd": 0 if order.paid_at is None else order.amount,
        "waiting_vnd": dossier.waiting_vnd,
        "refunding_vnd": sum(one.amount for one in dossier.refunds if one.state is not RefundState.DONE),
        "refunded_vnd": sum(one.amount for one in dossier.refunds if one.state is RefundState.DONE),
        "memo": order.memo,
        "instructions": _PAY.in_language(language).format(amount=amount, memo=order.memo) if awaited else None,
        "transfer": _transfer(dossier, order, path) if awaited else None,
        "pay_by": dossier.pay_by.isoformat() if awaited and dossier.pay_by is not None else None,
        "paid_at": None if order.paid_at is None else order.paid_at.isoformat(),
        "confirm": f"{path}/payment-confirmations" if order.paid_at is None else None,
    }


def _transfer(dossier: Dossier, order: PaymentOrder, path: str) -> TransferView | None:
    account = dossier.account
    if account is None:
        return None
    code = order_in_vietqr(order, account, dossier.waiting_vnd)
    return {
        "bank_bin": account.bank_bin,
        "account": account.number,
        "holder": account.holder,
        "vietqr": code,
        "picture": None if code is None else f"{path}/payment-order/qr",
    }
