"""A new draft: a copy of a version, a policy from nothing (one act, one charge, one example), or a file's document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.session import Session
from issuance.errors import FeePolicyNotFound
from issuance.fee_policies.draft import BookRow, StoredAct
from issuance.fees.errors import PolicyRefused
from issuance.fees.facts import vietnam_day
from issuance.fees.reading.read_policy import MAX_POLICY_BYTES
from issuance.fees.wording import day_in_words

from ....languages import Language, language_of
from ....present.fee_policy import newest_rows
from ....services import Records, Services
from ....state import Given
from ...page import page
from ...texts import N_, translate
from ..book import type_names
from ..refusals import REFUSALS, Refused, refused
from .act_form import act_choices, act_from
from .keep import FILE_PROBLEMS, begin, with_file
from .other_forms import period_of
from .parts import NUMBER_NEEDED, Subject, demand_both, worded
from .rule_templates import TEMPLATES
from .sent import AuthorSignedIn, Fields, SentByAuthor, SignedOut, TypedForm, both_of, number_of, text_of, ticked
from .told import NOTHING_WRONG, Told, told
from .tree import Document, read, written
from .typed_again import refused_as_outdated, show_signed_out

router = APIRouter(include_in_schema=False)

_CHOOSE = N_("choose a version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What a new draft can begin from. rows: the versions of the book, of each what is known of it now."""

    rows: Sequence[BookRow]
    acts: Sequence[StoredAct]

    def row(self, chosen: str) -> BookRow | None:
        return next((row for row in self.rows if f"{row.policy.id}/{row.policy.version}" == chosen), None)

    def next_version(self, policy_id: str) -> int:
        """The number of a withdrawn version is not used again."""
        return max((row.policy.version for row in self.rows if row.policy.id == policy_id), default=0) + 1

    def of_type(self, document_type: str) -> BookRow | None:
        """The latest version that decides such documents."""
        found = [row for row in self.rows if document_type in row.policy.document.document_types]
        return max(found, key=lambda row: row.valid.first_day, default=None)


@router.get("/fees/drafts/new")
async def show_new_draft(
    request: Request, services: Given, session: AuthorSignedIn, version: str = "", way: str = "copy"
) -> Response:
    """The ways to begin. version: the one to copy, as `policy/3`."""
    library = await _library(services, session)
    first_day = vietnam_day(services.clock()) + timedelta(days=1)
    fields = {"way": way, "from": version, "first_day": first_day.isoformat(), "act_kind": "resolution"}
    return _page(request, services, session.session, library, fields)


@router.post("/fees/drafts/new")
async def send_new_draft(request: Request, services: Given, form: TypedForm) -> Response:
    if isinstance(form, SignedOut):
        return show_signed_out(request, form)
    language = language_of(request.scope)
    # A document is no act: it is written as a draft, or nothing of it is kept.
    fields, problems = (form.fields, {}) if _is_file(form) else await with_file(services, form)
    library = await _library(services, form)
    if form.is_outdated:
        why = await refused_as_outdated(request, language)
        return _page(request, services, form.session, library, fields, why=why, status=why.status)
    source, wrong_fields = await _source(services, library, form, fields, language)
    problems |= wrong_fields
    if problems or source is None:
        wrong = told(problems, language)
        return _page(request, services, form.session, library, fields, wrong=wrong, status=422)
    try:
        draft_id = await begin(request, services, form, source)
    except PolicyRefused as error:
        name = form.file.name if _is_file(form) and form.file is not None else ""
        others = [replace(one, place=one.place or name).in_language(language) for one in error.problems]
        return _page(request, services, form.session, library, fields, others=others, status=422)
    except REFUSALS as error:
        why = refused(error, language)
        return _page(request, services, form.session, library, fields, why=why, status=why.status)
    if _is_file(form):
        return RedirectResponse(f"/fees/drafts/{draft_id}?done=written", 303)
    like = fields.get("like", "")
    on = f"edit/new/rules?like={like}" if like in [one for one, _ in TEMPLATES[1:]] else "edit?done=begun"
    return RedirectResponse(f"/fees/drafts/{draft_id}/{on}", 303)


def _is_file(form: SentByAuthor) -> bool:
    return form.fields.get("way") == "file"


async def _source(
    services: Services, library: Library, form: SentByAuthor, fields: Fields, language: Language
) -> tuple[bytes | None, dict[str, str]]:
    """What the draft begins with, and what is wrong by field. A file is taken byte by byte."""
    if _is_file(form):
        if form.cut_off is not None:
            return None, {"file": FILE_PROBLEMS[type(form.cut_off)]}
        return (None, {"file": N_("Choose the file to bring in.")}) if form.file is None else (form.file.data, {})
    make = _from_nothing if fields.get("way") == "nothing" else _copy
    document, problems = await make(services, library, fields, language)
    return None if document is None else written(document), problems


async def _library(services: Services, author: AuthorSignedIn | SentByAuthor) -> Library:
    def load(records: Records) -> Library:
        rows: dict[str, list[BookRow]] = {}
        for row in records.fee_policies.rows():
            rows.setdefault(row.policy.id, []).append(row)
        newest = [row for _, of_policy in sorted(rows.items()) for row in reversed(newest_rows(of_policy))]
        return Library(rows=newest, acts=records.fee_policies.acts())

    return await services.runner.run(load)


