"""Papers by which somebody pays less, the fee decisions that followed from them, and money that goes back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from typing_extensions import TypedDict

from issuance.assessed import AssessmentCause, StoredAssessment
from issuance.documents.catalogue import DocumentType
from issuance.evidence import ASKED_PAPER, FOR_THE_APPLICATION, Evidence, EvidenceState
from issuance.fees.facts import CATEGORIES, EVIDENCE
from issuance.fees.wording import Label
from issuance.payments.refund import RefundCause, RefundOrder, RefundState

from ..languages import Language
from .fee import TotalsView, totals_view


class EvidenceView(TypedDict):
    """One paper. `category`: what it is to prove; `kind`: what it is; `state`: submitted, accepted or rejected.

    `category` is `application` for one that the application itself needs. `reason` is always there with a rejection.
    `pages` is null for old ones; `file_removed_at`: when the file was deleted, its time being over. `links` are those
    that the caller may use.
    """

    id: str
    category: str
    category_name: str
    kind: str
    kind_name: str
    media_type: str
    size_bytes: int
    pages: int | None
    sha256: str
    uploaded_at: str
    state: str
    state_name: str
    decided_by: str | None
    decided_at: str | None
    reason: str | None
    file_removed_at: str | None
    links: dict[str, str]


class DecidingPolicyView(TypedDict):
    """Exactly which policy decided."""

    id: str
    version: int
    digest: str


class FeeDecidedView(TypedDict):
    """One decision about the fee, none of which is ever changed: `cause` for programs, `cause_name` for people."""

    seq: int
    at: str
    cause: str
    cause_name: str
    outcome: str
    totals: TotalsView | None
    policy: DecidingPolicyView | None


class RefundView(TypedDict):
    """An order to pay money back: `cause` for programs, `cause_name` for people.

    `state` is `ordered`, `sent` (to the payment provider), `done`, or `failed` where the agency has to look at it.
    """

    amount_vnd: int
    cause: str
    cause_name: str
    ordered_at: str
    state: str
    state_name: str
    done_at: str | None


EVIDENCE_STATES: Mapping[EvidenceState, Label] = MappingProxyType(
    {
        EvidenceState.SUBMITTED: Label("Chờ cán bộ xem xét", "Waits for an official"),
        EvidenceState.ACCEPTED: Label("Đã chấp nhận", "Accepted"),
        EvidenceState.REJECTED: Label("Không chấp nhận", "Rejected"),
    }
)
_ALL_CATEGORIES: Mapping[str, Label] = MappingProxyType(
    {**CATEGORIES, FOR_THE_APPLICATION: Label("giấy tờ của hồ sơ", "paper of the application")}
)
_ASKED = Label("giấy tờ được yêu cầu bổ sung", "paper that was asked for")
ASSESSMENT_CAUSES: Mapping[AssessmentCause, Label] = MappingProxyType(
    {
        "submitted": Label("Khi nộp hồ sơ", "At submission"),
        "evidence_accepted": Label("Sau khi giấy tờ chứng minh được chấp nhận", "After a paper was accepted"),
    }
)
REFUND_CAUSES: Mapping[RefundCause, Label] = MappingProxyType(
    {
        "evidence_accepted": Label(
            "Giấy tờ chứng minh được chấp nhận sau khi đã nộp tiền", "A paper was accepted after the payment"
        ),
        "withdrawn": Label("Hồ sơ đã được rút", "The application was withdrawn"),
        "refused": Label("Hồ sơ không được giải quyết", "The application was refused"),
        "unmatched": Label("Khoản tiền không khớp với hồ sơ", "The payment did not fit the application"),
    }
)
REFUND_STATES: Mapping[RefundState, Label] = MappingProxyType(
    {
        RefundState.ORDERED: Label("Đã có lệnh hoàn tiền", "Ordered"),
        RefundState.SENT: Label("Đang hoàn tiền", "On its way"),
        RefundState.DONE: Label("Đã hoàn tiền", "Paid back"),
        RefundState.FAILED: Label("Chưa hoàn được, cán bộ đang xử lý", "Not paid back yet, an official looks at it"),
    }
)


def evidence_view(
    paper: Evidence, language: Language, document_type: DocumentType, desk_path: str | None = None
) -> EvidenceView:
    """desk_path: the application's address at the desk, where an official looks at it."""
    links = {}
    if desk_path is not None:
        path = f"{desk_path}/evidence/{paper.id}"
        if paper.file_removed_at is None:
            links["file"] = f"{path}/file"
        if paper.state is EvidenceState.SUBMITTED:
            links |= {"accept": f"{path}/acceptance", "reject": f"{path}/rejection"}
    return {
        "id": str(paper.id),
        "category": paper.category,
        "category_name": _name(_ALL_CATEGORIES, paper.category, language),
        "kind": paper.kind,
        "kind_name": _name(_kinds(document_type), paper.kind, language),
        "media_type": paper.media_type,
        "size_bytes": paper.size_bytes,
        "pages": paper.pages,
        "sha256": paper.sha256.hex(),
        "uploaded_at": paper.uploaded_at.isoformat(),
        "state": paper.state.value,
        "state_name": EVIDENCE_STATES[paper.state].in_language(language),
        "decided_by": None if paper.decided_by is None else paper.decided_by.full_name,
        "decided_at": None if paper.decided_at is None else paper.decided_at.isoformat(),
        "reason": paper.reason,
        "file_removed_at": None if paper.file_removed_at is None else paper.file_removed_at.isoformat(),
        "links": links,
    }


def fee_decided_view(stored: StoredAssessment, language: Language) -> FeeDecidedView:
    fee = stored.assessment
    policy = fee.policy
    return {
        "seq": stored.seq,
        "at": stored.at.isoformat(),
        "cause": stored.cause,
        "cause_name": ASSESSMENT_CAUSES[stored.cause].in_language(language),
        "outcome": fee.outcome.value,
        "totals": totals_view(fee),
        "policy": None if policy is None else {"id": policy.id, "version": policy.version, "digest": policy.digest},
    }


def refund_view(refund: RefundOrder, language: Language) -> RefundView:
    return {
        "amount_vnd": refund.amount,
        "cause": refund.cause,
        "cause_name": REFUND_CAUSES[refund.cause].in_language(language),
        "ordered_at": refund.opened_at.isoformat(),
        "state": refund.state.value,
        "state_name": REFUND_STATES[refund.state].in_language(language),
        "done_at": None if refund.done_at is None else refund.done_at.isoformat(),
    }


def _kinds(document_type: DocumentType) -> Mapping[str, Label]:
    own = {paper.kind: paper.name for paper in document_type.papers}
    return {**EVIDENCE, ASKED_PAPER: _ASKED, **own}


def _name(known: Mapping[str, Label], word: str, language: Language) -> str:
    # An old paper may name what the catalogue has no more.
    return known[word].in_language(language) if word in known else word
