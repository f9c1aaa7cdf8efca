"""The desk's lists: what waits for the unit, and the cases that somebody looks for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from identity.citizen import VerifiedOfficial
from identity.personal_id import PersonalId
from issuance.accesses import Purpose, record_access
from issuance.application import ApplicationState
from issuance.desk import soon_before, work_list
from issuance.find_cases import FoundCases, find_by_code, find_by_person
from issuance.work_list import Due, WorkFilter
from verification.verdict import VIETNAM

from . import examples
from .authentication import Official
from .documented import SIGNED_IN, answers
from .errors import InvalidRequest
from .json_answer import json_answer
from .languages import language_of
from .parameters import writable
from .present.application import ApplicationLine, ApplicationPage, application_line, application_page
from .read_body import Body, body_of, described_as
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1/desk", tags=["officials"])

_PATH = "/v1/desk/applications"
_EARLIEST, _LATEST = date(1900, 1, 1), date(2999, 12, 31)
OpenState = Literal["newly_registered", "received", "in_progress", "more_papers_asked", "payment_asked"]
Day = Annotated[date, Field(ge=_EARLIEST, le=_LATEST)]


Word = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(writable)]


class AskedWork(BaseModel):
    """What the address says. Unknown parameters are refused: a misspelt filter would show what nobody asked for."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    limit: Annotated[int, Field(ge=1, le=100, description="Entries on a page.")] = 20
    cursor: Annotated[
        str | None, Field(max_length=256, description="From `next` of the page before; only for the same filters.")
    ] = None
    state: Annotated[OpenState | None, Field(description="Also those that wait for the citizen.")] = None
    type: Annotated[Word | None, Field(description="A type of /v1/services.")] = None
    step: Annotated[Word | None, Field(description="A step's id.")] = None
    owner: Annotated[Word | None, Field(description="`me`, `none`, or an official's account.")] = None
    due: Annotated[Due | None, Field(description="Overdue, due soon, or with a clock that stands still.")] = None
    submitted_from: Annotated[Day | None, Field(description="The first day, in Vietnam.")] = None
    submitted_until: Annotated[Day | None, Field(description="The last day, in Vietnam.")] = None


class Sought(Body):
    """What is looked for: one of the two. Sent as a body, so that no address ever holds anything about a person."""

    code: Annotated[str, Field(min_length=4, max_length=64, pattern=r"^[!-~]+$")] | None = Field(
        None, description="An application's code, or how it begins."
    )
    personal_id: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = Field(
        None, description="The personal number of whoever asked, or whose document it is."
    )


class FoundView(TypedDict):
    """Cases of the unit, 50 at most; `is_cut`: there are more. An official's own are never shown."""

    items: list[ApplicationLine]
    is_cut: bool


@router.get(
    "/applications",
    summary="The unit's work list",
    response_model=ApplicationPage,
    responses=answers(examples.WORK_LIST, *SIGNED_IN, 422),
)
async def list_work(
    request: Request, services: Given, official: Official, asked: Annotated[AskedWork, Query()]
) -> Response:
    """What waits for a decision in the official's own unit, or a part of it; the earliest promised time first."""
    wanted = _filter(asked, official, services)
    page = await services.runner.run(lambda records: work_list(records, official, asked.cursor, asked.limit, wanted))
    language = language_of(request.scope)
    more = urlencode(asked.model_dump(mode="json", exclude_none=True, exclude={"limit", "cursor"}))
    return json_answer(
        application_page(page, services.rules.catalogue, _PATH, asked.limit, language, filters=more), language
    )


@router.post(
    "/applications/search",
    summary="Find cases by code or person",
    response_model=FoundView,
    responses=answers(examples.FOUND_CASES, *SIGNED_IN, 413, 415, 422),
    openapi_extra=described_as(Sought, {"code": "000.00.15.H26-240603"}),
)
async def search_cases(
    request: Request, services: Given, official: Official, sought: Annotated[Sought, Depends(body_of(Sought))]
) -> Response:
    """Cases of the official's own unit, ended ones too. Every search for a person stands in the audit trail.

    Changes nothing and takes no Idempotency-Key. What was submitted before persons could be looked for is found by its
    code only.
    """
    if (sought.code is None) == (sought.personal_id is None):
        raise InvalidRequest([("/code", "one_of"), ("/personal_id", "one_of")])
    at, language = services.clock(), language_of(request.scope)
    found = await services.runner.run(lambda records: find_noted(records, services, official, sought, at))
    lines = [application_line(one, services.rules.catalogue, _PATH, language) for one in found.applications]
    return json_answer({"items": lines, "is_cut": found.is_cut}, language)


def find_noted(
    records: Records, services: Services, official: VerifiedOfficial, sought: Sought, at: datetime
) -> FoundCases:
    """What is looked for, noted as an access. Raises RoleMissing."""
    if sought.code is not None:
        found = find_by_code(records, official, sought.code.upper())
        record_access(records, official, Purpose.SEARCH, "cases_found", found.applications, at)
        return found
    person = PersonalId(sought.personal_id or "")
    found = find_by_person(records, services.rules, official, person, at)
    whom = [services.rules.person_index(person.digits)]
    record_access(records, official, Purpose.SEARCH, "cases_found", found.applications, at, person_indexes=whom)
    return found


def _filter(asked: AskedWork, official: VerifiedOfficial, services: Services) -> WorkFilter:
    by_time = asked.due in ("overdue", "soon")
    now = services.clock() if by_time else None
    return WorkFilter(
        state=None if asked.state is None else ApplicationState(asked.state),
        type_id=asked.type,
        step=asked.step,
        owner=official.subject_key if asked.owner == "me" else None if asked.owner == "none" else asked.owner,
        unowned=asked.owner == "none",
        due=asked.due,
        submitted_from=None if asked.submitted_from is None else _begin_of(asked.submitted_from),
        submitted_before=None if asked.submitted_until is None else _begin_of(asked.submitted_until + timedelta(1)),
        now=now,
        soon_before=None if now is None else soon_before(services.rules.calendar, now),
    )


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)
