"""Cash at the counter: taken for an open order, counted at the end of the day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import uuid4

from identity.citizen import VerifiedOfficial
from verification.verdict import VIETNAM

from ..application import ApplicationState
from ..delegations.authority import HEAD, authority_in_role
from ..desk import demand_desk
from ..errors import PaymentMismatch, PaymentNotAsked
from ..fees.document import VND
from ..records import Records
from ..rules import Rules
from .order import PaymentSource, ReceivedPayment
from .received import DayClosing
from .take_payment import Taken, take_payment


def take_cash(
    records: Records, rules: Rules, official: VerifiedOfficial, code: str, amount: VND, at: datetime
) -> Taken:
    """Take cash for what an application of the unit owes: exactly that, or the rest of it where a part has come. The
    application goes on, its receipt follows.

    Every caseworker and head of the unit may, whoever has the case; nobody for himself or a relative.
    Raises ApplicationNotFound, RoleMissing, SelfDealing, PaymentNotAsked, PaymentMismatch, ConcurrentChange.
    """
    application = records.applications.in_unit(code, official.unit)
    authority_in_role(records, rules, official, application, "caseworker", at)
    if records.payments.of_application(application.id) is None:
        raise PaymentNotAsked("this application has no order")
    order = records.payments.lock(application.id)
    # A refused application keeps its order for money that is on its way; nobody takes cash to hand it out again.
    if not order.is_open or application.state is not ApplicationState.PAYMENT_ASKED:
        raise PaymentNotAsked("nothing is asked for any more")
    waiting = records.received_payments.sum_waiting_for(application.id)
    if amount not in (order.amount, order.to_transfer(waiting)):
        raise PaymentMismatch("cash is taken to the đồng")
    money = ReceivedPayment(
        memo=order.memo,
        amount=amount,
        provider_reference=uuid4().hex,
        received_at=at,
        source=PaymentSource.COUNTER,
    )
    return take_payment(records, rules, money, at, by=official.subject_key, taken_by=official.subject_key)


def close_day(records: Records, official: VerifiedOfficial, on: date) -> DayClosing:
    """What was taken in cash, and handed out, on a day in Vietnam: a head sees the unit's, everybody else the own.

    Raises RoleMissing.
    """
    demand_desk(official)
    begins = datetime.combine(on, time(), VIETNAM)
    day = (begins, begins + timedelta(days=1))
    found = records.received_payments.cash_day(official.unit, day)
    entries = records.received_payments.cash_entries(official.unit, day)
    if HEAD not in official.roles:
        found = [one for one in found if one.official == official.subject_key]
        entries = [one for one in entries if one.official == official.subject_key]
    return DayClosing(unit=official.unit, on=on, officials=found, entries=entries)
