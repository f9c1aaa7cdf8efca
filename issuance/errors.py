"""What the agency's work can refuse. Each leaf carries a stable `code`; HTTP statuses live in api/ alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import issuance.fees.errors as fees
    from issuance.privacy.persons import HeldApplication
    from issuance.procedure.problems import Problem


class IssuanceError(Exception):
    """Base of every refusal in issuance; messages never contain personal data."""

    code: ClassVar[str] = "issuance_error"


class ApplicationNotFound(IssuanceError):
    """No such application, or it belongs to somebody else: the two are told apart nowhere."""

    code = "application_not_found"


class PersonErased(IssuanceError):
    """The data of this person was erased, or its time is over: what is counted stays, and nothing else can be shown."""

    code = "person_erased"


class ErasureHeld(IssuanceError):
    """Something about this person is under way, so her data stays until it has ended."""

    code = "erasure_held"

    def __init__(self, held: Sequence[HeldApplication]) -> None:
        super().__init__("something about this person is under way")
        self.held = held


class ApologyNotOwed(IssuanceError):
    """The promised time of this application has not passed, so there is nothing to apologise for."""

    code = "apology_not_owed"


class ApologySigned(IssuanceError):
    """The apology is signed off already; it is so once."""

    code = "apology_signed"


class NewDateRefused(IssuanceError):
    """The new date of an apology has passed, or lies too far ahead."""

    code = "new_date_refused"


class FollowUpNotFound(IssuanceError):
    """No such follow-up for this official."""

    code = "follow_up_not_found"


class CertificateNotFound(IssuanceError):
    """No such document for this person, or it is not issued yet and so may not be known."""

    code = "certificate_not_found"


class CertificateNotReady(IssuanceError):
    """The document is not issued yet; until then not a byte of it is handed out."""

    code = "certificate_not_ready"


class NoCredential(IssuanceError):
    """The document is issued, and was issued without a credential."""

    code = "no_credential"


class NoReceiptXml(IssuanceError):
    """The receipt is issued, and was issued before receipts were signed as XML."""

    code = "no_receipt_xml"


class IllegalMove(IssuanceError):
    """The state does not allow this move; `legal` names those that it does."""

    code = "illegal_move"

    def __init__(self, current: str, wanted: str, legal: Iterable[str]) -> None:
        self.current, self.wanted, self.legal = current, wanted, tuple(sorted(legal))
        super().__init__(f"an application in state {current!r} cannot become {wanted!r}")


class AlreadyDecided(IssuanceError):
    """The application carries a decision; a decision is taken once."""

    code = "already_decided"


class SelfDealing(IssuanceError):
    """An official may not settle an application of his or her own, nor one about his or her own child."""

    code = "self_dealing"


class RoleMissing(IssuanceError):
    """The official's roles do not include the one that this step needs."""

    code = "role_missing"


class NotPrintable(IssuanceError):
    """What the document has to state cannot be printed. `problems`: JSON pointers and rule codes, no values."""

    code = "not_printable"

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{pointer}: {rule}" for pointer, rule in self.problems))


class IntentBroken(IssuanceError):
    """The stored content is not the one that was intended; nothing is sealed."""

    code = "intent_broken"


class WrongChannel(IssuanceError):
    """The app that brought the request is not registered for a channel of this document type."""

    code = "wrong_channel"


class GuardianNotAccepted(IssuanceError):
    """Nobody can ask for this document on behalf of a child: not for this type, or not in this installation."""

    code = "guardian_not_accepted"


class NotAProceduralBody(IssuanceError):
    """The official's unit is none that conducts proceedings, and so asks for nobody's documents."""

    code = "not_a_procedural_body"


class BodyNotAccepted(IssuanceError):
    """Bodies that conduct proceedings cannot ask for this type."""

    code = "body_not_accepted"


class RegisterNotConsulted(IssuanceError):
    """The register has not answered yet; without its answer nothing is approved."""

    code = "register_not_consulted"


class RegisterUnavailable(IssuanceError):
    """The register gave no usable answer; the question is asked again, never answered for it."""

    code = "register_unavailable"


class RegisterAnswerStale(IssuanceError):
    """A register's answer is older than the document type lets a decision rest on; it has to be asked again."""

    code = "register_answer_stale"


