"""One application on one page, and what an official does with it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.decide_evidence import accept, reject
from issuance.errors import EvidenceNotFound, QuestionNotFound
from issuance.feedback.questions import MAX_QUESTION_LETTERS, answer
from issuance.settlement.act import act

from ...evidence import download_evidence
from ...languages import Language, language_of
from ...parameters import Code
from ...present.evidence import EvidenceView
from ...present.question import QuestionView
from ...services import Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn, SentByOfficial
from ..texts import N_, translate
from .case_shown import CaseShown, Offered
from .deeds import DEEDS, Deed, Who
from .doing import Asking, asked, done, seen
from .reading import Reading

router = APIRouter(include_in_schema=False)

_DONE = {
    **{name: deed.done for name, deed in DEEDS.items()},
    "step": N_("Done: the application has moved on."),
    "accepted": N_("The paper is accepted."),
    "rejected": N_("The paper is rejected; the citizen reads why."),
    "answered": N_("The answer is sent."),
}
DeedName = Annotated[str, Path(pattern=f"^({'|'.join(DEEDS)})$")]
OutcomeId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,59}$")]


@router.get("/desk/cases/{code}")
async def show_case(request: Request, services: Given, session: OfficialSignedIn, code: Code) -> Response:
    """All of one application. Noted as an access to it before it is shown."""
    case = await seen(request, services, session, code)
    if isinstance(case, Response):
        return case
    language, said = language_of(request.scope), _DONE.get(request.query_params.get("done", ""))
    return page(
        request,
        "desk/case.html",
        account=session.session,
        forms=True,
        notice=said and translate(said, language),
        case=case,
        deeds=[(name, deed) for name, deed in DEEDS.items() if deed.is_open(case)],
        is_head="head" in session.official.roles,
    )


@router.get("/desk/cases/{code}/papers/{paper_id}/file")
async def load_paper(
    request: Request, services: Given, session: OfficialSignedIn, code: Code, paper_id: UUID
) -> Response:
    """A file that a stranger has made: it is only ever downloaded."""
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
        return _back(code)
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
    reason = reading.reason("paper")
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
        return _back(code)
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


@router.get("/desk/cases/{code}/outcomes/{outcome_id}")
async def ask_for_outcome(
    request: Request, services: Given, session: OfficialSignedIn, code: Code, outcome_id: OutcomeId
) -> Response:
    case = await seen(request, services, session, code)
    if isinstance(case, Response):
        return case
    offered = _offered(case, outcome_id)
    if offered is None:
        return _back(code)
    asking = _about_outcome(code, offered, language_of(request.scope))
    return await asked(request, services, session, code, asking, case=case)


@router.post("/desk/cases/{code}/outcomes/{outcome_id}")
async def bring_about(
    request: Request, services: Given, form: OfficialForm, code: Code, outcome_id: OutcomeId
) -> Response:
    """What comes of the present step."""
    language = language_of(request.scope)
    case = await seen(request, services, OfficialSession(session=form.session, official=form.official), code)
    if isinstance(case, Response):
        return case
    offered, reading = _offered(case, outcome_id), Reading(form.fields, language)
    if offered is None:
        name = translate("This step", language)
        offered = Offered(id=outcome_id, name=name, ends=None, returns=False, needs_reason=False, missing=())
    reason = reading.reason(_reasons_for(offered)) if offered.needs_reason else None
    return await done(
        request,
        services,
        form,
        code,
        _about_outcome(code, offered, language),
        reading,
        lambda records, at: act(records, services.rules, code, form.official, outcome_id, reason, at),
        notice="step",
    )


# After the other addresses below a case: their words would be taken for deeds.
@router.get("/desk/cases/{code}/{deed_name}")
async def ask_for_deed(
    request: Request, services: Given, session: OfficialSignedIn, code: Code, deed_name: DeedName
) -> Response:
    case = await seen(request, services, session, code)
    if isinstance(case, Response):
        return case
    deed = DEEDS[deed_name]
    if not deed.is_open(case):
        return _back(code)
    asking = _about_deed(code, deed_name, deed, language_of(request.scope))
    return await asked(request, services, session, code, asking, case=case)


@router.post("/desk/cases/{code}/{deed_name}")
async def do_deed(request: Request, services: Given, form: OfficialForm, code: Code, deed_name: DeedName) -> Response:
    language, deed = language_of(request.scope), DEEDS[deed_name]
    reading = Reading(form.fields, language)
    who = Who(rules=services.rules, official=form.official, code=code)
    return await done(
        request,
        services,
        form,
        code,
        _about_deed(code, deed_name, deed, language),
        reading,
        deed.prepare(reading, who),
        notice=deed_name,
        restates=deed.restates,
    )


def _back(code: str) -> Response:
    return RedirectResponse(f"/desk/cases/{code}", 303)


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


def _offered(case: CaseShown, outcome_id: str) -> Offered | None:
    return next((one for one in case.outcomes if one.id == outcome_id), None)


def _reasons_for(offered: Offered) -> str:
    return "return" if offered.returns else "refuse"


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


def _about_outcome(code: str, offered: Offered, language: Language) -> Asking:
    leads = {
        "approved": N_("The document is issued and signed in your name. This cannot be undone."),
        "refused": N_("No document is issued. The citizen reads the reason. This cannot be undone."),
    }
    lead = leads.get(offered.ends or "", N_("The application enters its next step."))
    if offered.returns:
        lead = N_("The application goes back to the step before, with the time that is left.")
    return Asking(
        address=f"/desk/cases/{code}/outcomes/{offered.id}",
        title=offered.name,
        lead=translate(lead, language),
        button=offered.name,
        fields=("missing", *(("reason",) if offered.needs_reason else ())),
        reasons=_reasons_for(offered) if offered.needs_reason else "",
        is_grave=offered.ends == "refused",
        about={"missing": offered.missing},
    )


def _about_deed(code: str, name: str, deed: Deed, language: Language) -> Asking:
    return Asking(
        address=f"/desk/cases/{code}/{name}",
        title=translate(deed.title, language),
        lead=translate(deed.lead, language),
        button=translate(deed.button, language),
        fields=deed.fields,
        reasons=deed.reasons,
        is_grave=deed.is_grave,
    )
