"""An application ends without a decision on its matter: an official stops it, or its money never came."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from identity.citizen import VerifiedOfficial
from verification.verdict import VIETNAM

from ..application import Application, ApplicationState, Decision, DecisionOutcome
from ..fees.facts import vietnam_day
from ..payments.order import PaymentOrder
from ..records import AuditEntry, Records
from ..rules import Rules
from .allowed import require_action
from .audited import audit
from .enter_step import end_step, leave_step
from .open_turn import open_turn

SYSTEM = "condau"


def stop(
    records: Records, rules: Rules, code: str, official: VerifiedOfficial, reason: str, at: datetime
) -> Application:
    """reason: the citizen reads it. Nothing is asked for any more; what was paid stays paid, as with a refusal.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, NotYours, AlreadyDecided, ActionNotOffered, IllegalMove (not
    taken in yet, or ended).
    """
    application, right = open_turn(records, rules, code, official, at)
    require_action(records, application, "stop")
    application = application.moved_to(ApplicationState.STOPPED, at)
    _ask_for_nothing(records, application, at)
    application = leave_step(records, application, "stopped", right, at)
    decision = Decision(
        outcome=DecisionOutcome.STOPPED,
        by=right.actor,
        at=at,
        reason=reason,
        acting_for=right.acting_for,
        delegation=right.delegation_id,
        act=right.act,
    )
    application = replace(application, owner=right.actor, decision=decision, asked=None)
    audit(records, application, right, "application_stopped", at)
    stopped = records.applications.save(application)
    records.quotas.release(application.id, at)
    return stopped


def expire_unpaid(records: Records, rules: Rules, at: datetime, limit: int) -> int:
    """Stop applications whose money has not come by the last day to pay, `limit` at most; returns how many.

    The last day is the `payment_days`-th after the order's. The order is cancelled, so that money that comes all the
    same fits none; what was claimed of quotas is free again.
    """
    first_day_open = vietnam_day(at) - timedelta(days=rules.payment_days)
    asked_before = datetime.combine(first_day_open, time(), VIETNAM)
    found = map(records.applications.by_id, records.applications.unpaid(asked_before, limit))
    # Read one by one: what was paid since they were looked for waits for money no more.
    stopped = 0
    for application in found:
        if application.state is ApplicationState.PAYMENT_ASKED:
            _expire(records, application, at)
            stopped += 1
    return stopped


def last_day_to_pay(rules: Rules, order: PaymentOrder) -> date:
    """The last day in Vietnam on which the order's money may come."""
    return vietnam_day(order.opened_at) + timedelta(days=rules.payment_days)


def _expire(records: Records, application: Application, at: datetime) -> None:
    stopped = application.moved_to(ApplicationState.STOPPED, at)
    _ask_for_nothing(records, application, at)
    end_step(records, application, "unpaid", SYSTEM, at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=SYSTEM,
            action="application_unpaid",
            application_id=application.id,
            details={"unit": application.unit, "state": stopped.state},
        )
    )
    records.applications.save(stopped)
    records.quotas.release(application.id, at)


def _ask_for_nothing(records: Records, application: Application, at: datetime) -> None:
    order = records.payments.of_application(application.id)
    if order is not None and order.is_open:
        records.payments.cancel(order, at)
