"""Approving clean cases together: seen in a list, ticked, confirmed, and each with its own result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.accesses import Purpose, record_access
from issuance.application import Application
from issuance.desk import refuse_own_case, work_list
from issuance.errors import RoleMissing, SelfDealing
from issuance.settlement.clean_cases import Looked, approve_clean, look_at
from issuance.work_list import WorkFilter

from ...application_answers import CASE
from ...desk_bulk import act_on_each
from ...languages import Language, language_of
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn, SentByOfficial
from ..texts import N_, translate
from .clock import Clock, clocks_of
from .reading import MAX_VERSION
from .refused import closed

router = APIRouter(include_in_schema=False)

AT_ONCE = 50
"""Cases of one step in the list; what is approved makes room for the next."""
_PICKED = re.compile(r"case-([!-~]{1,64})")
WHY_NOT: Mapping[str, str] = {
    "not_offered": N_("It is not yours to approve now."),
    "register_awaited": N_("A register has still to answer."),
    "register_stale": N_("A register’s answer is too old."),
    "found_in_register": N_("A register has an entry about the person."),
    "contradiction": N_("A register says something else than the applicant."),
    "fee_unsettled": N_("The fee is not settled."),
    "papers_undecided": N_("A paper is missing or waits to be looked at."),
    "question_open": N_("A question waits for its answer."),
    "official_fee": N_("An official has decided the fee."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    code: str
    version: int
    type_name: str
    full_name: str
    copies: int
    clock: Clock
    looked: Looked


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one; problem: why not, in words."""

    code: str
    problem: str | None


@router.get("/desk/approve")
async def preview(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """Clean cases that the official may approve, and those that are to be opened one by one, with why.

    Names are shown: it is noted as an access to each of them.
    """
    return await _preview(request, services, session)


async def _preview(
    request: Request, services: Services, session: OfficialSession, *, nothing_picked: bool = False
) -> Response:
    language = language_of(request.scope)
    try:
        found = await services.runner.run(lambda records: _candidates(records, services, session.official, language))
    except RoleMissing as refused:
        return await closed(request, session, refused)
    problems = {"picked": translate("Tick at least one case.", language)} if nothing_picked else {}
    return page(
        request,
        "desk/approve.html",
        status=422 if nothing_picked else 200,
        account=session.session,
        forms=True,
        clean=[one for one in found if one.looked.is_clean],
        others=[one for one in found if not one.looked.is_clean],
        why_not=WHY_NOT,
        problems=problems,
    )


@router.post("/desk/approve")
async def approve(request: Request, services: Given, form: OfficialForm) -> Response:
    """First what was ticked, to be confirmed; then what became of each."""
    session, language = OfficialSession(session=form.session, official=form.official), language_of(request.scope)
    picked = _picked(form.fields)
    if not picked:
        return await _preview(request, services, session, nothing_picked=True)
    try:
        if form.fields.get("confirmed") == "1":
            settled = await _settle(services, form, picked, language)
            return page(request, "desk/approved.html", account=form.session, settled=settled)
        found = await services.runner.run(
            lambda records: _candidates(records, services, form.official, language, only=frozenset(picked))
        )
    except RoleMissing as refused:
        return await closed(request, session, refused)
    still = [one for one in found if one.looked.is_clean and one.version == picked[one.code]]
    if not still:
        return await _preview(request, services, session, nothing_picked=True)
    return page(
        request,
        "desk/confirm.html",
        account=form.session,
        forms=True,
        candidates=still,
        left_out=len(picked) - len(still),
    )


async def _settle(
    services: Services, form: SentByOfficial, picked: Mapping[str, int], language: Language
) -> Sequence[Settled]:
    def verb(records: Records, code: str, at: datetime) -> Application:
        return approve_clean(records, services.rules, code, form.official, picked[code], at)

    results = await act_on_each(services, form.official, form.once, picked, verb, language)
    return [Settled(one["code"], None if one["problem"] is None else one["problem"]["title"]) for one in results]


def _picked(fields: Mapping[str, str]) -> dict[str, int]:
    """The codes ticked, each with the version of the case that was seen."""
    found = {}
    for name, value in fields.items():
        match = _PICKED.fullmatch(name)
        if match and value.isascii() and value.isdigit() and int(value) <= MAX_VERSION:
            found[match[1]] = int(value)
    return found


def _candidates(
    records: Records,
    services: Services,
    official: VerifiedOfficial,
    language: Language,
    only: frozenset[str] | None = None,
) -> list[Candidate]:
    """Of steps that can end in an approval, the earliest promise first."""
    at = services.clock()
    clock = clocks_of(records, services, official.unit, at)
    found = []
    for application in _in_approving_steps(records, official):
        if only is not None and application.code not in only:
            continue
        looked = look_at(records, services.rules, official, application, at)
        if looked.outcome is None or _is_own(application, official):
            continue
        found.append((application, looked))
    record_access(records, official, Purpose.SETTLE_CASE, CASE, [one for one, _ in found], at)
    return [
        Candidate(
            code=one.code,
            version=one.version,
            type_name=services.rules.catalogue.get(one.type_id).name.in_language(language),
            full_name=one.concerned.full_name,
            copies=one.copies,
            clock=clock(one),
            looked=looked,
        )
        for one, looked in sorted(found, key=lambda pair: pair[0].promised_at)
    ]


def _in_approving_steps(records: Records, official: VerifiedOfficial) -> Iterator[Application]:
    steps = {
        step.id
        for entry in records.procedures.book().entries
        for step in entry.procedure.steps
        if entry.procedure.approving(step) is not None
    }
    for step in sorted(steps):
        yield from work_list(records, official, None, AT_ONCE, WorkFilter(step=step)).applications


def _is_own(application: Application, official: VerifiedOfficial) -> bool:
    try:
        refuse_own_case(application, official)
    except SelfDealing:
        return True
    return False
