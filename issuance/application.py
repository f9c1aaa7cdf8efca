"""One request for one document: its states and the legal moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from identity.citizen import Role, VerifiedCitizen, VerifiedOfficial
from identity.guardian import VerifiedGuardian

from .errors import IllegalMove
from .fees.assess import FeeAssessment, FeeOutcome
from .fees.document import VND
from .fees.facts import vietnam_day
from .procedure.limit import Limit
from .procedure.working_time import Pause
from .registers.judicial import RegisterAnswer
from .registers.source import SourceAnswer


class ApplicationState(StrEnum):
    """The ten public states; `number` is the one under which the national portal knows them."""

    NEWLY_REGISTERED = "newly_registered"
    RECEIVED = "received"
    REFUSED_AT_INTAKE = "refused_at_intake"
    IN_PROGRESS = "in_progress"
    MORE_PAPERS_ASKED = "more_papers_asked"
    PAYMENT_ASKED = "payment_asked"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    SETTLED = "settled"
    RESULT_RETURNED = "result_returned"

    @property
    def number(self) -> int:
        """1 to 10, in the order of the national list."""
        return list(ApplicationState).index(self) + 1


_S = ApplicationState
LEGAL_MOVES: Mapping[ApplicationState, frozenset[ApplicationState]] = MappingProxyType(
    {
        _S.NEWLY_REGISTERED: frozenset({_S.RECEIVED, _S.REFUSED_AT_INTAKE, _S.PAYMENT_ASKED, _S.WITHDRAWN}),
        _S.RECEIVED: frozenset(
            {
                _S.IN_PROGRESS,
                _S.REFUSED_AT_INTAKE,
                _S.MORE_PAPERS_ASKED,
                _S.PAYMENT_ASKED,
                _S.WITHDRAWN,
                _S.STOPPED,
            }
        ),
        _S.REFUSED_AT_INTAKE: frozenset(),
        _S.IN_PROGRESS: frozenset({_S.MORE_PAPERS_ASKED, _S.PAYMENT_ASKED, _S.WITHDRAWN, _S.STOPPED, _S.SETTLED}),
        _S.MORE_PAPERS_ASKED: frozenset({_S.RECEIVED, _S.IN_PROGRESS, _S.WITHDRAWN, _S.STOPPED}),
        _S.PAYMENT_ASKED: frozenset({_S.RECEIVED, _S.IN_PROGRESS, _S.WITHDRAWN, _S.STOPPED}),
        _S.WITHDRAWN: frozenset(),
        _S.STOPPED: frozenset(),
        _S.SETTLED: frozenset({_S.RESULT_RETURNED}),
        _S.RESULT_RETURNED: frozenset(),
    }
)


ENDED = frozenset({_S.REFUSED_AT_INTAKE, _S.WITHDRAWN, _S.STOPPED, _S.SETTLED, _S.RESULT_RETURNED})
"""States in which nothing is left to decide."""

USUAL_LIMIT = Limit(10, "working_days")
"""Under which everything was promised before each application kept its own."""

_PAUSING = frozenset({_S.MORE_PAPERS_ASKED, _S.PAYMENT_ASKED})


NOT_TOLD = date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """The citizen as the token proved her at submission: signed facts do not follow later changes.

    For a procedural body, its official; subject_key is then the body's, which owns the application, and birth_date
    `NOT_TOLD`, since tokens of officials have none.
    """

    subject_key: str
    personal_id: str
    full_name: str
    birth_date: date
    sex: str | None
    level: int
    client_id: str

    @classmethod
    def from_citizen(cls, citizen: VerifiedCitizen) -> Applicant:
        return cls(
            subject_key=citizen.subject_key,
            personal_id=citizen.personal_id.digits,
            full_name=citizen.full_name,
            birth_date=citizen.birth_date,
            sex=citizen.sex,
            level=int(citizen.level),
            client_id=citizen.client_id,
        )

    def __repr__(self) -> str:
        return "Applicant(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """The child for whom the applicant acts, as the population register showed it at submission.

    relation: what the applicant is to the child. guardians: the personal numbers of all its parents and guardians, the
    applicant included. reference and answered_at: the register's answer, kept as evidence.
    """

    personal_id: str
    full_name: str
    birth_date: date
    sex: str | None
    relation: str
    guardians: frozenset[str]
    reference: str
    answered_at: datetime

    @classmethod
    def from_guardian(cls, guardian: VerifiedGuardian) -> Ward:
        child = guardian.child
        return cls(
            personal_id=child.personal_id.digits,
            full_name=child.full_name,
            birth_date=child.birth_date,
            sex=child.sex,
            relation=child.relation,
            guardians=frozenset(number.digits for number in child.guardians),
            reference=child.reference,
            answered_at=child.answered_at,
        )

    def __repr__(self) -> str:
        return "Ward(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The official who acted, as the token proved him or her at that moment."""

    subject_key: str
    full_name: str
    unit: str

    @classmethod
    def from_official(cls, official: VerifiedOfficial) -> Actor:
        return cls(subject_key=official.subject_key, full_name=official.full_name, unit=official.unit)


