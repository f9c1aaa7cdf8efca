"""An author writes a policy down, and changes it for as long as it is not scheduled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from identity.citizen import VerifiedOfficial
from issuance.errors import VersionTaken
from issuance.fees.book import name_of
from issuance.fees.document import FeePolicy
from issuance.fees.errors import PolicyRefused
from issuance.fees.reading.read_policy import read_policy
from issuance.records import Records

from .draft import DraftState, Editor, PolicyDraft
from .open_draft import draft_as_meant, not_ready
from .rights import demand_author
from .trail import note_draft

_NAME = "draft"
_CLOSED = frozenset({DraftState.SCHEDULED, DraftState.WITHDRAWN})


def write_draft(records: Records, official: VerifiedOfficial, person: str, source: bytes, at: datetime) -> PolicyDraft:
    """Keep a new draft as it was written. person: a blind index of the official's personal number.

    Raises RoleMissing; PolicyRefused where the document can't be read; VersionTaken.
    """
    demand_author(official)
    policy = read_draft(source)
    refuse_taken(records, policy)
    draft = PolicyDraft(
        id=uuid4(),
        policy_id=policy.id,
        policy_version=policy.version,
        source=source,
        digest=policy.digest,
        state=DraftState.DRAFT,
        author=official.subject_key,
        unit=official.unit,
        created_at=at,
    )
    records.fee_policies.add_draft(draft, Editor(subject_key=official.subject_key, person=person))
    note_draft(records, official.subject_key, "fee_draft_written", draft, at)
    return draft


def edit_draft(
    records: Records,
    official: VerifiedOfficial,
    person: str,
    draft_id: UUID,
    version: int,
    source: bytes,
    at: datetime,
) -> PolicyDraft:
    """Replace what is written. The draft begins anew: checks, rehearsals and an approval were of something else.

    version: of the draft that was edited. The same bytes again change nothing.
    Raises RoleMissing, DraftNotFound, DraftChanged, DraftNotReady, PolicyRefused, VersionTaken.
    """
    demand_author(official)
    draft = draft_as_meant(records, draft_id, version)
    if draft.state in _CLOSED:
        raise not_ready(draft, DraftState.DRAFT)
    if source == draft.source:
        return draft
    policy = read_draft(source)
    refuse_taken(records, policy)
    edited = replace(
        draft,
        policy_id=policy.id,
        policy_version=policy.version,
        source=source,
        digest=policy.digest,
        state=DraftState.DRAFT,
        author=official.subject_key,
        checked=None,
        rehearsal=None,
        approved_by=None,
        approved_person=None,
        approved_at=None,
        approved_digest=None,
    )
    saved = records.fee_policies.save_draft(edited, Editor(subject_key=official.subject_key, person=person))
    note_draft(
        records,
        official.subject_key,
        "fee_draft_edited",
        saved,
        at,
        was=draft.state.value,
        digest_before=draft.digest,
        approval_dropped=draft.approved_by is not None,
    )
    return saved


def read_draft(source: bytes) -> FeePolicy:
    """Raises PolicyRefused; places are those within the document."""
    try:
        return read_policy(source, _NAME)
    except PolicyRefused as refused:
        raise PolicyRefused(
            *(replace(one, place=one.place.removeprefix(_NAME).removeprefix(": ")) for one in refused.problems)
        ) from None


def refuse_taken(records: Records, policy: FeePolicy) -> None:
    """Raises VersionTaken where the book has, or has had, a version of this number."""
    if any((known.id, known.version) == (policy.id, policy.version) for known in records.fee_policies.book().policies):
        raise VersionTaken(f"there is a {name_of(policy)} already")
