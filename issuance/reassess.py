"""A fee is assessed anew when more is known about the citizen; it only ever gets lower."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from .application import Application, ApplicationState
from .apply import Rules, receive
from .assess_fee import AssessedFee, assess_fee, decided_at, fee_facts
from .assessed import StoredAssessment
from .fees.assess import FeeOutcome
from .fees.book import PolicyBook
from .fees.facts import vietnam_day
from .pay_back import latest_seq, pay_back
from .payments.charge import charge_what_waits
from .records import AuditEntry, Records

_ISSUED = frozenset({ApplicationState.SETTLED, ApplicationState.RESULT_RETURNED})


def reassess(records: Records, rules: Rules, application: Application, accepted: AuditEntry) -> Application:
    """Assess the fee with all papers accepted by now, and let the open order, the money paid and the quotas follow.

    The deciding day stays; the policy is the one that decides on it as it is known now. What the application has
    claimed counts as free, and is given back and claimed anew. An assessment that asks for more, or refers, is dropped
    and the former one stands; so does a fee that an official decided, and one that waits for an official.

    accepted: the audit entry of what leads to this, stored here together with what came of it. Returns the application
    as stored. Raises ConcurrentChange.
    """
    book = records.fee_policies.book()
    anew = _lower(records, rules, book, application)
    if anew is None:
        records.audit.append(accepted)
        return records.applications.save(application)
    at, seq = accepted.at, latest_seq(records, application.id) + 1
    before = application.fee.due
    # Money comes first and the application after it, as when a payment is confirmed: two who meet wait in one order.
    application = replace(application, fee=anew.assessment)
    application, came_of_it = _settle_money(records, rules, application, seq, accepted.actor, at)
    records.assessments.add(
        StoredAssessment(
            application_id=application.id,
            seq=seq,
            at=decided_at(book, at),
            cause="evidence_accepted",
            assessment=anew.assessment,
        )
    )
    came_of_it = {"assessment": seq, "due_before": int(before), "due": int(anew.assessment.due), **came_of_it}
    records.audit.append(replace(accepted, details={**accepted.details, **came_of_it, "state": application.state}))
    application = records.applications.save(application)
    # Quotas come last: their rows stay locked until the commit.
    records.quotas.claim_anew(application.id, seq, anew.claims, at)
    if application.state in _ISSUED:
        records.quotas.commit(application.id, at)
    return application


def _lower(records: Records, rules: Rules, book: PolicyBook, application: Application) -> AssessedFee | None:
    """The fee with all accepted papers; None where the one that stands goes on standing."""
    if application.fee_decision is not None or application.fee.outcome is FeeOutcome.REFERRED:
        return None
    facts = fee_facts(
        rules.catalogue.get(application.type_id),
        application.input,
        channel=application.channel,
        birth_date=application.concerned.birth_date,
        level=application.applicant.level,
        submitted_on=vietnam_day(application.submitted_at),
        papers=records.evidence.of_application(application.id),
        by_body=application.requested_by is not None,
    )
    anew = assess_fee(
        records,
        book,
        facts,
        person=rules.person_index(application.concerned.personal_id),
        given_back=records.quotas.claimed(application.id),
    )
    totals = anew.assessment.totals
    return None if totals is None or totals.due > application.fee.due else anew


def _settle_money(
    records: Records, rules: Rules, application: Application, seq: int, by: str, at: datetime
) -> tuple[Application, Mapping[str, Any]]:
    """An open order asks for what is due now, or for nothing any more; of what was paid the rest goes back."""
    order, due = records.payments.of_application(application.id), application.fee.due
    if order is None or order.cancelled_at is not None:
        return application, {}
    if order.paid_at is not None:
        return application, {
            "refund": int(pay_back(records, order, due=due, cause="evidence_accepted", seq=seq, by=by, at=at))
        }
    if not due:
        records.payments.cancel(order, at)
        return receive(records, rules, application, at), {"order": "cancelled"}
    if due < order.amount:
        lowered = replace(order, amount=due)
        records.payments.lower(lowered)
        # Somebody may have paid just this before the paper was looked at.
        return charge_what_waits(records, rules, application, lowered, by=by, at=at), {"order": "lowered"}
    return application, {}
