"""Read drafts and their rehearsals, and the rules by which a draft moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from identity.citizen import VerifiedOfficial
from issuance.errors import ActNotFound, DraftChanged, DraftNotReady
from issuance.records import Records

from .draft import LEGAL_MOVES, DraftState, DraftSummary, PolicyDraft, StoredAct, StoredRehearsal
from .rights import demand_either


def list_drafts(
    records: Records, official: VerifiedOfficial, limit: int, after: UUID | None = None
) -> Sequence[DraftSummary]:
    """The newest first, or the next ones after a draft, `limit` at most. Raises RoleMissing, InvalidCursor."""
    demand_either(official)
    return records.fee_policies.drafts(limit, after)


def open_draft(records: Records, official: VerifiedOfficial, draft_id: UUID) -> PolicyDraft:
    """Raises RoleMissing, DraftNotFound."""
    demand_either(official)
    return records.fee_policies.draft(draft_id)


def open_rehearsal(records: Records, official: VerifiedOfficial, rehearsal_id: UUID) -> StoredRehearsal:
    """Raises RoleMissing, RehearsalNotFound."""
    demand_either(official)
    return records.fee_policies.rehearsal(rehearsal_id)


def list_acts(records: Records, official: VerifiedOfficial) -> Sequence[StoredAct]:
    """By name. Raises RoleMissing."""
    demand_either(official)
    return records.fee_policies.acts()


def open_act(records: Records, official: VerifiedOfficial, sha256: bytes) -> StoredAct:
    """Raises RoleMissing, ActNotFound."""
    demand_either(official)
    act = records.fee_policies.act(sha256)
    if act is None:
        raise ActNotFound("no such act")
    return act


def draft_as_meant(records: Records, draft_id: UUID, version: int) -> PolicyDraft:
    """The draft that the caller has seen. Raises DraftNotFound, DraftChanged."""
    draft = records.fee_policies.draft(draft_id)
    if draft.version != version:
        raise DraftChanged("the draft is another one by now")
    return draft


def moved(draft: PolicyDraft, state: DraftState, **changes: Any) -> PolicyDraft:
    """Not stored yet. Raises DraftNotReady."""
    demand_move(draft, state)
    return replace(draft, state=state, **changes)


def demand_move(draft: PolicyDraft, state: DraftState) -> None:
    """Raises DraftNotReady."""
    if state not in LEGAL_MOVES[draft.state]:
        raise not_ready(draft, state)


def not_ready(draft: PolicyDraft, wanted: DraftState) -> DraftNotReady:
    """The refusal of a step, with the states that can be reached instead."""
    legal = (state.value for state in LEGAL_MOVES[draft.state] - {wanted})
    return DraftNotReady(draft.state.value, wanted.value, legal)