class NotApproved(IssuanceError):
    """A result is issued only for an approved application."""

    code = "not_approved"


class FeeUndecided(IssuanceError):
    """No fee rule covers the request; an official has to decide the fee first."""

    code = "fee_undecided"


class FeeNotReferred(IssuanceError):
    """The fee follows from the rules, so nobody may decide it by hand."""

    code = "fee_not_referred"


class PaymentOutstanding(IssuanceError):
    """Money is due and has not arrived."""

    code = "payment_outstanding"


class PaymentMismatch(IssuanceError):
    """A payment that does not equal the amount due; it needs a person to look at it.

    asked, given: the sums in đồng, for officials who have named payments for an order; else 0.
    """

    code = "payment_mismatch"

    def __init__(self, message: str, *, asked: int = 0, given: int = 0) -> None:
        self.asked, self.given = asked, given
        super().__init__(message)


class GatewayUnavailable(IssuanceError):
    """The payment provider gave no usable answer."""

    code = "gateway_unavailable"


class PaymentNotAsked(IssuanceError):
    """The application waits for no payment: its order is paid or cancelled, or there never was one."""

    code = "payment_not_asked"


class PaymentNotFound(IssuanceError):
    """No such payment in this unit."""

    code = "payment_not_found"


class PaymentNotWaiting(IssuanceError):
    """The payment waits for nobody any more: it was charged, or ordered back."""

    code = "payment_not_waiting"


class PaymentUnknown(IssuanceError):
    """The provider has announced a payment and does not know of it yet; it is asked again."""

    code = "payment_unknown"


class RefundNotFound(IssuanceError):
    """No such refund in this unit."""

    code = "refund_not_found"


class RefundNotOpen(IssuanceError):
    """Nothing can be done about the refund at the desk: it is done, or on its way through the provider."""

    code = "refund_not_open"


class NoticeRefused(IssuanceError):
    """A message that is not signed with a secret shared with the provider, or not now, or that cannot be read."""

    code = "notice_refused"