class DecisionOutcome(StrEnum):
    """STOPPED: ended for a reason that is none of the matter's, such as papers that never came."""

    APPROVED = "approved"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How the agency settled the application. A refusal always gives its reason.

    acting_for: whose decision it was to take, where `by` took it under a delegation; delegation: its id; act: the act
    that the delegation rests on.
    """

    outcome: DecisionOutcome
    by: Actor
    at: datetime
    reason: str | None = None
    acting_for: Actor | None = None
    delegation: UUID | None = None
    act: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeDecision:
    """The fee as an official decided it where no rule applied, with the legal basis he or she cites."""

    due: VND
    basis: str
    reason: str
    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureRef:
    """The version of the internal procedure by which an application is settled: the one it started with."""

    id: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOfCitizen:
    """What the agency waits for: the papers, in the words that the citizen reads, and the day it waits until."""

    text: str
    by: Actor
    at: datetime
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestingBody:
    """The procedural body that asked for the document, about the person concerned (`subject`).

    unit: the body's code. case_number: of the proceedings. basis: the act that lets the body ask.
    """

    unit: str
    name: str
    case_number: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The person whom a body's request is about, as the body names her."""

    personal_id: str
    full_name: str
    birth_date: date
    sex: str | None

    def __repr__(self) -> str:
        return "Subject(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application. `version` rises with every stored change, so that two changes at once cannot both win.

    applicant: who asks, owns the application, pays and receives. on_behalf_of: the child for whom; None where it is for
    the applicant. requested_by, subject: set where a procedural body asks; the applicant is then its official.

    unit, role, owner: whose turn it is: the official named, and where nobody is named yet, everybody of the unit in
    this role.
    limit: the legal time limit that was promised at submission; a change of the law moves no promise.
    promised_at: when the citizen gets the result at the latest; it moves with every pause and with nothing else.
    step_due_at: the same for the step; None where no step is open. pauses: when the clock stood still, in order, the
    last one perhaps open. sources: the registers that have to answer before anything is approved; answers: what they
    said, in the order in which it came. asked_again: those that have answered and are to answer anew.
    closed_at: when the application ended, in whatever way. person_index,
    concerned_index: by what the applicant and the person concerned are found and not named; None before there was such.
    """

    id: UUID
    code: str
    type_id: str
    channel: str
    unit: str
    procedure: ProcedureRef
    step: str
    role: Role
    owner: Actor | None
    applicant: Applicant
    input: Mapping[str, Any]
    fee: FeeAssessment
    fee_decision: FeeDecision | None
    paid: bool
    state: ApplicationState
    submitted_at: datetime
    promised_at: datetime
    step_due_at: datetime | None
    decision: Decision | None
    sources: tuple[str, ...]
    answers: tuple[SourceAnswer, ...] = ()
    asked_again: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()
    asked: AskedOfCitizen | None = None
    on_behalf_of: Ward | None = None
    requested_by: RequestingBody | None = None
    subject: Subject | None = None
    closed_at: datetime | None = None
    limit: Limit = USUAL_LIMIT
    person_index: str | None = None
    concerned_index: str | None = None
    version: int = 0

    @property
    def concerned(self) -> Applicant | Ward | Subject:
        """Whose document it is: of this person the facts are printed, and this person the register is asked about."""
        return self.subject or self.on_behalf_of or self.applicant

    @property
    def promised_on(self) -> date:
        """The promised day in Vietnam."""
        return vietnam_day(self.promised_at)

    @property
    def is_paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1].ended_at is None

    @property
    def halted_at(self) -> datetime | None:
        """Since when its time runs no more: it has ended, or it is paused. None while it runs.

        What ended in a pause was halted by the pause."""
        if self.pauses and self.pauses[-1].ended_at in (None, self.closed_at):
            return self.pauses[-1].began_at
        return self.closed_at

    @property
    def register_answer(self) -> RegisterAnswer | None:
        """What the judicial register said last."""
        return next((one for one in reversed(self.answers) if isinstance(one, RegisterAnswer)), None)

    def answer_of(self, source: str) -> SourceAnswer | None:
        """What this source said last; None where it has not answered yet."""
        return next((one for one in reversed(self.answers) if one.source == source), None)

    @property
    def missing_sources(self) -> tuple[str, ...]:
        """Those that have not answered yet, or not anew."""
        answered = {one.source for one in self.answers} - set(self.asked_again)
        return tuple(source for source in self.sources if source not in answered)

    @property
    def copies(self) -> int:
        """Paper copies asked for."""
        return int(self.input["copies"])

    @property
    def amount_due(self) -> VND | None:
        """What the citizen owes in VND; None as long as nobody has decided it."""
        if self.fee_decision is not None:
            return self.fee_decision.due
        return None if self.fee.outcome is FeeOutcome.REFERRED else self.fee.due

    @property
    def is_fee_settled(self) -> bool:
        return self.amount_due is not None and (self.amount_due == 0 or self.paid)

    def moved_to(self, state: ApplicationState, at: datetime) -> Application:
        """The application in its next state. Raises IllegalMove, which names the legal ones.

        The clock stands still while the citizen owes papers or money. What has ended is nobody's turn any more.
        """
        legal = LEGAL_MOVES[self.state]
        if state not in legal:
            raise IllegalMove(self.state, state, legal)
        moved = replace(self, state=state, pauses=self._ended_pauses(at))
        if state in _PAUSING:
            return replace(moved, pauses=(*moved.pauses, Pause(at, None, state.value)))
        if state in ENDED and self.closed_at is None:
            return replace(moved, closed_at=at, step_due_at=None)
        return moved

    def _ended_pauses(self, at: datetime) -> tuple[Pause, ...]:
        if not self.is_paused:
            return self.pauses
        return (*self.pauses[:-1], replace(self.pauses[-1], ended_at=at))
