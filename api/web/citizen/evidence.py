"""Papers for an application that was sent: what is there, and one more file at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedCitizen
from identity.errors import SessionEnded
from identity.session import Session
from identity.verify_token import require_citizen
from issuance.application import ENDED, Application
from issuance.bring_evidence import MAX_PAPERS, own_application
from issuance.errors import EvidenceRefused, IssuanceError
from issuance.evidence import ASKED_PAPER, FOR_THE_APPLICATION
from issuance.fees.facts import EVIDENCE
from issuance.settlement.case_facts import facts_of

from ...errors import ApiError, BodyTooLarge, BodyTooSlow, MalformedRequest
from ...evidence import BroughtPaper, is_kind, take_paper
from ...languages import Language, language_of
from ...parameters import Code
from ...present.refused_paper import REFUSED_PAPERS
from ...read_body import media_type
from ...services import Records, Services
from ...state import Given, shared_of
from ..session import CitizenSession, CitizenSignedIn, Visitor, check_form_token, once_of, refuse_other_sites
from ..texts import N_, translate
from .broken_rules import in_words
from .catalogue import named_categories
from .costs import categories_of
from .own_case import read_own, said_of, see, show

router = APIRouter(include_in_schema=False)

_MAX_FIELDS = 8
CHOOSE_A_FILE = N_("Choose a file.")
_TOO_SLOW = N_(
    "The connection was too slow for this file, so it was not uploaded. Try again where it is better, or choose a "
    "smaller file."
)
_FILE_REASONS = frozenset(REFUSED_PAPERS) - {"unknown_kind", "another_kind_before", "too_many_papers"}


@router.get("/applications/{code}/evidence")
async def list_papers(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    return await _show(request, services, session, code, {})


async def _sender(request: Request, services: Given, visitor: Visitor) -> CitizenSession:
    """Raises FormNotOurs, SessionEnded, WrongKindOfPerson, TooManyRequests."""
    refuse_other_sites(request, services)
    if visitor is None:
        raise SessionEnded
    citizen = require_citizen(visitor.person)
    shared_of(request).people.take(citizen.subject_key)
    return CitizenSession(session=visitor, citizen=citizen)


@router.post("/applications/{code}/evidence")
async def upload(
    request: Request, services: Given, session: Annotated[CitizenSession, Depends(_sender)], code: Code
) -> Response:
    """Open the file, keep it, and put it to the application. What is refused is said beside the field."""
    language = language_of(request.scope)
    try:
        fields, data = await _read(request, session.session)
    except BodyTooLarge:
        return await _refused(request, services, session, code, {}, {"file": _words("too_large", language)}, 413)
    except BodyTooSlow:
        return await _refused(request, services, session, code, {}, {"file": translate(_TOO_SLOW, language)}, 408)
    once = once_of(request, fields, data)
    category, kind = fields.get("category", ""), fields.get("kind", "")
    wrong: dict[str, str] = in_words(_missing(category, kind), language)
    if not data:
        wrong["file"] = translate(CHOOSE_A_FILE, language)
    if wrong:
        return await _refused(request, services, session, code, fields, wrong, 422)
    try:
        await take_paper(services, session.citizen, once, code, BroughtPaper(category, kind, data), language)
    except EvidenceRefused as error:
        place = "file" if error.reason in _FILE_REASONS else "kind"
        return await _refused(request, services, session, code, fields, {place: _words(error.reason, language)}, 422)
    except (IssuanceError, ApiError) as error:
        said, status = said_of(error, language)
        return await _show(request, services, session, code, fields, status=status, refused=said)
    return see(f"/applications/{code}/evidence", "evidence")


async def _read(request: Request, session: Session) -> tuple[dict[str, str], bytes]:
    """The texts and the file. Raises MalformedRequest, FormOutdated, BodyTooLarge, BodyTooSlow."""
    if media_type(request) != "multipart/form-data":
        raise MalformedRequest
    async with request.form(max_files=1, max_fields=_MAX_FIELDS) as form:
        fields = {name: text for name, text in form.multi_items() if isinstance(text, str)}
        check_form_token(session, fields)
        file = form.get("file")
        return fields, await file.read() if isinstance(file, UploadFile) else b""


def _missing(category: str, kind: str) -> list[tuple[str, str]]:
    wrong = [] if category else [("category", "not_allowed")]
    return wrong if kind and (not category or is_kind(kind, category)) else [*wrong, ("kind", "not_allowed")]


def _words(reason: str, language: Language) -> str:
    return REFUSED_PAPERS[reason].in_language(language)


async def _refused(
    request: Request,
    services: Services,
    session: CitizenSession,
    code: str,
    given: Mapping[str, str],
    problems: Mapping[str, str],
    status: int,
) -> Response:
    return await _show(request, services, session, code, given, status=status, problems=problems)


async def _show(
    request: Request, services: Services, session: CitizenSession, code: str, given: Mapping[str, str], **shown: Any
) -> Response:
    """Raises ApplicationNotFound, LevelTooLow."""
    language = language_of(request.scope)
    choices = await services.runner.run(
        lambda records: _choices(records, services, session.citizen, code, language),
    )
    own = await read_own(services, session.citizen, code, language)
    values = {"problems": {}, "refused": None, **choices, **shown}
    if len(choices["purposes"]) == 1 and "category" not in given:
        given = {**given, "category": choices["purposes"][0][0]}
    kinds = [*choices["own_kinds"], *choices["kinds"]]
    if len(kinds) == 1 and "kind" not in given:
        given = {**given, "kind": kinds[0][0]}
    has_room = len(own.view["evidence"]) < MAX_PAPERS
    return show(request, "citizen/evidence.html", session, own, given=given, has_room=has_room, **values)


def _choices(
    records: Records, services: Services, citizen: VerifiedCitizen, code: str, language: Language
) -> dict[str, Any]:
    """What papers may prove, as pairs for a form, and which kinds there are."""
    application = own_application(records, citizen, code)
    if application.state in ENDED:
        return {"is_open": False, "purposes": [], "own_kinds": [], "kinds": []}
    own = _own_kinds(services, application, language)
    proving = named_categories(categories_of(records, services, application), language)
    purposes = [(FOR_THE_APPLICATION, "")] if own else []
    return {
        "is_open": True,
        "purposes": [*purposes, *proving],
        "own_kinds": own,
        "kinds": [(kind, name.in_language(language)) for kind, name in EVIDENCE.items()] if proving else [],
    }


def _own_kinds(services: Services, application: Application, language: Language) -> list[tuple[str, str]]:
    document_type = services.rules.catalogue.get(application.type_id)
    asked = document_type.papers_for(facts_of(application, document_type))
    own = [(paper.kind, paper.name.in_language(language)) for paper in asked]
    return [*own, (ASKED_PAPER, "")] if application.asked is not None else own
