"""Another person approves a draft that was checked and rehearsed. The approval is of exactly what is written."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from identity.citizen import VerifiedOfficial
from issuance.errors import DraftChanged, DraftHasProblems, SameAuthor
from issuance.fees.document import FeePolicy
from issuance.records import Records

from .draft import DraftState, PolicyDraft, RehearsalState
from .open_draft import demand_move, draft_as_meant, moved, not_ready
from .report import missing_acts, report_of
from .rights import demand_approver
from .trail import note_draft
from .write import read_draft, refuse_taken


def approve_draft(
    records: Records, official: VerifiedOfficial, person: str, draft_id: UUID, version: int, at: datetime
) -> PolicyDraft:
    """Approve what was checked and rehearsed. person: a blind index of the official's personal number.

    The document is read anew, and each act that it cites must lie here. Raises RoleMissing, DraftNotFound,
    DraftChanged, DraftNotReady; SameAuthor for whoever has written at the draft, through whichever account;
    DraftHasProblems, VersionTaken.
    """
    demand_approver(official)
    draft = draft_as_meant(records, draft_id, version)
    demand_move(draft, DraftState.APPROVED)
    if any(
        one.subject_key == official.subject_key or one.person == person
        for one in records.fee_policies.editors(draft.id)
    ):
        raise SameAuthor("whoever has written at a draft may not approve it")
    policy = read_draft(draft.source)
    if policy.digest != draft.digest:
        raise DraftChanged("the document is not the one that was checked")
    _demand_groundwork(records, draft, policy, at)
    approved = records.fee_policies.save_draft(
        moved(
            draft,
            DraftState.APPROVED,
            approved_by=official.subject_key,
            approved_person=person,
            approved_at=at,
            approved_digest=policy.digest,
        )
    )
    note_draft(
        records,
        official.subject_key,
        "fee_draft_approved",
        approved,
        at,
        author=draft.author,
        rehearsal=str(draft.rehearsal),
    )
    return approved


def _demand_groundwork(records: Records, draft: PolicyDraft, policy: FeePolicy, at: datetime) -> None:
    """Check and rehearsal are of this very document, and its acts are here."""
    refuse_taken(records, policy)
    if draft.checked is None or draft.checked["digest"] != draft.digest or draft.rehearsal is None:
        raise not_ready(draft, DraftState.APPROVED)
    rehearsal = records.fee_policies.rehearsal(draft.rehearsal)
    if rehearsal.state is not RehearsalState.DONE or rehearsal.digest != draft.digest:
        raise not_ready(draft, DraftState.APPROVED)
    missing = missing_acts(policy, frozenset(act.sha256 for act in records.fee_policies.acts()))
    if missing:
        raise DraftHasProblems(report_of(policy.digest, missing, at))
