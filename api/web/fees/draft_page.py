"""Everything that pages show of a draft, read in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from identity.citizen import VerifiedOfficial
from issuance.fee_policies.draft import BookRow, DraftState, PolicyDraft, RehearsalState, StoredRehearsal
from issuance.fee_policies.open_draft import open_draft
from issuance.fee_policies.write import read_draft
from issuance.fees.compare import compare
from issuance.fees.document import FeePolicy
from issuance.fees.errors import PolicyRefused
from issuance.fees.rehearsal.result import RehearsalResult
from issuance.fees.rehearsal.words import summary

from ...languages import Language
from ...present.fee_draft import DRAFT_STATES, CheckView, draft_view, former_version
from ...services import Records, Services
from ..texts import N_, translate
from .as_document import AsDocument, as_document
from .differences import ChangedPart, changed_parts
from .next_step import TONES, OpenSteps, Tone, open_steps
from .people import Names

_ORDER = (
    (DraftState.DRAFT, N_("Written")),
    (DraftState.CHECKED, N_("Checked")),
    (DraftState.REHEARSED, N_("Rehearsed")),
    (DraftState.APPROVED, N_("Approved")),
    (DraftState.SCHEDULED, N_("In the book")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done to the draft. at: None where the moment is not kept."""

    text: str
    by: str | None
    at: datetime | None
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPage:
    """version: of the draft, which the next form names. changes: None where there is no version before it."""

    id: str
    version: int
    policy: str
    policy_version: int
    digest: str
    label: str
    state: str
    state_name: str
    tone: Tone
    author: str
    editors: Sequence[str]
    unit: str
    progress: Sequence[tuple[str, bool, bool]]
    steps: OpenSteps
    check: CheckView | None
    rehearsal: str | None
    rehearsal_says: Sequence[str]
    former: int | None
    changes: Sequence[ChangedPart] | None
    document: AsDocument | None
    history: Sequence[Event]
    withdrawal_reason: str | None


def read_page(
    records: Records,
    services: Services,
    official: VerifiedOfficial,
    draft_id: UUID,
    type_names: Mapping[str, str],
    language: Language,
) -> tuple[DraftPage, FeePolicy | None, FeePolicy | None]:
    """The page, the draft's policy where it can be read, and the one before it. Raises RoleMissing, DraftNotFound."""
    draft = open_draft(records, official, draft_id)
    editors = records.fee_policies.editors(draft.id)
    book = records.fee_policies.book()
    people = Names(records.officials, official.subject_key, official.full_name)
    view = draft_view(draft, (one.subject_key for one in editors), book, language)
    policy = _policy_of(draft)
    former = None if policy is None else former_version(policy.document, policy.digest, book)
    rehearsal = None if draft.rehearsal is None else records.fee_policies.rehearsal(draft.rehearsal)
    changes = None
    if policy is not None and former is not None:
        changes = changed_parts(compare(former.document, policy.document), language)
    person = services.rules.person_index(official.personal_id.digits)
    errors = 0 if view["check"] is None else view["check"]["errors"]
    shown = DraftPage(
        id=str(draft.id),
        version=draft.version,
        policy=draft.policy_id,
        policy_version=draft.policy_version,
        digest=draft.digest,
        label=draft.policy_id if policy is None else policy.document.label.in_language(language),
        state=draft.state.value,
        state_name=DRAFT_STATES[draft.state].in_language(language),
        tone=TONES[draft.state],
        author=people.of(draft.author),
        editors=[people.of(one.subject_key) for one in editors],
        unit=draft.unit,
        progress=[*_progress(draft, language)],
        steps=open_steps(draft.state, official, person, editors, errors),
        check=view["check"],
        rehearsal=None if rehearsal is None else str(rehearsal.id),
        rehearsal_says=_rehearsal_says(rehearsal, language),
        former=None if former is None else former.version,
        changes=changes,
        document=None if policy is None else as_document(policy.document, type_names, language),
        history=[*_history(draft, rehearsal, records.fee_policies.rows(draft.policy_id), people, language)],
        withdrawal_reason=draft.withdrawal_reason,
    )
    return shown, policy, former


def _policy_of(draft: PolicyDraft) -> FeePolicy | None:
    try:
        return read_draft(draft.source)
    except PolicyRefused:
        # It could be read when it was written; a later release that reads more strictly must still show its page.
        return None


def _progress(draft: PolicyDraft, language: Language) -> Iterator[tuple[str, bool, bool]]:
    """Each step with whether it is done, and whether it is the last one done."""
    if draft.state is DraftState.WITHDRAWN:
        return
    place = [state for state, _ in _ORDER].index(draft.state)
    for index, (_, text) in enumerate(_ORDER):
        yield translate(text, language), index <= place, index == place


def _rehearsal_says(rehearsal: StoredRehearsal | None, language: Language) -> list[str]:
    if rehearsal is None or rehearsal.state is not RehearsalState.DONE or rehearsal.result is None:
        return []
    return summary(RehearsalResult.from_json(rehearsal.result), language)


def _history(
    draft: PolicyDraft,
    rehearsal: StoredRehearsal | None,
    rows: Sequence[BookRow],
    people: Names,
    language: Language,
) -> Iterator[Event]:
    """What is kept of it, the earliest first."""

    def said(text: str) -> str:
        return translate(text, language)

    yield Event(text=said(N_("Begun")), by=None, at=draft.created_at)
    yield Event(text=said(N_("Last written by")), by=people.of(draft.author), at=None)
    if draft.checked is not None:
        counted = said(N_("%(errors)s errors, %(warnings)s warnings")) % {
            "errors": draft.checked["errors"],
            "warnings": draft.checked["warnings"],
        }
        at = datetime.fromisoformat(draft.checked["checked_at"])
        yield Event(text=said(N_("Checked")), by=None, at=at, more=counted)
    if rehearsal is not None:
        yield Event(text=said(N_("Rehearsal asked for")), by=people.of(rehearsal.asked_by), at=rehearsal.asked_at)
    if draft.approved_by is not None:
        yield Event(text=said(N_("Approved")), by=people.of(draft.approved_by), at=draft.approved_at)
    entered = [row for row in rows if row.policy.digest == draft.approved_digest]
    if entered and draft.approved_digest is not None:
        first = min(entered, key=lambda row: row.known_from)
        yield Event(text=said(N_("Put into the book")), by=people.of(first.opened_by), at=first.known_from)
    if draft.withdrawn_by is not None:
        reason = draft.withdrawal_reason or ""
        yield Event(text=said(N_("Withdrawn")), by=people.of(draft.withdrawn_by), at=None, more=reason)
