"""An official has the registers asked anew: their answers are old, or contradict what was stated."""

from __future__ import annotations

from datetime import datetime

from identity.citizen import VerifiedOfficial

from ..application import Application
from ..jobs import JobKind
from ..records import Records
from ..registers.consult import ask_again
from ..rules import Rules
from .allowed import require_action
from .audited import audit
from .open_turn import at_work, open_turn


def ask_register_again(
    records: Records, rules: Rules, code: str, official: VerifiedOfficial, at: datetime
) -> Application:
    """What was answered before stays on record; until the new answers are there nothing is approved.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, NotYours, AlreadyDecided, ActionNotOffered, FeeUndecided,
    PaymentOutstanding, PapersOutstanding, IllegalMove.
    """
    application, right = open_turn(records, rules, code, official, at)
    require_action(records, application, "ask_register_again")
    application = ask_again(at_work(application, at))
    # Asked for once, a job is not run again by asking for it: the sweep, which looks at what applications wait for, is.
    records.jobs.enqueue(JobKind.CONSULT_REGISTER, application.id)
    audit(records, application, right, "register_asked_again", at)
    return records.applications.save(application)