async def _copy(
    services: Services, library: Library, fields: Fields, language: Language
) -> tuple[Document | None, dict[str, str]]:
    row = library.row(fields.get("from", ""))
    days, problems = period_of(fields)
    if row is None:
        problems["from"] = N_("Choose the version to copy.")
    if row is None or problems:
        return None, problems
    digest = row.policy.digest
    source = await services.runner.run(lambda records: records.fee_policies.source(digest))
    if source is None:
        raise FeePolicyNotFound("a version without its document")
    document = read(source) | {"version": library.next_version(row.policy.id), "effective": days}
    if text_of(fields, "label_vi") or text_of(fields, "label_en"):
        problems |= demand_both(fields, "label")
        document["label"] = both_of(fields, "label")
    return within_period(document), problems


def within_period(document: Document) -> Document:
    """The rules' days cut to the policy's, rules that have no day left dropped, examples moved to its days."""
    first, last = document["effective"]["first_day"], document["effective"]["last_day"]

    def cut(rule: dict[str, Any]) -> dict[str, Any] | None:
        dates = rule.get("dates")
        if not dates:
            return rule
        begin, end = max(dates["first_day"], first), min(dates["last_day"] or "9999", last or "9999")
        if end < begin:
            return None
        return rule | {"dates": {"first_day": begin, "last_day": None if end == "9999" else end}}

    stages = []
    for stage in document["stages"]:
        rules = [kept for rule in stage["rules"] if (kept := cut(rule)) is not None]
        if rules:
            stages.append(stage | {"rules": rules})
    examples = []
    for example in document["examples"]:
        given = dict(example["given"])
        for name in ("submitted_on", "received_on"):
            if given.get(name):
                given[name] = min(max(given[name], first), last or "9999")
        examples.append(example | {"given": given})
    return document | {"stages": stages, "examples": examples}


async def _from_nothing(
    services: Services, library: Library, fields: Fields, language: Language
) -> tuple[Document | None, dict[str, str]]:
    problems = demand_both(fields, "label", "charge")
    types = ticked(fields, "type-")
    if not types:
        problems["types"] = N_("Tick at least one document.")
    days, wrong = period_of(fields)
    amount = number_of(fields.get("amount", ""))
    if amount is None:
        problems["amount"] = NUMBER_NEEDED
    act, wrong_act = act_from(_subject(services, library, language), fields, {})
    problems |= wrong | wrong_act
    if problems:
        return None, problems
    alike = library.of_type(types[0])
    territory = text_of(fields, "territory") or "vn"
    policy_id = f"{types[0]}.{territory.removeprefix('vn-')}" if alike is None else alike.policy.id
    given = {"channel": "desk", "copies": 1, "submitted_on": days["first_day"], "received_on": days["first_day"]}
    charge = {"id": "fee", "label": both_of(fields, "charge"), "kind": "base", "amount_vnd": amount}
    name = "Một bản tại bộ phận một cửa" if language == "vi" else "One copy at the desk"
    return {
        "schema": "condau-fee-policy/1",
        "id": policy_id,
        "version": library.next_version(policy_id),
        "label": both_of(fields, "label"),
        "document_types": types,
        "territory": territory,
        "currency": "VND",
        "time_zone": "Asia/Ho_Chi_Minh",
        "effective": days,
        "deciding_date": "submitted",
        "rounding": "in_favour_of_citizen",
        "basis": [act],
        "charges": [{**charge, "basis": [act["id"]]}],
        "stages": [],
        "examples": [
            {"name": name, "given": given, "expect": {"gross_vnd": amount, "waived_vnd": 0, "due_vnd": amount}}
        ],
    }, {}


def _subject(services: Services, library: Library, language: Language) -> Subject:
    empty: Document = {"basis": [], "charges": [], "stages": [], "examples": []}
    types = type_names(services, language)
    return Subject(document=empty, key=None, language=language, types=types, acts=library.acts, budgets={})


def _page(
    request: Request,
    services: Services,
    account: Session,
    library: Library,
    fields: Fields,
    *,
    wrong: Told = NOTHING_WRONG,
    others: Sequence[str] = (),
    why: Refused | None = None,
    status: int = 200,
) -> Response:
    language = language_of(request.scope)
    subject = _subject(services, library, language)
    if "territory" not in fields:
        fields = fields | {"territory": next((row.policy.document.territory for row in library.rows), "vn")}
    return page(
        request,
        "fees/new_draft.html",
        status=status,
        account=account,
        forms=True,
        given=fields,
        problems=wrong.at_fields,
        summary=wrong.in_summary,
        others=others,
        why=why,
        is_typed=request.method == "POST",
        most_bytes=MAX_POLICY_BYTES,
        versions=[("", translate(_CHOOSE, language)), *(_version(row, language) for row in library.rows)],
        types=[(one, text, fields.get(f"type-{one}") == "1") for one, text in _fees_first(subject.types, library)],
        templates=worded(TEMPLATES, language),
        **act_choices(subject),
    )


def _fees_first(types: Mapping[str, str], library: Library) -> list[tuple[str, str]]:
    """Documents that cost something, or did, before those of which nobody has ever asked what they cost."""
    decided = {one for row in library.rows for one in row.policy.document.document_types}
    return sorted(types.items(), key=lambda one: one[0] not in decided)


def _version(row: BookRow, language: Language) -> tuple[str, str]:
    label, days = row.policy.document.label.in_language(language), row.valid
    last = "…" if days.last_day is None else _day(days.last_day, language)
    words = f"{label} · {row.policy.version} ({_day(days.first_day, language)} – {last})"
    return f"{row.policy.id}/{row.policy.version}", words


def _day(day: date, language: Language) -> str:
    return day_in_words(day, language)
