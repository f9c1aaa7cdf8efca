"""The form of one part of a draft: shown, looked at, checked while it is typed, and saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.session import Session
from issuance.errors import DraftChanged, DraftNotFound
from issuance.fee_policies.write import read_draft
from issuance.fees.errors import PolicyRefused

from ....languages import Language, language_of
from ....services import Services
from ....state import Given
from ...page import page
from ...texts import N_, translate
from ..differences import ChangedPart, changed_parts
from ..refusals import REFUSALS, Refused, refused
from .asked import Asked, edit_path, open_part
from .keep import save, with_file
from .look import Desk, Looked, look
from .pages import CLOSED, show_list
from .parts import field_of
from .sent import AuthorSignedIn, Fields, SentByAuthor, SignedOut, TypedForm
from .told import NOTHING_WRONG, Told, told
from .tree import PartNotFound, written
from .typed_again import refused_as_outdated, show_signed_out

router = APIRouter(include_in_schema=False)

_NOT_SAVED = N_("Nothing was saved: somebody else has saved this draft since you opened the page.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a form's page shows beside its fields. theirs: what a save would now change; after a conflict."""

    told: Told = NOTHING_WRONG
    others: Sequence[str] = ()
    why: Refused | None = None
    theirs: Sequence[ChangedPart] | None = None
    status: int = 200


@router.get("/fees/drafts/{draft_id:uuid}/edit/new/{kind}")
async def show_new(request: Request, services: Given, session: AuthorSignedIn, draft_id: UUID, kind: str) -> Response:
    return await _show(request, services, session, draft_id, kind, None)


@router.post("/fees/drafts/{draft_id:uuid}/edit/new/{kind}")
async def send_new(request: Request, services: Given, form: TypedForm, draft_id: UUID, kind: str) -> Response:
    return await _sent(request, services, form, draft_id, kind, None)


@router.get("/fees/drafts/{draft_id:uuid}/edit/{kind}/{key}")
async def show_part(
    request: Request, services: Given, session: AuthorSignedIn, draft_id: UUID, kind: str, key: str
) -> Response:
    return await _show(request, services, session, draft_id, kind, key)


@router.post("/fees/drafts/{draft_id:uuid}/edit/{kind}/{key}")
async def send_part(
    request: Request, services: Given, form: TypedForm, draft_id: UUID, kind: str, key: str
) -> Response:
    return await _sent(request, services, form, draft_id, kind, key)


async def _show(
    request: Request, services: Services, session: AuthorSignedIn, draft_id: UUID, kind: str, key: str | None
) -> Response:
    asked = await open_part(request, services, session.official, draft_id, kind, key)
    if asked.desk.draft.state in CLOSED:
        return RedirectResponse(f"/fees/drafts/{draft_id}", 303)
    try:
        fields = asked.form.fields(asked.subject, request.query_params)
    except PartNotFound:
        raise DraftNotFound("the draft has no such part") from None
    return await _form_page(request, asked, session.session, fields, Shown())


async def _sent(
    request: Request, services: Services, form: SentByAuthor | SignedOut, draft_id: UUID, kind: str, key: str | None
) -> Response:
    if isinstance(form, SignedOut):
        return show_signed_out(request, form)
    language = language_of(request.scope)
    fields, wrong_file = await with_file(services, form)
    asked = await open_part(request, services, form.official, draft_id, kind, key)
    if form.is_outdated:
        why = await refused_as_outdated(request, language)
        return await _form_page(request, asked, form.session, fields, Shown(why=why, status=why.status))
    if form.what != "save" and not wrong_file:
        fields = asked.form.press(asked.subject, fields, form.what)
        return await _form_page(request, asked, form.session, fields, Shown())
    try:
        built = asked.form.build(asked.subject, fields)
    except PartNotFound:
        # Somebody has removed the part: the list shows what is left, and what happened.
        return await show_list(request, services, form, draft_id, why=refused(DraftChanged(), language))
    if problems := {**built.problems, **wrong_file}:
        shown = Shown(told=told(problems, language), status=422)
        return await _form_page(request, asked, form.session, fields, shown)
    source = written(built.document)
    try:
        await save(request, services, form, draft_id, form.version, source)
    except PolicyRefused as error:
        shown = _refused_document(asked, built.place, error, language)
        return await _form_page(request, asked, form.session, fields, shown)
    except DraftChanged as error:
        theirs = _theirs(asked.desk, source, language)
        # Sent once more, having seen both, it is meant.
        fields["version"] = str(asked.desk.draft.version)
        why = replace(refused(error, language), text=translate(_NOT_SAVED, language))
        conflict = Shown(why=why, theirs=theirs, status=412)
        return await _form_page(request, asked, form.session, fields, conflict)
    except REFUSALS as error:
        why = refused(error, language)
        return await _form_page(request, asked, form.session, fields, Shown(why=why, status=why.status))
    return RedirectResponse(f"{edit_path(draft_id)}?done=saved&undo={form.once.key}", 303)


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
        problems=shown.told.at_fields,
        summary=shown.told.in_summary,
        others=shown.others,
        why=shown.why,
        theirs=shown.theirs,
        looked=looked,
        still_open=still_open,
        is_typed=request.method == "POST",
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
        return None, [*dict.fromkeys(told(built.problems, language).in_summary.values())]
    source = written(built.document)
    return await look(asked.services, asked.desk, source, built.place, asked.subject.types, language), ()


def _refused_document(asked: Asked, place: str, error: PolicyRefused, language: Language) -> Shown:
    """Each problem at its field; those of other parts with their places."""
    problems: dict[str, str] = {}
    others = []
    for problem in error.problems:
        name = field_of(asked.form, place, problem)
        if name is None or name in problems:
            others.append(problem.in_language(language))
        else:
            problems[name] = problem.text.in_language(language)
    return Shown(told=Told(problems, problems), others=others, status=422)


def _theirs(desk: Desk, source: bytes, language: Language) -> Sequence[ChangedPart]:
    """What this save would change in the draft as it stands by now."""
    try:
        yours = read_draft(source)
    except PolicyRefused:
        return ()
    return changed_parts(desk.to_check.policy.document, yours.document, language)
