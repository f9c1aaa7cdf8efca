"""The agency asks the citizen for papers, and waits; the clock stands still meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from identity.citizen import VerifiedOfficial

from ..application import Application, ApplicationState, AskedOfCitizen
from ..errors import PapersRequestRefused
from ..fees.facts import vietnam_day
from ..records import Records
from ..rules import Rules
from .allowed import require_action
from .audited import audit
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


def papers_overdue(records: Records, at: datetime, limit: int) -> tuple[Application, ...]:
    """Applications whose citizen has not brought the papers by the day named. It only tells: what becomes of them is
    for their owner to decide."""
    return tuple(records.applications.papers_overdue(vietnam_day(at), limit))
