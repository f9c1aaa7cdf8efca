"""The agency asks the citizen for papers, and waits; the clock stands still meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from identity.citizen import VerifiedCitizen, VerifiedOfficial

from ..application import LEGAL_MOVES, Application, ApplicationState, AskedOfCitizen
from ..bring_evidence import own_application
from ..errors import IllegalMove, PapersRequestRefused
from ..fees.facts import vietnam_day
from ..records import AuditEntry, Records
from ..rules import Rules
from .allowed import require_action
from .audited import audit
from .clock import go_on
from .open_turn import at_work, open_turn

MOST_DAYS = timedelta(days=90)


def ask_papers(
    records: Records, rules: Rules, code: str, official: VerifiedOfficial, text: str, until: date, at: datetime
) -> Application:
    """text: what the citizen reads. until: the last day to bring the papers (Asia/Ho_Chi_Minh), 90 days ahead at most.

    When that day has passed nothing happens by itself: `papers_overdue` tells of it, and a person decides.
    Raises ApplicationNotFound, RoleMissing, SelfDealing, NotYours, AlreadyDecided, ActionNotOffered,
    PapersRequestRefused, FeeUndecided, PaymentOutstanding, PapersOutstanding (asked before), IllegalMove.
    """
    application, right = open_turn(records, rules, code, official, at)
    require_action(records, application, "ask_papers")
    today = vietnam_day(at)
    if not today < until <= today + MOST_DAYS:
        raise PapersRequestRefused("papers are asked for until a day to come, within 90 days")
    application = at_work(application, at).moved_to(ApplicationState.MORE_PAPERS_ASKED, at)
    application = replace(application, asked=AskedOfCitizen(text=text, by=right.actor, at=at, until=until))
    audit(records, application, right, "papers_asked", at, until=until.isoformat())
    return records.applications.save(application)


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


def papers_overdue(records: Records, at: datetime, limit: int) -> tuple[Application, ...]:
    """Applications whose citizen has not brought the papers by the day named. It only tells: what becomes of them is
    for their owner to decide."""
    return tuple(records.applications.papers_overdue(vietnam_day(at), limit))


def _go_on(records: Records, rules: Rules, application: Application, at: datetime) -> Application:
    if application.state is not ApplicationState.MORE_PAPERS_ASKED:
        legal = LEGAL_MOVES[application.state]
        raise IllegalMove(application.state, ApplicationState.IN_PROGRESS, legal)
    application = replace(application.moved_to(ApplicationState.IN_PROGRESS, at), asked=None)
    return go_on(records, rules.calendar, application, at)
