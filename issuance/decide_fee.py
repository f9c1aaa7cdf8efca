"""An official decides the fee of an application that no rule covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from identity.citizen import VerifiedOfficial

from .application import Application, ApplicationState, FeeDecision
from .apply import RECEIPT_TYPE, open_payment, receive
from .content import rehearse_receipt
from .errors import FeeNotReferred
from .fees.assess import FeeOutcome
from .fees.document import VND
from .fees.facts import vietnam_day
from .records import Records
from .rules import Rules
from .settlement.audited import audit
from .settlement.open_turn import open_turn


def decide_fee(
    records: Records,
    rules: Rules,
    code: str,
    official: VerifiedOfficial,
    *,
    due: VND,
    basis: str,
    reason: str,
    at: datetime,
) -> Application:
    """Decide the fee where no rule covers the request; the act that it rests on is part of the decision.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, NotYours, AlreadyDecided, FeeNotReferred, NotPrintable.
    """
    application, right = open_turn(records, rules, code, official, at)
    if application.fee.outcome is not FeeOutcome.REFERRED or application.fee_decision is not None:
        raise FeeNotReferred("the fee of this application is decided already")
    decision = FeeDecision(due=due, basis=basis, reason=reason, by=right.actor, at=at)
    application = replace(application, fee_decision=decision)
    receipt_type = rules.catalogue.get(RECEIPT_TYPE)
    rehearse_receipt(application, rules.catalogue.get(application.type_id), receipt_type, vietnam_day(at))
    if due:
        application = application.moved_to(ApplicationState.PAYMENT_ASKED, at)
        open_payment(records, application, at)
    else:
        application = receive(records, rules, application, at)
    audit(records, application, right, "fee_decided", at, due=int(due), basis=basis)
    return records.applications.save(application)
