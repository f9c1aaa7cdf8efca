"""The page on which a draft is edited: the list of its parts, and what is done to them by a button."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.errors import DraftChanged
from issuance.fee_policies.draft import DraftState

from ....languages import language_of
from ....services import Services
from ....state import Given
from ...page import page
from ...texts import N_, translate
from ..book import type_names
from ..refusals import REFUSALS, Refused, refused
from .asked import edit_path
from .keep import save, undoable
from .look import read_desk
from .overview import overview
from .parts import worded
from .rule_templates import TEMPLATES
from .sent import AuthorForm, AuthorSignedIn, SentByAuthor
from .tree import KINDS, Document, PartNotFound, copied, moved, read, without, written

router = APIRouter(include_in_schema=False)

CLOSED = frozenset({DraftState.SCHEDULED, DraftState.WITHDRAWN})
"""What nobody edits any more; its own page says so."""
DONE: Mapping[str, str] = {
    "saved": N_("Saved and checked. What was found stands beside each part."),
    "undone": N_("The last save is undone."),
    "begun": N_("The draft is begun. It is saved after each step; nothing decides before somebody approves it."),
}
NOT_UNDOABLE = N_("This save can no longer be undone: the draft was changed since.")


@router.get("/fees/drafts/{draft_id:uuid}/edit")
async def show_overview(
    request: Request, services: Given, session: AuthorSignedIn, draft_id: UUID, done: str = "", undo: str = ""
) -> Response:
    """Every part with what the last check found in it."""
    notice = translate(DONE[done], language_of(request.scope)) if done in DONE else None
    return await show_list(request, services, session, draft_id, undo=undo, notice=notice)


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
        return await show_list(request, services, form, draft_id, why=why)
    return await _kept(request, services, form, draft_id, written(document), "saved")


@router.post("/fees/drafts/{draft_id:uuid}/edit/undo")
async def undo(request: Request, services: Given, form: AuthorForm, draft_id: UUID) -> Response:
    """Write back what the named save has replaced. To undo that again is another save."""
    desk = await services.runner.run(lambda records: read_desk(records, form.official, draft_id))
    key, digest = form.fields.get("undo", ""), desk.draft.digest
    before = await services.runner.run(lambda records: undoable(records, key, form.official, draft_id, digest))
    if before is None:
        why = Refused(translate(NOT_UNDOABLE, language_of(request.scope)), (), 409)
        return await show_list(request, services, form, draft_id, why=why)
    return await _kept(request, services, form, draft_id, before.source, "undone")


async def _kept(
    request: Request, services: Services, form: SentByAuthor, draft_id: UUID, source: bytes, done: str
) -> Response:
    try:
        await save(request, services, form, draft_id, form.version, source)
    except REFUSALS as error:
        why = refused(error, language_of(request.scope))
        return await show_list(request, services, form, draft_id, why=why)
    return RedirectResponse(f"{edit_path(draft_id)}?done={done}&undo={form.once.key}", 303)


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


async def show_list(
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
