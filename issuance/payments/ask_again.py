"""The provider is asked about orders by itself, so that a notice that never came loses no money."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from ..errors import GatewayUnavailable
from ..records import Records, Transact
from ..rules import Rules
from .order import PaymentOrder, PaymentProvider
from .take_payment import take_payment

_FIRST_PAUSE = timedelta(minutes=15)
_LONGEST_PAUSE = timedelta(days=1)
_NO_MORE_AFTER = timedelta(days=90)
_FAILURES_AT_MOST = 3
"""In a row: then the provider is away, and whoever is asked about next would only wait as well."""

_logger = logging.getLogger(__name__)


def first_question(order: PaymentOrder) -> datetime:
    """When the provider is asked about a new order for the first time."""
    return order.opened_at + _FIRST_PAUSE


def next_question(order: PaymentOrder, at: datetime) -> datetime | None:
    """As much later as the order is old, of an open one a day at most; None where nothing can be expected any more.

    A paid or cancelled order is asked about too: money comes twice, or too late, and nobody may keep it.
    """
    age = at - order.opened_at
    if not order.is_open and age > _NO_MORE_AFTER:
        return None
    pause = max(_FIRST_PAUSE, age)
    return at + (min(pause, _LONGEST_PAUSE) if order.is_open else pause)


def ask_about_orders(
    transact: Transact, rules: Rules, provider: PaymentProvider, clock: Callable[[], datetime], limit: int
) -> int:
    """Ask about orders whose time has come, `limit` at most; returns how many were answered.

    One that cannot be answered holds up no other. Raises GatewayUnavailable where any was not answered.
    """
    answered = failed = in_a_row = 0
    for order in transact(lambda records: records.payments.to_ask_about(clock(), limit)):
        # Beforehand: whatever goes wrong with this one, it is not the first of the next run again.
        transact(lambda records, order=order: records.payments.ask_again(order, clock() + _FIRST_PAUSE))  # type: ignore[misc] # of a default
        try:
            received = provider.received_under(order.memo)
        except GatewayUnavailable:
            failed, in_a_row = failed + 1, in_a_row + 1
            if in_a_row == _FAILURES_AT_MOST:
                break
            continue
        in_a_row = 0
        for payment in received:
            transact(lambda records, payment=payment: take_payment(records, rules, payment, clock()))  # type: ignore[misc] # of a default
        transact(lambda records, order=order: _asked(records, order, clock()))  # type: ignore[misc] # of a default
        answered += 1
    if failed:
        _logger.warning("the payment provider did not answer about %d orders", failed)
        raise GatewayUnavailable("the provider was asked about orders and did not answer")
    return answered


def _asked(records: Records, order: PaymentOrder, at: datetime) -> None:
    # As it stands now: it may just have been paid.
    now = records.payments.of_application(order.application_id)
    if now is not None:
        records.payments.ask_again(now, next_question(now, at))
