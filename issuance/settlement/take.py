"""An official takes a case: work on it begins, and whose it is has a name."""

from __future__ import annotations

from datetime import datetime

from identity.citizen import VerifiedOfficial

from ..application import Application, ApplicationState
from ..records import Records
from ..rules import Rules
from .assign_owner import hand_to
from .audited import audit
from .open_turn import at_work, open_turn


def take(records: Records, rules: Rules, code: str, official: VerifiedOfficial, at: datetime) -> Application:
    """The official owns the case from now on: one that nobody owns, or a colleague's for its head, or for whoever acts
    in that colleague's place. What was received is in progress then; what waits for money or papers goes on waiting.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, NotYours, AlreadyDecided, IllegalMove (it has ended).
    """
    application, right = open_turn(records, rules, code, official, at)
    if application.state is ApplicationState.RECEIVED:
        application = at_work(application, at)
    application = hand_to(records, application, right.actor)
    audit(records, application, right, "application_taken", at, step=application.step)
    return records.applications.save(application)
