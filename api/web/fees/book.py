"""The book of fee rules: which version decides when, and what is being prepared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from issuance.assess_fee import FOR_BODY
from issuance.fee_policies.draft import BookRow, DraftState, DraftSummary, standing_of
from issuance.fee_policies.open_draft import list_drafts
from issuance.fee_policies.past import first_moment
from issuance.fee_policies.rights import ANY_OF_THEM, AUTHOR
from issuance.fees.facts import vietnam_day

from ...languages import Language, language_of
from ...present.fee_draft import DRAFT_STATES
from ...present.fee_policy import STANDINGS, as_known
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialSignedIn
from ..texts import translate
from .next_step import NEXT_STEPS, TONES
from .people import Names
from .standing import TONES as STANDING_TONES
from .timeline import Gap, Timeline, gaps_of, timeline

router = APIRouter(include_in_schema=False)

_SHOWN_DRAFTS = 100
_ENDED = (DraftState.SCHEDULED, DraftState.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInBook:
    """One entry of the book, as it is or was known."""

    policy: str
    version: int
    label: str
    first_day: date
    last_day: date | None
    standing: str
    standing_name: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInBook:
    """A policy with its versions, the newest first."""

    id: str
    label: str
    types: Sequence[str]
    versions: Sequence[VersionInBook]
    timeline: Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftInWork:
    """label: of the policy in the book, or its id where it has none yet. next_step: who must do what."""

    id: str
    policy: str
    label: str
    version: int
    state_name: str
    tone: str
    next_step: str | None
    author: str
    created_at: datetime
    is_ended: bool


@router.get("/fees")
async def show_book(
    request: Request,
    services: Given,
    session: OfficialSignedIn,
    known: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The whole book, today's or that of an earlier day. known: `2026-11-03`, the end of which day is meant."""
    language, at = language_of(request.scope), services.clock()
    today = vietnam_day(at)
    as_of = _day_or_none(known, today)
    official = session.official
    names = type_names(services, language)

    def read(records: Records) -> tuple[list[PolicyInBook], list[DraftInWork] | None]:
        rows = records.fee_policies.rows()
        if as_of is not None:
            moment = first_moment(as_of + timedelta(days=1))
            rows = [as_known(row) for row in rows if row.is_known(moment)]
        policies = policies_in_book(rows, as_of or today, names, language)
        if not ANY_OF_THEM & official.roles:
            return policies, None
        people = Names(records.officials, official.subject_key, official.full_name)
        labels = {one.id: one.label for one in policies}
        return policies, drafts_shown(list_drafts(records, official, _SHOWN_DRAFTS), labels, people, language)

    policies, drafts = await services.runner.run(read)
    return page(
        request,
        "fees/book.html",
        account=session.session,
        policies=policies,
        drafts=drafts,
        may_write=AUTHOR in official.roles,
        today=today,
        as_of=as_of,
        wrong_day=bool(known) and as_of is None,
        known=known,
    )


def type_names(services: Services, language: Language) -> Mapping[str, str]:
    """What the documents are called, by their ids, also those that bodies ask for."""
    names = {one.id: one.name.in_language(language) for one in services.rules.catalogue}
    by_bodies = translate("%(document)s, asked by a body", language)
    return names | {f"{one}{FOR_BODY}": by_bodies % {"document": name} for one, name in names.items()}


def policies_in_book(
    rows: Sequence[BookRow], today: date, names: Mapping[str, str], language: Language
) -> list[PolicyInBook]:
    """rows: entries as they are known at one time; those of closed knowledge are left out."""
    open_rows = [row for row in rows if row.known_to is None]
    found: dict[str, list[BookRow]] = {}
    for row in open_rows:
        found.setdefault(row.policy.id, []).append(row)
    return [_policy(of_policy, open_rows, today, names, language) for _, of_policy in sorted(found.items())]


def _policy(
    rows: Sequence[BookRow], all_rows: Sequence[BookRow], today: date, names: Mapping[str, str], language: Language
) -> PolicyInBook:
    versions = [version_in_book(row, today, language) for row in reversed(rows)]
    types = dict.fromkeys(kind for row in rows for kind in row.policy.document.document_types)
    named = next((one for one in versions if one.standing == "active"), versions[0])
    return PolicyInBook(
        id=rows[0].policy.id,
        label=named.label,
        types=[names.get(one, one) for one in types],
        versions=versions,
        timeline=timeline(rows, gaps_beside(rows, all_rows), today),
    )


def gaps_beside(rows: Sequence[BookRow], all_rows: Sequence[BookRow]) -> list[Gap]:
    """Days that neither this policy decides nor another one for the same documents."""
    types = {kind for row in rows for kind in row.policy.document.document_types}
    others = [
        row
        for row in all_rows
        if row.policy.id != rows[0].policy.id and types & set(row.policy.document.document_types)
    ]
    return gaps_of(rows, others)


def version_in_book(row: BookRow, today: date, language: Language) -> VersionInBook:
    standing = standing_of(row.valid, today)
    return VersionInBook(
        policy=row.policy.id,
        version=row.policy.version,
        label=row.policy.document.label.in_language(language),
        first_day=row.valid.first_day,
        last_day=row.valid.last_day,
        standing=standing.value,
        standing_name=STANDINGS[standing].in_language(language),
        tone=STANDING_TONES[standing],
    )


def policy_names(rows: Sequence[BookRow], language: Language) -> Mapping[str, str]:
    """What policies are called by their latest versions."""
    return {row.policy.id: row.policy.document.label.in_language(language) for row in rows if row.known_to is None}


def drafts_shown(
    drafts: Sequence[DraftSummary], labels: Mapping[str, str], people: Names, language: Language
) -> list[DraftInWork]:
    """labels: of the policies that the book has, by id."""
    return [
        DraftInWork(
            id=str(draft.id),
            policy=draft.policy_id,
            label=labels.get(draft.policy_id, draft.policy_id),
            version=draft.policy_version,
            state_name=DRAFT_STATES[draft.state].in_language(language),
            tone=TONES[draft.state],
            next_step=None if draft.state in _ENDED else translate(NEXT_STEPS[draft.state], language),
            author=people.of(draft.author),
            created_at=draft.created_at,
            is_ended=draft.state in _ENDED,
        )
        for draft in drafts
    ]


def _day_or_none(text: str, today: date) -> date | None:
    """A day that has begun; None for today too, whose book is the one that is known now."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(1900, 1, 1) <= day < today else None
