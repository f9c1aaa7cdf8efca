"""A draft's page, and the steps by which it comes into the book: check, approval, schedule, or its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.citizen import VerifiedOfficial
from identity.session import Session
from issuance.fee_policies.change_of_book import BookRefuses, entering
from issuance.fee_policies.draft import DraftState
from issuance.fee_policies.open_draft import open_draft
from issuance.fee_policies.rights import ANY_OF_THEM
from issuance.fee_policies.withdraw import MAX_REASON_CHARACTERS
from issuance.fees.document import FeePolicy
from issuance.fees.facts import vietnam_day

from ... import fee_drafts
from ...languages import language_of
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSignedIn, SentByOfficial
from ..texts import N_, translate
from .book import type_names
from .change_told import ChangeTold, change_told
from .differences import difference
from .draft_page import DraftPage, read_page
from .policies import json_file
from .refusals import REFUSALS, Refused, refused

router = APIRouter(include_in_schema=False)

DONE: Mapping[str, str] = {
    "written": N_("The draft is kept."),
    "checked": N_("The check is done. What it found stands below."),
    "approved": N_("You have approved the draft. It can be put into the book now."),
    "scheduled": N_("The version is in the book. It decides from its first day on."),
    "withdrawn": N_("The draft has ended."),
}
"""What `?done=` says; the editing pages may lead here too."""


@router.get("/fees/drafts/{draft_id:uuid}")
async def show_draft(
    request: Request, services: Given, session: OfficialSignedIn, draft_id: UUID, done: str = ""
) -> Response:
    """How far it has come, what is missing, what was found, and the draft as a document."""
    notice = translate(DONE[done], language_of(request.scope)) if done in DONE else None
    return await _draft_page(request, services, session.session, session.official, draft_id, notice=notice)


@router.get("/fees/drafts/{draft_id:uuid}/document")
async def download_draft(services: Given, session: OfficialSignedIn, draft_id: UUID) -> Response:
    """The document as it is written, for the expert."""
    draft = await services.runner.run(lambda records: open_draft(records, session.official, draft_id))
    return json_file(draft.source, f"{draft.policy_id}-{draft.policy_version}-draft.json")


@router.get("/fees/drafts/{draft_id:uuid}/check")
async def back_from_check(draft_id: UUID) -> Response:
    """Where a reload of a refused check leads."""
    return RedirectResponse(f"/fees/drafts/{draft_id}", 303)


@router.post("/fees/drafts/{draft_id:uuid}/check")
async def check_draft(request: Request, services: Given, form: OfficialForm, draft_id: UUID) -> Response:
    version = meant(form)
    return await _taken(
        request,
        services,
        form,
        draft_id,
        "checked",
        lambda: fee_drafts.check(request, services, form.official, form.once, version, draft_id),
    )


@router.get("/fees/drafts/{draft_id:uuid}/approval")
async def show_approval(request: Request, services: Given, session: OfficialSignedIn, draft_id: UUID) -> Response:
    """Everything that an approval is of: the text, what changes, the check, the rehearsal."""
    return await _approval_page(request, services, session.session, session.official, draft_id)


@router.post("/fees/drafts/{draft_id:uuid}/approval")
async def approve_draft(request: Request, services: Given, form: OfficialForm, draft_id: UUID) -> Response:
    version = meant(form)
    return await _taken(
        request,
        services,
        form,
        draft_id,
        "approved",
        lambda: fee_drafts.approve(request, services, form.official, form.once, version, draft_id),
    )


@router.get("/fees/drafts/{draft_id:uuid}/schedule")
async def show_schedule(request: Request, services: Given, session: OfficialSignedIn, draft_id: UUID) -> Response:
    """From when it will decide, and what that closes and opens in the book."""
    return await _schedule_page(request, services, session.session, session.official, draft_id)


@router.post("/fees/drafts/{draft_id:uuid}/schedule")
async def schedule_draft(request: Request, services: Given, form: OfficialForm, draft_id: UUID) -> Response:
    version = meant(form)
    return await _taken(
        request,
        services,
        form,
        draft_id,
        "scheduled",
        lambda: fee_drafts.schedule(request, services, form.official, form.once, version, draft_id),
    )


@router.get("/fees/drafts/{draft_id:uuid}/withdrawal")
async def show_withdrawal(request: Request, services: Given, session: OfficialSignedIn, draft_id: UUID) -> Response:
    return await _withdrawal_page(request, services, session.session, session.official, draft_id)


@router.post("/fees/drafts/{draft_id:uuid}/withdrawal")
async def withdraw_draft(request: Request, services: Given, form: OfficialForm, draft_id: UUID) -> Response:
    reason, version = form.fields.get("reason", "").strip(), meant(form)
    if problem := reason_problem(reason):
        return await _withdrawal_page(
            request, services, form.session, form.official, draft_id, given=form.fields, problem=problem
        )
    said = fee_drafts.DraftEnded(reason=reason)
    return await _taken(
        request,
        services,
        form,
        draft_id,
        "withdrawn",
        lambda: fee_drafts.withdraw(request, services, form.official, form.once, version, draft_id, said),
    )


def reason_problem(reason: str) -> str | None:
    """What is wrong with a reason, in English, for the template to translate."""
    if not reason:
        return N_("Say why: the reason stays in the book for good.")
    return N_("This is too long: at most 2,000 characters.") if len(reason) > MAX_REASON_CHARACTERS else None


def meant(form: SentByOfficial) -> int:
    """The version of the draft that the form's page showed; one that no draft has where the form names none."""
    text = form.fields.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


