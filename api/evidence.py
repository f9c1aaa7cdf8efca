"""Papers that citizens bring and officials look at; and applications are taken back."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedCitizen
from issuance.accesses import Purpose, record_access
from issuance.application import ENDED
from issuance.bring_evidence import MAX_PAPERS, bring, own_application
from issuance.decide_evidence import accept, open_evidence, reject
from issuance.errors import AlreadyClosed, EvidenceRefused
from issuance.evidence import FOR_THE_APPLICATION, Evidence
from issuance.fees.facts import CATEGORIES, EVIDENCE
from issuance.open_paper import open_paper
from issuance.withdraw import withdraw

from . import examples
from .application_answers import decided, shown
from .authentication import CitizenWrites, Official
from .check_document import Examinations
from .documented import SIGNED_IN, answers, binary
from .dossier import open_dossier
from .download import attached
from .errors import InvalidRequest, WrongContentType
from .idempotency import Answer, Once, RequestOnce, answer_once, caller_key
from .languages import Language, language_of
from .officials import Sentence
from .parameters import Code
from .present.application import ApplicationView
from .present.desk import DeskView
from .read_body import Body, body_of, described_as, media_type
from .services import Records, Services
from .state import Given

citizens = APIRouter(prefix="/v1", tags=["citizen"])
desk = APIRouter(prefix="/v1/desk", tags=["officials"])

# Apart from the public checks, each a child process: who brings papers does not wait for strangers, nor they for him.
OPENINGS = Examinations(at_once=2, at_most=16, retry_after_seconds=3, of="paper")
_KIND = re.compile(r"[a-z][a-z0-9_]{2,59}")

_FORM = {
    "type": "object",
    "description": "A paper, what it is, and what it is to prove.",
    "required": ["file", "category", "kind"],
    "properties": {
        "file": {
            "type": "string",
            "format": "binary",
            "description": "PDF, PNG or JPEG, at most 5 MB and 20 pages, without scripts, attachments or a password.",
        },
        "category": {
            "type": "string",
            "enum": [*CATEGORIES, FOR_THE_APPLICATION],
            "description": "What it is to prove, or `application` for one that the application itself needs.",
        },
        "kind": {
            "type": "string",
            "pattern": f"^{_KIND.pattern}$",
            "description": f"{', '.join(EVIDENCE)}; for the application one that its service names, or `asked_paper`.",
        },
    },
}


_DECISION = answers(examples.DESK_WITH_EVIDENCE, *SIGNED_IN, 404, 409, 413, 415, 422)


class Rejection(Body):
    """Why the paper does not prove what it was brought for."""

    reason: Sentence = Field(description="The citizen reads it.")


@dataclass(frozen=True, slots=True)
class BroughtPaper:
    """A file, what it is, and what it is to prove."""

    category: str
    kind: str
    data: bytes = field(repr=False)


@citizens.post(
    "/applications/{code}/evidence",
    summary="Bring a paper",
    status_code=201,
    response_model=ApplicationView,
    responses=answers(examples.APPLICATION_WITH_EVIDENCE, *SIGNED_IN, 404, 409, 413, 415, 422, success=201),
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def bring_evidence(request: Request, services: Given, citizen: CitizenWrites, once: Once, code: Code) -> Response:
    """One file with what it is and what it is to prove; at most 10 for an application. An official looks at it.

    A file that does not open, or does more than show pages, is refused with a `reason`. For a paper that lowers the fee
    the fee changes when it is accepted, also after the payment: what was paid too much is then ordered back.
    """
    paper = await _brought(request)
    return await take_paper(services, citizen, once, code, paper, language_of(request.scope))


async def take_paper(
    services: Services, citizen: VerifiedCitizen, once: RequestOnce, code: str, paper: BroughtPaper, language: Language
) -> Response:
    """Put a paper to an own application, once, and answer with the application as it is then.

    Raises ApplicationNotFound, LevelTooLow, AlreadyClosed, EvidenceRefused, TooManyRequests, IdempotencyKeyReused.
    """
    at = services.clock()
    # Before anything is opened or kept: nobody does so through an application that is not his or takes no more.
    await services.runner.run(lambda records: _require_room(records, citizen, code, once.key))
    file = await OPENINGS.run(lambda: open_paper(paper.data))
    await asyncio.to_thread(services.papers.store, paper.data, file.sha256)

    def act(records: Records) -> Answer:
        brought = bring(
            records,
            services.rules.catalogue,
            citizen,
            code,
            category=paper.category,
            kind=paper.kind,
            file=file,
            at=at,
        )
        application = records.applications.by_id(brought.application_id)
        return shown(services, open_dossier(records, services.rules, application), language, 201)

    return await answer_once(services.runner, citizen, once, at, act)


@citizens.post(
    "/applications/{code}/withdrawal",
    summary="Take the application back",
    response_model=ApplicationView,
    responses=answers(examples.APPLICATION_WITHDRAWN, *SIGNED_IN, 404, 409, 422),
)
async def withdraw_application(
    request: Request, services: Given, citizen: CitizenWrites, once: Once, code: Code
) -> Response:
    """End it before it is decided. Nothing is asked for any more, and what was paid is ordered back."""
    at, language = services.clock(), language_of(request.scope)
    # Here as well: a kept answer shows what only this level may see.
    await services.runner.run(lambda records: own_application(records, citizen, code))

    def act(records: Records) -> Answer:
        withdrawn = withdraw(records, citizen, code, at)
        return shown(services, open_dossier(records, services.rules, withdrawn), language, 200)

    return await answer_once(services.runner, citizen, once, at, act)


@desk.get(
    "/applications/{code}/evidence/{evidence_id}/file",
    summary="Download a paper that a citizen brought",
    response_class=Response,
    responses=binary("application/octet-stream", "The file as it was brought.", *SIGNED_IN, 404, 410, 422),
)
async def download_evidence(
    request: Request, services: Given, official: Official, code: Code, evidence_id: UUID
) -> Response:
    """A PDF, PNG or JPEG that a stranger has made: it is never shown in a page of this service."""
    at = services.clock()

    def open_noted(records: Records) -> Evidence:
        found = open_evidence(records, official, code, evidence_id)
        record_access(records, official, Purpose.SETTLE_CASE, "paper", [found.application_id], at)
        return found

    paper = await services.runner.run(open_noted)
    ending = paper.media_type.partition("/")[2]
    load = services.papers.load if paper.is_encrypted else services.files.load
    name = f"{paper.kind}-{paper.id}.{ending}"
    return await attached(request, paper.sha256, paper.media_type, name, load)


@desk.post(
    "/applications/{code}/evidence/{evidence_id}/acceptance",
    summary="Accept a paper",
    response_model=DeskView,
    responses=_DECISION,
)
async def accept_evidence(
    request: Request, services: Given, official: Official, once: Once, code: Code, evidence_id: UUID
) -> Response:
    """It proves its category. The fee is decided anew with it, as the law was on that day, and never gets higher.

    One for the application itself changes no fee.
    """
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: accept(records, services.rules, official, code, evidence_id, at),
    )


@desk.post(
    "/applications/{code}/evidence/{evidence_id}/rejection",
    summary="Reject a paper",
    response_model=DeskView,
    responses=_DECISION,
    openapi_extra=described_as(Rejection, {"reason": "Thẻ đã hết hạn."}),
)
async def reject_evidence(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    evidence_id: UUID,
    said: Annotated[Rejection, Depends(body_of(Rejection))],
) -> Response:
    """It does not prove its category. The citizen reads why, and may bring another one."""
    return await decided(
        request,
        services,
        official,
        once,
        code,
        lambda records, at: reject(records, official, code, evidence_id, said.reason, at),
    )


async def _brought(request: Request) -> BroughtPaper:
    """Raises WrongContentType, MalformedRequest, InvalidRequest."""
    if media_type(request) != "multipart/form-data":
        raise WrongContentType
    async with request.form(max_files=1, max_fields=4) as form:
        upload, category, kind = (form.get(name) for name in ("file", "category", "kind"))
        problems = [] if isinstance(upload, UploadFile) else [("/file", "missing")]
        is_known = {
            "category": category in {*CATEGORIES, FOR_THE_APPLICATION},
            "kind": isinstance(kind, str) and is_kind(kind, category),
        }
        for name, value in (("category", category), ("kind", kind)):
            if not is_known[name]:
                problems.append((f"/{name}", "missing" if value is None else "not_allowed"))
        if problems or not (isinstance(upload, UploadFile) and isinstance(category, str) and isinstance(kind, str)):
            raise InvalidRequest(problems)
        return BroughtPaper(category, kind, await upload.read())


def is_kind(kind: str, category: object) -> bool:
    """Whether papers of this kind can prove this. Which ones there are for an application itself is its document type's
    matter."""
    return kind in EVIDENCE or (category == FOR_THE_APPLICATION and _KIND.fullmatch(kind) is not None)


def _require_room(records: Records, citizen: VerifiedCitizen, code: str, key: str) -> None:
    """Raises ApplicationNotFound, LevelTooLow, AlreadyClosed, EvidenceRefused; the last two not for a retry."""
    application = own_application(records, citizen, code)
    if records.idempotency.find(caller_key(citizen), key) is not None:
        return
    if application.state in ENDED:
        raise AlreadyClosed("this application has ended")
    if len(records.evidence.of_application(application.id)) >= MAX_PAPERS:
        raise EvidenceRefused("too_many_papers")
