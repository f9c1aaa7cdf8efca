"""The pages on which a draft is edited: the list of its parts, and a form for each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.session import Session
from issuance.errors import ActRefused, DraftChanged, DraftNotFound
from issuance.fee_policies.draft import DraftState
from issuance.fee_policies.write import read_draft
from issuance.fees.compare import compare
from issuance.fees.errors import PolicyRefused

from ....errors import BodyTooLarge
from ....languages import Language, language_of
from ....services import Services
from ....state import Given
from ...page import page
from ...texts import N_, translate
from ..book import type_names
from ..differences import ChangedPart, changed_parts
from ..refusals import REFUSALS, Refused, refused
from .act_form import ActForm
from .keep import save, take_in, undoable
from .look import Desk, Looked, look, read_desk
from .other_forms import AboutForm, ChargeForm, ExampleForm, StageForm
from .overview import overview
from .parts import PartForm, Subject, field_of, worded
from .rule_form import TEMPLATES, RuleForm
from .sent import AuthorForm, AuthorSignedIn, Fields, SentByAuthor
from .tree import KINDS, Document, PartNotFound, copied, moved, read, without, written

router = APIRouter(include_in_schema=False)

FORMS: Mapping[str, PartForm] = {
    "about": AboutForm(),
    "acts": ActForm(),
    "charges": ChargeForm(),
    "stages": StageForm(),
    "rules": RuleForm(),
    "examples": ExampleForm(),
}
CLOSED = frozenset({DraftState.SCHEDULED, DraftState.WITHDRAWN})
"""What nobody edits any more; its own page says so."""
_NEVER_NEW = frozenset({"about", "stages"})
DONE: Mapping[str, str] = {
    "saved": N_("Saved and checked. What was found stands beside each part."),
    "undone": N_("The last save is undone."),
    "begun": N_("The draft is begun. It is saved after each step; nothing decides before somebody approves it."),
}
_ACT_REFUSED = N_("This file cannot be kept. Upload a PDF, or a text in UTF-8, that is not empty.")
_TOO_LARGE = N_("This file is too large: at most 50 MB.")
NOT_UNDOABLE = N_("This save can no longer be undone: the draft was changed since.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The part that a request is about, with everything around it."""

    services: Services
    desk: Desk
    form: PartForm
    kind: str
    subject: Subject

    @property
    def path(self) -> str:
        key = f"new/{self.kind}" if self.subject.key is None else f"{self.kind}/{self.subject.key}"
        return f"{edit_path(self.desk.draft.id)}/{key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a form's page shows beside its fields. theirs: what a save would now change; after a conflict."""

    problems: Mapping[str, str] = field(default_factory=dict)
    others: Sequence[str] = ()
    why: Refused | None = None
    theirs: Sequence[ChangedPart] | None = None
    status: int = 200


def edit_path(draft_id: UUID) -> str:
    return f"/fees/drafts/{draft_id}/edit"


@router.get("/fees/drafts/{draft_id:uuid}/edit")
async def show_overview(
    request: Request, services: Given, session: AuthorSignedIn, draft_id: UUID, done: str = "", undo: str = ""
) -> Response:
    """Every part with what the last check found in it."""
    notice = translate(DONE[done], language_of(request.scope)) if done in DONE else None
    return await _overview(request, services, session, draft_id, undo=undo, notice=notice)


@router.get("/fees/drafts/{draft_id:uuid}/edit/change")
@router.get("/fees/drafts/{draft_id:uuid}/edit/undo")
async def back(draft_id: UUID) -> Response:
    """Where a reload of what was refused leads."""
    return RedirectResponse(edit_path(draft_id), 303)


@router.post("/fees/drafts/{draft_id:uuid}/edit/change")
async def change(request: Request, services: Given, form: AuthorForm, draft_id: UUID) -> Response:
    """Move, copy or remove a part, as the pressed button says: `up rules students`."""
    desk = await services.runner.run(lambda records: read_desk(records, form.official, draft_id))
    try:
        document = _changed(read(desk.draft.source), form.what)
    except PartNotFound:
        why = refused(DraftChanged(), language_of(request.scope))
        return await _overview(request, services, form, draft_id, why=why)
    return await _kept(request, services, form, draft_id, written(document), "saved")


@router.post("/fees/drafts/{draft_id:uuid}/edit/undo")
async def undo(request: Request, services: Given, form: AuthorForm, draft_id: UUID) -> Response:
    """Write back what the named save has replaced. To undo that again is another save."""
    desk = await services.runner.run(lambda records: read_desk(records, form.official, draft_id))
    key, digest = form.fields.get("undo", ""), desk.draft.digest
    before = await services.runner.run(lambda records: undoable(records, key, form.official, draft_id, digest))
    if before is None:
        why = Refused(translate(NOT_UNDOABLE, language_of(request.scope)), (), 409)
        return await _overview(request, services, form, draft_id, why=why)
    return await _kept(request, services, form, draft_id, before.source, "undone")


