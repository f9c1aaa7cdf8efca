"""A policy of the book: its versions and what was known when, and each version as a document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.errors import FeePolicyNotFound
from issuance.fee_policies.change_of_book import superseded_by
from issuance.fee_policies.draft import BookRow, Standing
from issuance.fee_policies.rights import ANY_OF_THEM, APPROVER
from issuance.fees.book import EVER
from issuance.fees.document import QuotaUnit
from issuance.fees.facts import vietnam_day
from issuance.fees.quota_words import units_in_figures

from ...languages import Language, language_of
from ...parameters import PolicyId, PolicyVersion
from ...present.fee_policy import STANDINGS, BudgetView, budget_keys, budget_view, newest_rows, standing_now
from ...services import Records
from ...state import Given
from ..page import page
from ..session import OfficialSignedIn
from ..texts import N_, translate
from .as_document import AsDocument, as_document
from .book import PolicyInBook, policies_in_book, type_names
from .people import Names
from .standing import TONES

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """What the book said: these days of this version, from one moment to another. None: always, or until now."""

    version: int
    first_day: date
    last_day: date | None
    known_from: datetime | None
    known_to: datetime | None
    opened_by: str
    closed_by: str | None
    closing_reason: str | None
    superseded_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """A quota of everybody together, and how far it is used. share: per cent, 100 at most."""

    label: str
    funded_by: str | None
    used: str
    size: str
    left: str
    share: str
    per_cent: int
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage:
    """A version with everything that its page says. number: of the newest version, for the way there."""

    document: AsDocument
    digest: str
    standing: str
    standing_name: str
    tone: str
    is_open: bool
    was_changed: bool
    entries: Sequence[EntryLine]
    quotas: Sequence[QuotaUse]
    others: Sequence[int]


@router.get("/fees/policies/{policy_id}")
async def show_policy(
    request: Request, services: Given, session: OfficialSignedIn, policy_id: PolicyId, done: str = ""
) -> Response:
    """Its versions and gaps as they are known now, and every entry that the book has ever had."""
    language, at = language_of(request.scope), services.clock()
    official, names = session.official, type_names(services, language)

    def read(records: Records) -> tuple[PolicyInBook | None, list[EntryLine], list[QuotaUse], str]:
        rows = records.fee_policies.rows()
        own = [row for row in rows if row.policy.id == policy_id]
        if not own:
            raise FeePolicyNotFound("no policy of this id")
        people = Names(records.officials, official.subject_key, official.full_name)
        known = policies_in_book(rows, vietnam_day(at), names, language)
        policy = next((one for one in known if one.id == policy_id), None)
        label = newest_rows(own)[-1].policy.document.label.in_language(language)
        return policy, _entries(own, people), _quotas(records, own, at, language), label

    policy, entries, quotas, label = await services.runner.run(read)
    return page(
        request,
        "fees/policy.html",
        account=session.session,
        notice=translate(N_("The version was taken back."), language) if done == "withdrawn" else None,
        policy_id=policy_id,
        in_book=policy,
        label=policy.label if policy else label,
        entries=entries,
        quotas=quotas,
    )


@router.get("/fees/policies/{policy_id}/{version:int}")
async def show_version(
    request: Request, services: Given, session: OfficialSignedIn, policy_id: PolicyId, version: PolicyVersion
) -> Response:
    """The version as a document that can be read and printed."""
    language, at = language_of(request.scope), services.clock()
    official, names = session.official, type_names(services, language)

    def read(records: Records) -> VersionPage:
        own = list(records.fee_policies.rows(policy_id))
        rows = rows_of_version(own, version)
        people = Names(records.officials, official.subject_key, official.full_name)
        row = newest_rows(rows)[0]
        standing = standing_now(row, vietnam_day(at))
        return VersionPage(
            document=as_document(row.policy.document, names, language, row.valid),
            digest=row.policy.digest,
            standing=standing.value,
            standing_name=STANDINGS[standing].in_language(language),
            tone=TONES[standing],
            is_open=standing is not Standing.SUPERSEDED,
            was_changed=row.known_to is not None or row.valid != row.policy.document.effective,
            entries=_entries(rows, people),
            quotas=_quotas(records, rows, at, language),
            others=sorted({one.policy.version for one in own} - {version}),
        )

    view = await services.runner.run(read)
    return page(
        request,
        "fees/version.html",
        account=session.session,
        view=view,
        document=view.document,
        may_withdraw=APPROVER in official.roles and view.is_open,
        reads_acts=bool(ANY_OF_THEM & official.roles),
    )


@router.get("/fees/policies/{policy_id}/{version:int}/document")
async def download_document(
    services: Given, session: OfficialSignedIn, policy_id: PolicyId, version: PolicyVersion
) -> Response:
    """The policy document as it was written, for the expert."""

    def read(records: Records) -> bytes:
        rows = rows_of_version(list(records.fee_policies.rows(policy_id)), version)
        source = records.fee_policies.source(rows[0].policy.digest)
        if source is None:
            raise FeePolicyNotFound("a version without its document")
        return source

    return json_file(await services.runner.run(read), f"{policy_id}-{version}.json")


def json_file(source: bytes, name: str) -> Response:
    """Bytes of a document as a file to keep; in one form, whatever they were written in. name: ASCII of ours."""
    content = json.dumps(json.loads(source), ensure_ascii=False, indent=2).encode()
    return Response(
        content, media_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def rows_of_version(rows: Sequence[BookRow], version: int) -> list[BookRow]:
    """Raises FeePolicyNotFound."""
    found = [row for row in rows if row.policy.version == version]
    if not found:
        raise FeePolicyNotFound("no such version of this policy")
    return found


def _entries(rows: Sequence[BookRow], people: Names) -> list[EntryLine]:
    """The latest knowledge first."""
    ordered = sorted(rows, key=lambda row: (row.known_from, row.valid.first_day), reverse=True)
    return [
        EntryLine(
            version=row.policy.version,
            first_day=row.valid.first_day,
            last_day=row.valid.last_day,
            known_from=None if row.known_from == EVER else row.known_from,
            known_to=row.known_to,
            opened_by=people.of(row.opened_by),
            closed_by=None if row.closed_by is None else people.of(row.closed_by),
            closing_reason=row.closing_reason,
            superseded_by=superseded_by(row.closing_reason),
        )
        for row in ordered
    ]


def _quotas(records: Records, rows: Sequence[BookRow], at: datetime, language: Language) -> list[QuotaUse]:
    """Of the versions in force or to come among the rows; those that each person has alone are nobody else's matter."""
    known = budget_keys(rows, vietnam_day(at))
    used = {key: count for key, count, _ in records.quotas.of_policy(rows[0].policy.id)}
    uses = []
    for key in sorted(known):
        row, name = known[key]
        quota = next(
            rule.quota
            for stage in row.policy.document.stages
            for rule in stage.rules
            if rule.quota is not None and rule.quota_name == name
        )
        view = budget_view(key, used.get(key, 0), known[key], language)
        uses.append(_quota_use(view, quota.unit, quota.max, language))
    return uses


def _quota_use(view: BudgetView, unit: QuotaUnit, size: int, language: Language) -> QuotaUse:
    used = view["used"]
    return QuotaUse(
        label=view["label"] or view["quota"],
        funded_by=view["funded_by"],
        used=units_in_figures(used, unit, language),
        size=units_in_figures(size, unit, language),
        left=units_in_figures(max(0, size - used), unit, language),
        share=f"{min(100.0, used / size * 100):.2f}%",
        per_cent=used * 100 // size,
        since=date.fromisoformat(view["period"]),
    )
