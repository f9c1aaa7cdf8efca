"""Everything that pages show of a draft, read in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from identity.citizen import VerifiedOfficial
from issuance.fee_policies.draft import DraftState, Editor, PolicyDraft, RehearsalState, StoredRehearsal
from issuance.fee_policies.open_draft import open_draft
from issuance.fee_policies.write import read_draft
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
from .draft_history import Event, history_of
from .findings_told import Finding, findings_told
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
class OtherRehearsal:
    """The last rehearsal, where the draft does not rest on it: it waits, runs, or has failed."""

    id: str
    state: str
    done: int
    total: int


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
    findings: Sequence[Finding]
    rehearsal: str | None
    rehearsal_says: Sequence[str]
    other_rehearsal: OtherRehearsal | None
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
    last = records.fee_policies.last_rehearsal(draft.id)
    changes = None
    if policy is not None and former is not None:
        changes = changed_parts(former.document, policy.document, language)
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
        findings=findings_told(view["check"], None if policy is None else policy.document, type_names, language),
        rehearsal=None if rehearsal is None else str(rehearsal.id),
        rehearsal_says=_rehearsal_says(rehearsal, language),
        other_rehearsal=_other_rehearsal(draft, last),
        former=None if former is None else former.version,
        changes=changes,
        document=None if policy is None else as_document(policy.document, type_names, language),
        history=history_of(records, draft, _accounts(draft, editors, last), people, language),
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


def _other_rehearsal(draft: PolicyDraft, last: StoredRehearsal | None) -> OtherRehearsal | None:
    if last is None or last.digest != draft.digest or last.state is RehearsalState.DONE:
        return None
    return OtherRehearsal(id=str(last.id), state=last.state.value, done=last.done, total=last.total)


def _accounts(draft: PolicyDraft, editors: Sequence[Editor], last: StoredRehearsal | None) -> list[str]:
    """That have had to do with it, also where the register of officials does not know them."""
    others = (draft.approved_by, draft.withdrawn_by, None if last is None else last.asked_by)
    return [draft.author, *(one.subject_key for one in editors), *(one for one in others if one is not None)]
