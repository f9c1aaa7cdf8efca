"""Papers are waited for no longer: the clock goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from identity.citizen import VerifiedCitizen, VerifiedOfficial

from ..application import LEGAL_MOVES, Application, ApplicationState
from ..bring_evidence import own_application
from ..errors import IllegalMove
from ..records import AuditEntry, Records
from ..rules import Rules
from .audited import audit
from .clock import go_on
from .open_turn import open_turn


def resume(records: Records, rules: Rules, code: str, official: VerifiedOfficial, at: datetime) -> Application:
    """The official goes on without waiting any longer: the papers came another way, or are not needed.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, NotYours, AlreadyDecided, IllegalMove (nothing is waited for).
    """
    application, right = open_turn(records, rules, code, official, at)
    application = _go_on(records, rules, application, at)
    audit(records, application, right, "work_resumed", at)
    return records.applications.save(application)


def papers_given(records: Records, rules: Rules, citizen: VerifiedCitizen, code: str, at: datetime) -> Application:
    """The citizen says that all papers are there: it is the agency's turn again.

    Raises ApplicationNotFound, LevelTooLow (than that at which it was submitted), IllegalMove (nothing is waited for).
    """
    application = _go_on(records, rules, own_application(records, citizen, code), at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=citizen.subject_key,
            action="papers_given",
            application_id=application.id,
            details={"state": application.state},
        )
    )
    return records.applications.save(application)


def _go_on(records: Records, rules: Rules, application: Application, at: datetime) -> Application:
    if application.state is not ApplicationState.MORE_PAPERS_ASKED:
        legal = LEGAL_MOVES[application.state]
        raise IllegalMove(application.state, ApplicationState.IN_PROGRESS, legal)
    application = replace(application.moved_to(ApplicationState.IN_PROGRESS, at), asked=None)
    return go_on(records, rules.calendar, application, at)
