"""Cases in which nothing is left to weigh: they may be approved together, after a look at the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from identity.citizen import VerifiedOfficial

from ..application import Application
from ..bring_evidence import papers_missing
from ..desk import open_case
from ..errors import ApplicationChanged
from ..evidence import EvidenceState
from ..records import Records
from ..registers.consult import stale_sources
from ..registers.contradictions import contradictions
from ..registers.judicial import RegisterAnswer
from ..rules import Rules
from .act import act
from .in_force import procedure_of
from .possible import what_is_possible

REASONS = (
    "not_offered",
    "register_awaited",
    "register_stale",
    "found_in_register",
    "contradiction",
    "fee_unsettled",
    "papers_undecided",
    "question_open",
    "official_fee",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """outcome: by which the official may approve it now; None where there is none. why_not: of REASONS, why it is to be
    looked at alone; none for a clean case."""

    outcome: str | None
    why_not: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not self.why_not


def look_at(
    records: Records, rules: Rules, official: VerifiedOfficial, application: Application, at: datetime
) -> Looked:
    """Whether the official may approve this case together with others: every register has answered, lately enough,
    with nothing that speaks against anybody and in accord with what was stated; the fee is settled by a rule; no paper
    and no question waits."""
    document_type = rules.catalogue.get(application.type_id)
    step = procedure_of(records, application).step(application.step)
    possible = what_is_possible(records, rules, official, application, step, at)
    outcome = next((one.id for one in possible.outcomes if one.ends == "approved"), None)
    papers = records.evidence.of_application(application.id)
    found = {
        "not_offered": outcome is None,
        "register_awaited": bool(application.missing_sources),
        "register_stale": bool(stale_sources(application, document_type, at)),
        "found_in_register": any(_speaks_against(application, source) for source in application.sources),
        "contradiction": bool(contradictions(application)),
        "fee_unsettled": not application.is_fee_settled,
        "papers_undecided": any(one.state is EvidenceState.SUBMITTED for one in papers)
        or bool(papers_missing(records, application, document_type)),
        "question_open": any(one.answered_at is None for one in records.questions.of_application(application.id)),
        "official_fee": application.fee_decision is not None,
    }
    return Looked(outcome=outcome, why_not=tuple(reason for reason in REASONS if found[reason]))


def approve_clean(
    records: Records, rules: Rules, code: str, official: VerifiedOfficial, version: int, at: datetime
) -> Application:
    """Approve a case that was seen in a list as clean, if it still is the same.

    version: as it was seen. Raises ApplicationChanged, and what `act` raises.
    """
    application = open_case(records, official, code)
    looked = look_at(records, rules, official, application, at)
    if application.version != version or not looked.is_clean or looked.outcome is None:
        raise ApplicationChanged("the case is no longer what was seen in the list")
    return act(records, rules, code, official, looked.outcome, None, at)


def _speaks_against(application: Application, source: str) -> bool:
    """Something that a person has to read: convictions, bans."""
    answer = application.answer_of(source)
    return isinstance(answer, RegisterAnswer) and bool(answer.convictions or answer.business_bans)