async def _taken(
    request: Request,
    services: Services,
    form: SentByOfficial,
    draft_id: UUID,
    done: str,
    take: Callable[[], Awaitable[Response]],
) -> Response:
    """Take the step and go to the draft; where it is refused, show the draft as it stands, and why."""
    try:
        await take()
    except REFUSALS as error:
        why = refused(error, language_of(request.scope))
        return await _draft_page(request, services, form.session, form.official, draft_id, why=why)
    return RedirectResponse(f"/fees/drafts/{draft_id}?done={done}", 303)


async def _draft_page(
    request: Request,
    services: Services,
    account: Session,
    official: VerifiedOfficial,
    draft_id: UUID,
    *,
    notice: str | None = None,
    why: Refused | None = None,
) -> Response:
    language = language_of(request.scope)
    names = type_names(services, language)
    draft, _, _ = await services.runner.run(
        lambda records: read_page(records, services, official, draft_id, names, language)
    )
    return page(
        request,
        "fees/draft.html",
        status=200 if why is None else why.status,
        account=account,
        forms=True,
        notice=notice,
        draft=draft,
        why=why,
        reads_acts=bool(ANY_OF_THEM & official.roles),
    )


async def _approval_page(
    request: Request, services: Services, account: Session, official: VerifiedOfficial, draft_id: UUID
) -> Response:
    language = language_of(request.scope)
    names = type_names(services, language)
    draft, policy, former = await services.runner.run(
        lambda records: read_page(records, services, official, draft_id, names, language)
    )
    if draft.state != DraftState.REHEARSED.value or policy is None:
        return RedirectResponse(f"/fees/drafts/{draft_id}", 303)
    found = None if former is None else await asyncio.to_thread(difference, former, policy, language)
    values: dict[str, Any] = {"draft": draft, "found": found, "document": draft.document}
    return page(request, "fees/approval.html", account=account, forms=True, **values)


async def _schedule_page(
    request: Request, services: Services, account: Session, official: VerifiedOfficial, draft_id: UUID
) -> Response:
    language, at = language_of(request.scope), services.clock()
    names = type_names(services, language)

    def read(records: Records) -> tuple[DraftPage, FeePolicy | None, ChangeTold | None, list[str]]:
        draft, policy, _ = read_page(records, services, official, draft_id, names, language)
        if policy is None:
            return draft, None, None, []
        rows = records.fee_policies.rows()
        try:
            change = entering(rows, policy, official.subject_key, at)
        except BookRefuses as refuses:
            return draft, policy, None, [reason.in_language(language) for reason in refuses.reasons]
        return draft, policy, change_told(rows, change, at), []

    draft, policy, change, reasons = await services.runner.run(read)
    if draft.state != DraftState.APPROVED.value or policy is None:
        return RedirectResponse(f"/fees/drafts/{draft_id}", 303)
    days = policy.document.effective
    return page(
        request,
        "fees/schedule.html",
        account=account,
        forms=True,
        draft=draft,
        days=days,
        has_begun=days.first_day <= vietnam_day(at),
        change=change,
        reasons=reasons,
    )


async def _withdrawal_page(
    request: Request,
    services: Services,
    account: Session,
    official: VerifiedOfficial,
    draft_id: UUID,
    *,
    given: Mapping[str, str] | None = None,
    problem: str | None = None,
) -> Response:
    language = language_of(request.scope)
    names = type_names(services, language)
    draft, _, _ = await services.runner.run(
        lambda records: read_page(records, services, official, draft_id, names, language)
    )
    if "withdrawal" not in draft.steps.steps:
        return RedirectResponse(f"/fees/drafts/{draft_id}", 303)
    return page(
        request,
        "fees/withdrawal.html",
        status=200 if problem is None else 422,
        account=account,
        forms=True,
        draft=draft,
        version=draft.version,
        given=given or {},
        problems={} if problem is None else {"reason": translate(problem, language)},
    )
