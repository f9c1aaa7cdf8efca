"""Money that comes for an application, as a provider reports it."""

from __future__ import annotations

from datetime import datetime

from issuance.application import Application
from issuance.payments.order import ReceivedPayment
from issuance.payments.take_payment import take_payment
from issuance.records import Records
from issuance.rules import Rules
from storage.records import SqlRecords
from tests.issuance.office import Office


def money_comes(records: Records, rules: Rules, payment: ReceivedPayment, at: datetime) -> Application:
    """The application whose memo the payment carries, as it is then."""
    application = take_payment(records, rules, payment, at).application
    if application is None:
        raise LookupError("no order has this memo")
    return application


def waiting(office: Office) -> list[tuple[str, int]]:
    """What somebody has to look at: references and amounts."""

    def read(records: SqlRecords) -> list[tuple[str, int]]:
        page = records.received_payments.waiting("000.00.15.H26", None, None, 1_000)
        return sorted((one.reference, int(one.amount)) for one in page.payments)

    return office.database.run_blocking(read)
