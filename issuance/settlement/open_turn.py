"""The case on which an official wants to act now, and by which right."""

from __future__ import annotations

from datetime import datetime

from identity.citizen import VerifiedOfficial

from ..application import ENDED, LEGAL_MOVES, Application, ApplicationState
from ..delegations.authority import Authority, authority_to_act
from ..errors import AlreadyDecided, FeeUndecided, IllegalMove, PapersOutstanding, PaymentOutstanding
from ..records import Records
from ..rules import Rules


def open_turn(
    records: Records, rules: Rules, code: str, official: VerifiedOfficial, at: datetime
) -> tuple[Application, Authority]:
    """An undecided application of the official's unit.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, NotYours, AlreadyDecided, IllegalMove (it has ended).
    """
    application = records.applications.in_unit(code, official.unit)
    right = authority_to_act(records, rules, official, application, at)
    require_undecided(application)
    return application, right


def require_undecided(application: Application) -> None:
    """Raises AlreadyDecided, IllegalMove (it has ended)."""
    if application.decision is not None:
        raise AlreadyDecided("this application is decided already")
    if application.state in ENDED:
        raise IllegalMove(application.state, ApplicationState.IN_PROGRESS, LEGAL_MOVES[application.state])


def at_work(application: Application, at: datetime) -> Application:
    """The application in progress: an official has begun to work on it. Not yet saved.

    Raises FeeUndecided, PaymentOutstanding, PapersOutstanding where it waits for somebody else.
    """
    match application.state:
        case ApplicationState.IN_PROGRESS:
            return application
        case ApplicationState.NEWLY_REGISTERED:
            raise FeeUndecided("the fee of this application is not decided")
        case ApplicationState.PAYMENT_ASKED:
            raise PaymentOutstanding("the fee of this application is not paid")
        case ApplicationState.MORE_PAPERS_ASKED:
            raise PapersOutstanding("this application waits for papers")
        case _:
            return application.moved_to(ApplicationState.IN_PROGRESS, at)
