"""What an official may do with a case now, so that nobody is shown what would be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from identity.citizen import VerifiedOfficial

from ..application import ENDED, Application, ApplicationState
from ..delegations.authority import HEAD, Authority, authority_in_role, authority_to_act
from ..errors import NotYours, RoleMissing, SelfDealing
from ..procedure.document import Outcome, Step
from ..records import Records
from ..rules import Rules

_AT_WORK = frozenset({ApplicationState.RECEIVED, ApplicationState.IN_PROGRESS})
_STOPPABLE = _AT_WORK | {ApplicationState.MORE_PAPERS_ASKED, ApplicationState.PAYMENT_ASKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """right: by which the official may act; None with `why_not`, the code of the refusal.

    actions: `ownership`, `assignment`, `papers_request`, `resumption`, `stop`, `register_questions`.
    """

    right: Authority | None
    why_not: str | None
    actions: frozenset[str]
    outcomes: tuple[Outcome, ...]


def what_is_possible(
    records: Records, rules: Rules, official: VerifiedOfficial, application: Application, step: Step, at: datetime
) -> Possible:
    """Nothing with a case that is decided or has ended."""
    if application.decision is not None or application.state in ENDED:
        return Possible(right=None, why_not=None, actions=frozenset(), outcomes=())
    actions: set[str] = set()
    if _may_assign(records, rules, official, application, at):
        actions.add("assignment")
    try:
        right = authority_to_act(records, rules, official, application, at)
    except (RoleMissing, NotYours, SelfDealing) as refused:
        return Possible(right=None, why_not=refused.code, actions=frozenset(actions), outcomes=())
    owner = application.owner
    if owner is None or owner.subject_key != official.subject_key:
        actions.add("ownership")
    if application.state in _AT_WORK:
        if "ask_papers" in step.actions:
            actions.add("papers_request")
        if "ask_register_again" in step.actions:
            actions.add("register_questions")
    if application.state is ApplicationState.MORE_PAPERS_ASKED:
        actions.add("resumption")
    if "stop" in step.actions and application.state in _STOPPABLE:
        actions.add("stop")
    outcomes = [outcome for outcome in step.outcomes if application.state in _AT_WORK or outcome.ends == "refused"]
    return Possible(right=right, why_not=None, actions=frozenset(actions), outcomes=tuple(outcomes))


def _may_assign(
    records: Records, rules: Rules, official: VerifiedOfficial, application: Application, at: datetime
) -> bool:
    try:
        authority_in_role(records, rules, official, application, HEAD, at)
    except (RoleMissing, SelfDealing):
        return False
    return True