class BrokenStatement(IssuanceError):
    """A bank's statement that cannot be read. Holds every problem found, with its line."""

    code = "broken_statement"

    def __init__(self, problems: Iterable[fees.Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class AlreadyRevoked(IssuanceError):
    """Revocation is final and happens once."""

    code = "already_revoked"


class AlreadySuspended(IssuanceError):
    """The document is suspended already; lifting that needs nothing more."""

    code = "already_suspended"


class NotSuspended(IssuanceError):
    """Only a suspended document can be reinstated."""

    code = "not_suspended"


class DailyCodesExhausted(IssuanceError):
    """The national format has four digits, 9,999 applications a unit and day: those of the next 30 days are used up."""

    code = "daily_codes_exhausted"


class ConcurrentChange(IssuanceError):
    """Somebody else changed the same row first. The use case may be run again from its start."""

    code = "concurrent_change"


class InvalidCursor(IssuanceError):
    """A page was asked for with a cursor that this list never gave."""

    code = "invalid_cursor"


class AlreadyClosed(IssuanceError):
    """The application has ended; nothing is brought to it any more."""

    code = "already_closed"


class EvidenceNotFound(IssuanceError):
    """No such paper at this application."""

    code = "evidence_not_found"


class EvidenceRefused(IssuanceError):
    """A file that can't be evidence; `reason` says why, for programs, and the API has the words for people."""

    code = "evidence_refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"this file is not taken as a paper: {reason}")


class EvidenceRemoved(IssuanceError):
    """The paper's file was deleted when its time was over; what was decided about it stays."""

    code = "evidence_removed"


class EvidenceDecided(IssuanceError):
    """The paper has been accepted or rejected already."""

    code = "evidence_decided"


class DraftNotFound(IssuanceError):
    """No such draft of a fee policy."""

    code = "draft_not_found"


class FeePolicyNotFound(IssuanceError):
    """No policy of this id or digest has ever been in the book."""

    code = "fee_policy_not_found"


class RehearsalNotFound(IssuanceError):
    """No such rehearsal."""

    code = "rehearsal_not_found"


class ActNotFound(IssuanceError):
    """No file of this digest is stored as a legal act."""

    code = "act_not_found"


class ActRefused(IssuanceError):
    """A file that can't be kept as an act: of another kind than PDF or text, empty or too large."""

    code = "act_refused"


class DraftChanged(IssuanceError):
    """The draft is not the one that was meant (If-Match): somebody changed it since it was read."""

    code = "draft_changed"


class DraftNotReady(IssuanceError):
    """The draft's state does not allow this step; `legal` names the states that it can reach from here."""

    code = "draft_not_ready"

    def __init__(self, current: str, wanted: str, legal: Iterable[str]) -> None:
        self.current, self.wanted, self.legal = current, wanted, tuple(sorted(legal))
        super().__init__(f"a draft in state {current!r} cannot become {wanted!r}")


class DraftHasProblems(IssuanceError):
    """The checks found what must be mended first; `report` says what, and where."""

    code = "draft_has_problems"

    def __init__(self, report: Mapping[str, Any]) -> None:
        self.report = report
        super().__init__("the checks found problems")


class SameAuthor(IssuanceError):
    """Whoever has written at a draft may not approve it, through whichever account."""

    code = "same_author"


class VersionTaken(IssuanceError):
    """This policy has a version of that number already; a version is never written anew."""

    code = "version_taken"


class NothingToWithdraw(IssuanceError):
    """This version decides nothing from today on: it has ended or was withdrawn before."""

    code = "nothing_to_withdraw"


class ProcedureRefused(IssuanceError):
    """A procedure document that can't be used; `problems` says where and why, each in both languages."""

    code = "procedure_refused"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ProceduresOverlap(IssuanceError):
    """Two published procedures would apply to the same document type, unit and day; `problems` names each pair."""

    code = "procedures_overlap"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NoProcedure(IssuanceError):
    """No published procedure says how this unit settles this document type on this day: nothing is begun."""

    code = "no_procedure"


class ProcedureNotFound(IssuanceError):
    """No procedure of this id and version, or of this digest, was ever published."""

    code = "procedure_not_found"


class ProcedureOver(IssuanceError):
    """Nothing begins with this procedure any more: its days are over, or it was withdrawn."""

    code = "procedure_over"


class ShippedProcedureChanged(IssuanceError):
    """A file of the program has the id and version of a published procedure, and says something else."""

    code = "shipped_procedure_changed"


class UnknownStep(IssuanceError):
    """The procedure has no such step, or its steps pass on in a circle: only one that was never checked does."""

    code = "unknown_step"


class UnknownProcedureFact(IssuanceError):
    """A condition speaks about a fact that is not known of this request: it neither holds nor fails."""

    code = "unknown_procedure_fact"


class UnknownUnit(IssuanceError):
    """No unit of this code exists on that day."""

    code = "unknown_unit"


class NoSuccessor(IssuanceError):
    """The unit does not exist on that day, and nobody has taken over from it."""

    code = "no_successor"


class CarryOverNotFound(IssuanceError):
    """No such carrying over, or no import of units by which anything is carried over."""

    code = "carry_over_not_found"


class UnitsInUse(IssuanceError):
    """A list of units would rewrite what has been, or leave open applications at a unit that nobody succeeds.

    `problems` names each place."""

    code = "units_in_use"

    def __init__(self, problems: Iterable[fees.Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class BrokenUnits(IssuanceError):
    """A list of units that cannot be read, or that makes no tree on some day. Holds every problem found."""

    code = "broken_units"

    def __init__(self, problems: Iterable[fees.Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotYours(IssuanceError):
    """Somebody else has this case; `owner` names whom. Its head, or somebody in the owner's place, may take it."""

    code = "not_yours"

    def __init__(self, owner: str | None) -> None:
        self.owner = owner
        super().__init__("this case is somebody else's")


class OutcomeNotOffered(IssuanceError):
    """The step has no such outcome; `step` is the step's id, `outcomes` the ids of what can come of it."""

    code = "outcome_not_offered"

    def __init__(self, step: str, outcomes: Iterable[str]) -> None:
        self.step, self.outcomes = step, tuple(outcomes)
        super().__init__(f"the step {step!r} does not end that way")


class ActionNotOffered(IssuanceError):
    """The step does not allow this action; `step` is the step's id, `actions` those that it does."""

    code = "action_not_offered"

    def __init__(self, step: str, actions: Iterable[str]) -> None:
        self.step, self.actions = step, tuple(actions)
        super().__init__(f"the step {step!r} does not allow this action")


class ReasonMissing(IssuanceError):
    """Who decides so says why; the citizen reads it."""

    code = "reason_missing"


class PapersUndecided(IssuanceError):
    """A paper waits to be accepted or rejected, or one that has to be there is not."""

    code = "papers_undecided"


class PapersOutstanding(IssuanceError):
    """The application waits for papers of the citizen; work on it goes on when they are there."""

    code = "papers_outstanding"


class PapersRequestRefused(IssuanceError):
    """The day until which papers are asked for does not lie ahead, or lies too far ahead."""

    code = "papers_request_refused"


class AssignmentRefused(IssuanceError):
    """A case is given only to an active official of the unit who may act in the step's role, and is not concerned."""

    code = "assignment_refused"


class ApplicationChanged(IssuanceError):
    """The application is not the version that was meant (If-Match): it has changed since it was read."""

    code = "application_changed"


class DelegationNotFound(IssuanceError):
    """No such delegation in this unit."""

    code = "delegation_not_found"


class DelegationRefused(IssuanceError):
    """Powers cannot be lent so; `why` is a short code."""

    code = "delegation_refused"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this delegation is refused: {why}")


class QuestionNotFound(IssuanceError):
    """No such question about this application."""

    code = "question_not_found"


class QuestionAnswered(IssuanceError):
    """The question is answered; an answer is given once."""

    code = "question_answered"


class TooManyQuestions(IssuanceError):
    """As many questions about the application as may wait at once have no answer yet."""

    code = "too_many_questions"


class SurveyClosed(IssuanceError):
    """No survey is open under this link: it was answered, its time is over, or there never was one."""

    code = "survey_closed"


class FirstRunClosed(IssuanceError):
    """The link for the first operator is wrong, too old or used, or somebody stands in the register of officials."""

    code = "first_run_closed"


class AddressRefused(IssuanceError):
    """A postal address that cannot stand on a label. `problems`: JSON pointers and rule codes, no values."""

    code = "address_refused"

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{pointer}: {rule}" for pointer, rule in self.problems))


class PostNotOffered(IssuanceError):
    """This document is not sent by post."""

    code = "post_not_offered"


class PostageUndecided(IssuanceError):
    """Sending by post costs more than what was decided; who wants it says so when asking for the document."""

    code = "postage_undecided"


class ParcelUnderWay(IssuanceError):
    """The parcel's copies are printed, or it has left: nothing of it is changed any more."""

    code = "parcel_under_way"


class NoParcel(IssuanceError):
    """There is no parcel of this application that this could be done with."""

    code = "no_parcel"


class ParcelMoveRefused(IssuanceError):
    """A parcel in this state cannot come into that one; states only go forward."""

    code = "parcel_move_refused"

    def __init__(self, current: str, wanted: str) -> None:
        super().__init__(f"a parcel in state {current!r} cannot become {wanted!r}")


class CopiesUsedUp(IssuanceError):
    """More paper copies than were decided are never printed; `left` says how many may be."""

    code = "copies_used_up"

    def __init__(self, left: int) -> None:
        self.left = left
        super().__init__(f"{left} copies may still be printed")


class PrintNotFound(IssuanceError):
    """No such print of this official, or the hour in which its file may be loaded is over."""

    code = "print_not_found"


class NothingToHandOver(IssuanceError):
    """No printed parcel waits at this unit."""

    code = "nothing_to_hand_over"


class BatchNotFound(IssuanceError):
    """No such batch of this unit."""

    code = "batch_not_found"


class BrokenTracking(IssuanceError):
    """A file that is no list of the post's reports; `why` is a short code."""

    code = "broken_tracking"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this is no list of reports: {why}")


class HandoverNotFound(IssuanceError):
    """Nothing of this name was handed to this unit."""

    code = "handover_not_found"


class HandoverRefused(IssuanceError):
    """A document is handed to another unit, one that exists."""

    code = "handover_refused"


class AlreadyHandedOver(IssuanceError):
    """The document waits at that unit already."""

    code = "already_handed_over"


class HandoverSettled(IssuanceError):
    """Only what was opened is acknowledged, and it is so once."""

    code = "handover_settled"
