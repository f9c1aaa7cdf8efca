"""A citizen takes an application back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from identity.citizen import VerifiedCitizen

from .application import Application, ApplicationState
from .bring_evidence import own_application
from .errors import AlreadyDecided
from .pay_back import latest_seq, pay_back
from .records import AuditEntry, Records
from .settlement.enter_step import end_step


def withdraw(records: Records, citizen: VerifiedCitizen, code: str, at: datetime) -> Application:
    """End the citizen's own application before it is decided: nothing is asked for any more, what was paid is ordered
    back, and what it has claimed of quotas is free again.

    Raises ApplicationNotFound, LevelTooLow (than that at which it was submitted), IllegalMove (it has ended),
    AlreadyDecided.
    """
    return take_back(records, own_application(records, citizen, code), citizen.subject_key, at)


def take_back(records: Records, application: Application, by: str, at: datetime) -> Application:
    """The same, for whoever may: by is the key of the account. Raises IllegalMove, AlreadyDecided."""
    withdrawn = replace(application.moved_to(ApplicationState.WITHDRAWN, at), asked=None)
    if application.decision is not None:
        raise AlreadyDecided("this application is decided: its document is on its way")
    order, refund = records.payments.of_application(application.id), 0
    if order is not None and order.is_open:
        records.payments.cancel(order, at)
    elif order is not None:
        seq = latest_seq(records, application.id)
        refund = pay_back(records, order, due=0, cause="withdrawn", seq=seq, by=by, at=at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=by,
            action="application_withdrawn",
            application_id=application.id,
            details={"state": withdrawn.state, "refund": int(refund)},
        )
    )
    end_step(records, application, "withdrawn", by, at)
    withdrawn = records.applications.save(withdrawn)
    records.quotas.release(application.id, at)
    return withdrawn
