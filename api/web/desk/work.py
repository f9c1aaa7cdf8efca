"""The work list: what waits, for whom, and how much time is left; and the search for a case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.citizen import VerifiedOfficial
from issuance.desk import demand_desk, soon_before, work_list
from issuance.errors import InvalidCursor, NoProcedure, RoleMissing
from issuance.fees.facts import vietnam_day
from issuance.work_list import WorkFilter
from verification.verdict import VIETNAM

from ...desk_work import Sought, find_noted
from ...languages import Language, language_of
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn
from ..texts import N_, translate
from .lines import Line, lines_of
from .refused import closed

router = APIRouter(include_in_schema=False)

ON_A_PAGE = 25
COUNTED = 999
_TABS = {
    "mine": N_("Mine"),
    "unit": N_("All of my unit"),
    "nobody": N_("Nobody’s yet"),
    "today": N_("Due today"),
    "overdue": N_("Overdue"),
    "soon": N_("Due soon"),
    "citizen": N_("Waiting for the citizen"),
}
_PERSON = re.compile(r"[0-9]{12}")
_CODE = re.compile(r"[!-~]{4,64}")


@dataclass(frozen=True, slots=True)
class Tab:
    """count: None where nobody counts further."""

    name: str
    text: str
    address: str
    count: int
    is_here: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for; what makes no sense is left out."""

    tab: str
    type_id: str
    step: str

    def address(self, **changed: str) -> str:
        asked = {"list": self.tab, "type": self.type_id, "step": self.step, **changed}
        return f"/desk?{urlencode({name: value for name, value in asked.items() if value})}"


@router.get("/desk")
async def show_work(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """Nothing of it is about a person, so that nothing has to be noted."""
    official, language, now = session.official, language_of(request.scope), services.clock()
    asked = request.query_params
    tab = asked.get("list", "")
    if tab not in _TABS:
        tab = "unit" if "head" in official.roles else "mine"

    def read(records: Records) -> dict[str, Any]:
        demand_desk(official)
        types, steps = types_settled(services, language), _steps(records, services, official, now, language)
        wanted = Wanted(
            tab,
            asked["type"] if asked.get("type") in dict(types) else "",
            asked["step"] if asked.get("step") in dict(steps) else "",
        )
        filters = {name: _filter(name, wanted, official, services, now) for name in _TABS}
        found = work_list(records, official, asked.get("cursor"), ON_A_PAGE, filters[tab])
        counts = {name: records.applications.count_work(official.unit, one, COUNTED) for name, one in filters.items()}
        return {
            "wanted": wanted,
            "types": [("", translate("All types", language)), *types],
            "steps": [("", translate("All steps", language)), *steps],
            "lines": lines_of(
                records, services, found.applications, official.subject_key, official.unit, now, language
            ),
            "next": found.next_cursor and wanted.address(cursor=found.next_cursor),
            "tabs": [
                Tab(name, text, replace(wanted, tab=name).address(), counts[name], name == tab)
                for name, text in _TABS.items()
            ],
            "is_first": "cursor" not in asked,
        }

    try:
        values = await services.runner.run(read)
    except InvalidCursor:
        return RedirectResponse(f"/desk?{urlencode({'list': tab})}", 303)
    except RoleMissing as refused:
        return await closed(request, session, refused)
    return page(request, "desk/work.html", account=session.session, forms=True, counted=COUNTED, **values)


@router.get("/desk/search")
async def ask_for_search(request: Request, session: OfficialSignedIn) -> Response:
    return _search_page(request, session, {})


@router.post("/desk/search")
async def search(request: Request, services: Given, form: OfficialForm) -> Response:
    """What is looked for stands in no address; who has looked for whom stands in the records."""
    at, language, official = services.clock(), language_of(request.scope), form.official
    sought = "".join(form.fields.get("sought", "").split())
    session = OfficialSession(session=form.session, official=official)
    if _PERSON.fullmatch(sought):
        asked = Sought(code=None, personal_id=sought)
    elif _CODE.fullmatch(sought):
        asked = Sought(code=sought, personal_id=None)
    else:
        wrong = translate("Type a code or its first letters, at least 4, or a personal number of 12 digits.", language)
        return _search_page(request, session, form.fields, {"sought": wrong}, status=422)

    def find(records: Records) -> tuple[Sequence[Line], bool]:
        found = find_noted(records, services, official, asked, at)
        cases = found.applications
        lines = lines_of(records, services, cases, official.subject_key, official.unit, at, language)
        return lines, found.is_cut

    try:
        lines, is_cut = await services.runner.run(find)
    except RoleMissing as refused:
        return await closed(request, session, refused)
    return _search_page(request, session, form.fields, lines=lines, is_cut=is_cut)


def _search_page(
    request: Request,
    session: OfficialSession,
    given: Any,
    problems: Any = None,
    *,
    status: int = 200,
    lines: Sequence[Line] | None = None,
    is_cut: bool = False,
) -> Response:
    return page(
        request,
        "desk/search.html",
        status=status,
        account=session.session,
        forms=True,
        given=given,
        problems=problems or {},
        lines=lines,
        is_cut=is_cut,
    )


def _filter(tab: str, wanted: Wanted, official: VerifiedOfficial, services: Services, now: datetime) -> WorkFilter:
    common = WorkFilter(type_id=wanted.type_id or None, step=wanted.step or None)
    match tab:
        case "mine":
            return replace(common, owner=official.subject_key)
        case "nobody":
            return replace(common, unowned=True)
        case "today":
            tomorrow = datetime.combine(vietnam_day(now) + timedelta(days=1), time(), VIETNAM)
            last = tomorrow - timedelta(microseconds=1)
            return replace(common, due="soon", now=now, soon_before=last)
        case "overdue" | "soon":
            soon = soon_before(services.rules.calendar, now)
            return replace(common, due="overdue" if tab == "overdue" else "soon", now=now, soon_before=soon)
        case "citizen":
            return replace(common, due="paused")
        case _:
            return common


def types_settled(services: Services, language: Language) -> list[tuple[str, str]]:
    return [(one, services.rules.catalogue.get(one).name.in_language(language)) for one in _settled(services)]


def _settled(services: Services) -> Iterator[str]:
    """Types that come to the desk one by one."""
    for type_id in services.rules.catalogue.type_ids():
        one = services.rules.catalogue.get(type_id)
        if one.kind == "result" and not one.is_issued_in_batches:
            yield type_id


def _steps(
    records: Records, services: Services, official: VerifiedOfficial, now: datetime, language: Language
) -> list[tuple[str, str]]:
    """Of the procedures by which new cases are settled; two may call a step by one name."""
    book, names = records.procedures.book(), dict[str, str]()
    for type_id in _settled(services):
        try:
            procedure = book.in_force(type_id, official.unit, vietnam_day(now))
        except NoProcedure:
            continue
        for step in procedure.steps:
            names.setdefault(step.id, step.name.in_language(language))
    return list(names.items())