@router.get("/fees/drafts/{draft_id:uuid}/edit/new/{kind}")
async def show_new(request: Request, services: Given, session: AuthorSignedIn, draft_id: UUID, kind: str) -> Response:
    return await _show(request, services, session, draft_id, kind, None)


@router.post("/fees/drafts/{draft_id:uuid}/edit/new/{kind}")
async def send_new(request: Request, services: Given, form: AuthorForm, draft_id: UUID, kind: str) -> Response:
    return await _sent(request, services, form, draft_id, kind, None)


@router.get("/fees/drafts/{draft_id:uuid}/edit/{kind}/{key}")
async def show_part(
    request: Request, services: Given, session: AuthorSignedIn, draft_id: UUID, kind: str, key: str
) -> Response:
    return await _show(request, services, session, draft_id, kind, key)


@router.post("/fees/drafts/{draft_id:uuid}/edit/{kind}/{key}")
async def send_part(
    request: Request, services: Given, form: AuthorForm, draft_id: UUID, kind: str, key: str
) -> Response:
    return await _sent(request, services, form, draft_id, kind, key)


async def _show(
    request: Request, services: Services, session: AuthorSignedIn, draft_id: UUID, kind: str, key: str | None
) -> Response:
    asked = await _asked(request, services, session, draft_id, kind, key)
    if asked.desk.draft.state in CLOSED:
        return RedirectResponse(f"/fees/drafts/{draft_id}", 303)
    try:
        fields = asked.form.fields(asked.subject, request.query_params)
    except PartNotFound:
        raise DraftNotFound("the draft has no such part") from None
    return await _form_page(request, asked, session.session, fields, Shown())


async def _sent(
    request: Request, services: Services, form: SentByAuthor, draft_id: UUID, kind: str, key: str | None
) -> Response:
    language = language_of(request.scope)
    fields, problems = dict(form.fields), {}
    if form.file is not None:
        try:
            fields["act_file"] = await take_in(services, form, form.file)
        except ActRefused:
            problems["act_file"] = translate(_ACT_REFUSED, language)
        except BodyTooLarge:
            problems["act_file"] = translate(_TOO_LARGE, language)
    asked = await _asked(request, services, form, draft_id, kind, key)
    if form.what != "save" and not problems:
        fields = asked.form.press(asked.subject, fields, form.what)
        return await _form_page(request, asked, form.session, fields, Shown())
    try:
        built = asked.form.build(asked.subject, fields)
    except PartNotFound:
        # Somebody has removed the part: the list shows what is left, and what happened.
        return await _overview(request, services, form, draft_id, why=refused(DraftChanged(), language))
    problems = {name: translate(text, language) for name, text in built.problems.items()} | problems
    if problems:
        return await _form_page(request, asked, form.session, fields, Shown(problems=problems, status=422))
    source = written(built.document)
    try:
        await save(request, services, form, draft_id, form.version, source)
    except PolicyRefused as error:
        told = _told(asked, built.place, error, language)
        return await _form_page(request, asked, form.session, fields, told)
    except DraftChanged as error:
        theirs = _theirs(asked.desk, source, language)
        # Sent once more, having seen both, it is meant.
        fields["version"] = str(asked.desk.draft.version)
        conflict = Shown(why=refused(error, language), theirs=theirs, status=412)
        return await _form_page(request, asked, form.session, fields, conflict)
    except REFUSALS as error:
        why = refused(error, language)
        return await _form_page(request, asked, form.session, fields, Shown(why=why, status=why.status))
    return RedirectResponse(f"{edit_path(draft_id)}?done=saved&undo={form.once.key}", 303)


async def _kept(
    request: Request, services: Services, form: SentByAuthor, draft_id: UUID, source: bytes, done: str
) -> Response:
    try:
        await save(request, services, form, draft_id, form.version, source)
    except REFUSALS as error:
        why = refused(error, language_of(request.scope))
        return await _overview(request, services, form, draft_id, why=why)
    return RedirectResponse(f"{edit_path(draft_id)}?done={done}&undo={form.once.key}", 303)


