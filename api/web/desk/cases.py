"""One application on one page, and what an official does with it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.desk import is_own_case, work_list
from issuance.settlement.act import act
from issuance.work_list import WorkFilter

from ...languages import Language, language_of
from ...parameters import Code
from ...services import Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn
from ..texts import N_, translate
from .case_shown import CaseShown, Offered
from .deeds import DEEDS, Deed, Who
from .doing import Asking, asked, back_to, done, seen
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
    open_deeds = [(name, deed) for name, deed in DEEDS.items() if deed.is_open(case)]
    language, said = language_of(request.scope), _DONE.get(request.query_params.get("done", ""))
    return page(
        request,
        "desk/case.html",
        account=session.session,
        forms=True,
        notice=said and translate(said, language),
        next_code=said and await _next_of(services, session.official, code),
        case=case,
        often=[(name, deed) for name, deed in open_deeds if not deed.is_seldom],
        seldom=[(name, deed) for name, deed in open_deeds if deed.is_seldom],
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
        return back_to(code)
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
        # Whatever was typed is shown again, also to whom the step is not open any more.
        has_reason = "own_words" in form.fields
        offered = Offered(id=outcome_id, name=name, ends=None, returns=False, needs_reason=has_reason, missing=())
    reason = reading.reason(services.reasons[_reasons_for(offered)]) if offered.needs_reason else None
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
        return back_to(code)
    asking = _about_deed(code, deed_name, deed, language_of(request.scope))
    return await asked(request, services, session, code, asking, case=case)


@router.post("/desk/cases/{code}/{deed_name}")
async def do_deed(request: Request, services: Given, form: OfficialForm, code: Code, deed_name: DeedName) -> Response:
    language, deed = language_of(request.scope), DEEDS[deed_name]
    reading = Reading(form.fields, language)
    who = Who(rules=services.rules, reasons=services.reasons, official=form.official, code=code)
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


async def _next_of(services: Services, official: VerifiedOfficial, code: str) -> str | None:
    """The official's own case that is due first, other than this one. Nobody's name is read for it."""
    mine = WorkFilter(owner=official.subject_key)
    # Two are enough to have another one.
    found = await services.runner.run(lambda records: work_list(records, official, None, 2, mine))
    return next((one.code for one in found.applications if one.code != code and not is_own_case(one, official)), None)


def _offered(case: CaseShown, outcome_id: str) -> Offered | None:
    return next((one for one in case.outcomes if one.id == outcome_id), None)


def _reasons_for(offered: Offered) -> str:
    return "return" if offered.returns else "refuse"


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
