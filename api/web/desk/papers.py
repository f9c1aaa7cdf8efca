"""Papers that officials look at, and questions that they answer, from the page of a case."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.decide_evidence import accept, reject
from issuance.errors import EvidenceNotFound, QuestionNotFound
from issuance.feedback.questions import MAX_QUESTION_LETTERS, answer

from ...evidence import download_evidence
from ...languages import Language, language_of
from ...parameters import Code
from ...present.evidence import EvidenceView
from ...present.question import QuestionView
from ...services import Services
from ...state import Given
from ..downloads import from_our_pages
from ..session import OfficialForm, OfficialSession, OfficialSignedIn, SentByOfficial
from ..texts import translate
from .case_shown import CaseShown
from .doing import Asking, asked, back_to, done, seen
from .reading import Reading

router = APIRouter(include_in_schema=False)


@router.get("/desk/cases/{code}/papers/{paper_id}/file")
async def load_paper(
    request: Request, services: Given, session: OfficialSignedIn, code: Code, paper_id: UUID
) -> Response:
    """A file that a stranger has made: it is only ever downloaded."""
    if not from_our_pages(request):
        return RedirectResponse(f"/desk/cases/{code}", 303)
    return await download_evidence(request, services, session.official, code, paper_id)


@router.get("/desk/cases/{code}/papers/{paper_id}")
async def ask_about_paper(
    request: Request, services: Given, session: OfficialSignedIn, code: Code, paper_id: UUID
) -> Response:
    case = await seen(request, services, session, code)
    if isinstance(case, Response):
        return case
    paper = _paper(case, paper_id)
    if paper["state"] != "submitted":
        return back_to(code)
    return await asked(
        request, services, session, code, _about_paper(code, paper, language_of(request.scope)), case=case
    )


@router.post("/desk/cases/{code}/papers/{paper_id}")
async def reject_paper(request: Request, services: Given, form: OfficialForm, code: Code, paper_id: UUID) -> Response:
    """With its reason. To accept one has a form of its own beside it."""
    language = language_of(request.scope)
    asking = await _paper_asked(request, services, form, code, paper_id, language)
    if isinstance(asking, Response):
        return asking
    reading = Reading(form.fields, language)
    reason = reading.reason(services.reasons["paper"])
    return await done(
        request,
        services,
        form,
        code,
        asking,
        reading,
        lambda records, at: reject(records, form.official, code, paper_id, reason, at),
        notice="rejected",
    )


@router.get("/desk/cases/{code}/papers/{paper_id}/acceptance")
async def come_back_to_paper(session: OfficialSignedIn, code: Code, paper_id: UUID) -> Response:
    return RedirectResponse(f"/desk/cases/{code}/papers/{paper_id}", 303)


@router.post("/desk/cases/{code}/papers/{paper_id}/acceptance")
async def accept_paper(request: Request, services: Given, form: OfficialForm, code: Code, paper_id: UUID) -> Response:
    language = language_of(request.scope)
    asking = await _paper_asked(request, services, form, code, paper_id, language)
    if isinstance(asking, Response):
        return asking
    return await done(
        request,
        services,
        form,
        code,
        asking,
        Reading(form.fields, language),
        lambda records, at: accept(records, services.rules, form.official, code, paper_id, at),
        notice="accepted",
    )


@router.get("/desk/cases/{code}/questions/{question_id}")
async def ask_for_answer(
    request: Request, services: Given, session: OfficialSignedIn, code: Code, question_id: UUID
) -> Response:
    case = await seen(request, services, session, code)
    if isinstance(case, Response):
        return case
    question = _question(case, question_id)
    if question["answer"] is not None:
        return back_to(code)
    asking = _about_question(code, question, language_of(request.scope))
    return await asked(request, services, session, code, asking, case=case)


@router.post("/desk/cases/{code}/questions/{question_id}")
async def answer_question(
    request: Request, services: Given, form: OfficialForm, code: Code, question_id: UUID
) -> Response:
    language = language_of(request.scope)
    case = await seen(request, services, OfficialSession(session=form.session, official=form.official), code)
    if isinstance(case, Response):
        return case
    reading = Reading(form.fields, language)
    missing = translate("Write an answer.", language)
    text = reading.text("answer", MAX_QUESTION_LETTERS, missing=missing)
    return await done(
        request,
        services,
        form,
        code,
        _about_question(code, _question(case, question_id), language),
        reading,
        lambda records, at: answer(records, form.official, code, question_id, text, at),
        notice="answered",
        by_version=False,
    )


def _paper(case: CaseShown, paper_id: UUID) -> EvidenceView:
    """Raises EvidenceNotFound."""
    for one in case.view["application"]["evidence"]:
        if one["id"] == str(paper_id):
            return one
    raise EvidenceNotFound("no such paper of this application")


def _question(case: CaseShown, question_id: UUID) -> QuestionView:
    """Raises QuestionNotFound."""
    for one in case.view["application"]["questions"]:
        if one["id"] == str(question_id):
            return one
    raise QuestionNotFound("no such question about this application")


async def _paper_asked(
    request: Request, services: Services, form: SentByOfficial, code: str, paper_id: UUID, language: Language
) -> Asking | Response:
    case = await seen(request, services, OfficialSession(session=form.session, official=form.official), code)
    return case if isinstance(case, Response) else _about_paper(code, _paper(case, paper_id), language)


def _about_paper(code: str, paper: EvidenceView, language: Language) -> Asking:
    return Asking(
        address=f"/desk/cases/{code}/papers/{paper['id']}",
        title=translate("Look at a paper", language),
        lead=translate("Open the file, compare it with what was stated, then accept or reject it.", language),
        button=translate("Reject the paper", language),
        fields=("paper", "reason"),
        reasons="paper",
        about={"paper": paper},
    )


def _about_question(code: str, question: QuestionView, language: Language) -> Asking:
    return Asking(
        address=f"/desk/cases/{code}/questions/{question['id']}",
        title=translate("Answer a question", language),
        lead=translate("The citizen reads the answer, and who gave it.", language),
        button=translate("Send the answer", language),
        fields=("question", "answer"),
        about={"question": question},
    )