async def _asked(
    request: Request,
    services: Services,
    author: AuthorSignedIn | SentByAuthor,
    draft_id: UUID,
    kind: str,
    key: str | None,
) -> Asked:
    """Raises DraftNotFound for what has no form."""
    if kind not in FORMS or (key is None and kind in _NEVER_NEW):
        raise DraftNotFound("a draft has no such parts")
    language = language_of(request.scope)
    desk = await services.runner.run(lambda records: read_desk(records, author.official, draft_id))
    document = read(desk.draft.source)
    subject = Subject(
        document=document,
        key=key,
        language=language,
        types=type_names(services, language),
        acts=desk.acts,
        budgets=_budgets(desk, document),
    )
    return Asked(services=services, desk=desk, form=FORMS[kind], kind=kind, subject=subject)


def _budgets(desk: Desk, document: Document) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for policy in desk.book.policies:
        for stage in policy.document.stages:
            for rule in stage.rules:
                if rule.funding is not None:
                    found[rule.funding.budget] = {"vi": rule.funding.label.vi, "en": rule.funding.label.en}
    own = [rule["funding"] for stage in document["stages"] for rule in stage["rules"] if rule.get("funding")]
    return found | {one["budget"]: one["label"] for one in own}


async def _form_page(request: Request, asked: Asked, account: Session, fields: Fields, shown: Shown) -> Response:
    subject, form = asked.subject, asked.form
    looked, still_open = await _looked(asked, fields)
    return page(
        request,
        form.template,
        status=shown.status,
        account=account,
        forms=True,
        draft=asked.desk.draft,
        version=fields.get("version", str(asked.desk.draft.version)),
        policy_label=subject.document["label"][subject.language],
        base=edit_path(asked.desk.draft.id),
        path_of_form=asked.path,
        heading=form.title_new if subject.key is None else form.title,
        is_new=subject.key is None,
        given=fields,
        problems=shown.problems,
        others=shown.others,
        why=shown.why,
        theirs=shown.theirs,
        looked=looked,
        still_open=still_open,
        **form.choices(subject, fields),
    )


async def _looked(asked: Asked, fields: Fields) -> tuple[Looked | None, Sequence[str]]:
    """What is found in the draft with these fields, or what has still to be filled in before anything can be."""
    language = asked.subject.language
    try:
        built = asked.form.build(asked.subject, fields)
    except PartNotFound:
        return None, ()
    if built.problems:
        return None, [translate(text, language) for text in dict.fromkeys(built.problems.values())]
    return await look(asked.services, asked.desk, written(built.document), built.place, language), ()


def _told(asked: Asked, place: str, error: PolicyRefused, language: Language) -> Shown:
    """Each problem at its field; those of other parts with their places."""
    problems: dict[str, str] = {}
    others = []
    for problem in error.problems:
        name = field_of(asked.form, place, problem)
        if name is None or name in problems:
            others.append(problem.in_language(language))
        else:
            problems[name] = problem.text.in_language(language)
    return Shown(problems=problems, others=others, status=422)


def _theirs(desk: Desk, source: bytes, language: Language) -> Sequence[ChangedPart]:
    """What this save would change in the draft as it stands by now."""
    try:
        yours = read_draft(source)
    except PolicyRefused:
        return ()
    return changed_parts(compare(desk.to_check.policy.document, yours.document), language)


def _changed(document: Document, what: str) -> Document:
    """Raises PartNotFound."""
    verb, kind, key = (*what.split(" ", 2), "", "")[:3]
    if kind not in KINDS:
        raise PartNotFound
    match verb:
        case "up":
            return moved(document, kind, key, -1)
        case "down":
            return moved(document, kind, key, 1)
        case "copy":
            return copied(document, kind, key)
        case "remove":
            return without(document, kind, key)
    raise PartNotFound


async def _overview(
    request: Request,
    services: Services,
    author: AuthorSignedIn | SentByAuthor,
    draft_id: UUID,
    *,
    undo: str = "",
    notice: str | None = None,
    why: Refused | None = None,
) -> Response:
    language = language_of(request.scope)
    desk = await services.runner.run(lambda records: read_desk(records, author.official, draft_id))
    if why is None and desk.draft.state in CLOSED:
        return RedirectResponse(f"/fees/drafts/{draft_id}", 303)
    before = await services.runner.run(
        lambda records: undoable(records, undo, author.official, draft_id, desk.draft.digest) if undo else None
    )
    types = type_names(services, language)
    view = await asyncio.to_thread(overview, desk, desk.to_check.policy, types, language)
    values: dict[str, Any] = {"why": why, "view": view, "templates": worded(TEMPLATES, language)}
    return page(
        request,
        "fees/edit.html",
        status=200 if why is None else why.status,
        account=author.session,
        forms=True,
        notice=notice,
        base=edit_path(draft_id),
        draft=desk.draft,
        undo=undo if before is not None and before.source != desk.draft.source else "",
        **values,
    )
