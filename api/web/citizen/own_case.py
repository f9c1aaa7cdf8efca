"""One application of the citizen who is signed in, as its pages show it; and what the pages say of refusals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.citizen import VerifiedCitizen
from issuance.certificate import Certificate
from issuance.errors import IssuanceError, UnknownUnit
from issuance.fees.facts import vietnam_day

from ...citizen import open_own_dossier
from ...errors import ApiError
from ...languages import Language, language_of
from ...negotiation import names_etag
from ...present.application import ApplicationView, application_view
from ...present.paper import is_in_force
from ...present.parcel import ParcelsView, parcels_view
from ...present.timeline import EventView, open_course, timeline
from ...present.verdict_words import GLOSSES
from ...problem_table import problem_of
from ...services import Records, Services
from ..page import page
from ..session import CitizenSession, SentByCitizen
from ..shown_input import Shown, stated_input
from ..texts import N_, translate
from .catalogue import is_offered

NOTICES = {
    "sent": N_("Your application has been sent."),
    "paid": N_("The payment has arrived. Your application goes on."),
    "papers": N_("Thank you. The agency goes on with your application."),
    "withdrawn": N_("Your application is withdrawn."),
    "asked": N_("Your question has been sent. The answer will be shown here."),
    "post": N_("The copies will be sent by post."),
    "address": N_("The address has been changed."),
    "cancelled": N_("Nothing will be sent by post."),
    "erasure": N_("Your request has been recorded."),
    "evidence": N_("The paper has been uploaded."),
}
"""By the word that `?done=` has after a form has done something."""

_SHOWN_AGAIN = frozenset((409, 422, 503))
"""What is said in the page of the form that was refused; everything else is another page's matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCase:
    """view: as the API tells it. unit_name: who has it, by name; its code where no name is known. days_left: until
    the promised day, below zero once it has passed; None where nothing is awaited any more.

    stated: what the form said; nothing where no form did. may_ask_anew: whether one can ask for such a document here.

    holder, birth_date, result_line, check_code: of the issued document; `status` of it is in the view.
    """

    view: ApplicationView
    events: list[EventView]
    unit_name: str
    days_left: int | None
    parcels: ParcelsView
    document: dict[str, Any] | None
    stated: Sequence[Shown]
    may_ask_anew: bool

    def digest(self, language: Language) -> str:
        """An entity tag of all that is shown. days_left is part of it, so that a page left open learns of midnight."""
        said = json.dumps([language, self.view, self.events, self.days_left, self.parcels, self.document], default=str)
        return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


async def read_own(services: Services, citizen: VerifiedCitizen, code: str, language: Language) -> OwnCase:
    """Raises ApplicationNotFound, LevelTooLow."""
    at = services.clock()

    def read(records: Records) -> OwnCase:
        dossier = open_own_dossier(records, services, citizen, code)
        one = dossier.application
        course = open_course(records, dossier)
        printed = records.paper_copies.printed(one.id)
        trust = services.trust(at)
        view, result = application_view(dossier, language, trust, at), dossier.result
        return OwnCase(
            view=view,
            events=timeline(course, language),
            unit_name=_unit_name(records, one.unit, at, language),
            days_left=None if one.closed_at is not None else (one.promised_on - vietnam_day(at)).days,
            parcels=parcels_view(course.parcels, code, one.copies, printed, language),
            stated=stated_input(dossier.document_type, view["input"], language),
            may_ask_anew=is_offered(services, dossier.document_type, citizen),
            document=None
            if result is None or view["document"] is None
            else _document(result, at, language) | {"is_in_force": is_in_force(result, trust, at)},
        )

    return await services.runner.run(read)


def show(
    request: Request, template: str, session: CitizenSession | SentByCitizen, own: OwnCase, **values: Any
) -> Response:
    """A page about one application. After a form, the notice that `?done=` chooses. values: also `status`."""
    language = language_of(request.scope)
    done = NOTICES.get(request.query_params.get("done", "")) if request.method == "GET" else None
    shown: dict[str, Any] = {"own": own, "one": own.view, "path_of": f"/applications/{own.view['code']}"} | values
    if done is not None:
        shown["notice"] = translate(done, language)
    return page(request, template, forms=True, account=session.session, **shown)


def show_if_changed(request: Request, template: str, session: CitizenSession, own: OwnCase, **values: Any) -> Response:
    """The same with an entity tag, by which a page that waits learns that nothing has changed (304)."""
    etag = own.digest(language_of(request.scope))
    if names_etag(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers={"ETag": etag})
    response = show(request, template, session, own, etag=etag, **values)
    response.headers["ETag"] = etag
    return response


def see(path: str, done: str | None = None) -> Response:
    """To a page of ours, after a form has done what it was for."""
    return RedirectResponse(path if done is None else f"{path}?done={done}", 303)


def said_of(error: IssuanceError | ApiError, language: Language) -> tuple[str, int]:
    """The refusal in words and its status, for the page of the form. Raises the error where it is no such matter."""
    kind = problem_of(error)
    if kind.status not in _SHOWN_AGAIN:
        raise error
    title = kind.title.in_language(language)
    return (title if kind.advice is None else f"{title}. {kind.advice.in_language(language)}"), kind.status


def _unit_name(records: Records, code: str, at: datetime, language: Language) -> str:
    try:
        return records.units.tree().on(code, vietnam_day(at)).name.in_language(language)
    except UnknownUnit:
        return code


def _document(result: Certificate, at: datetime, language: Language) -> dict[str, Any]:
    """What stands on the issued document, for its owner."""
    gloss = GLOSSES.get((result.type_id, result.result_line))
    return {
        "holder": result.full_name,
        "birth_date": result.birth_date.isoformat(),
        "result_line": result.result_line,
        "result_gloss": None if gloss is None or language == "vi" else gloss,
        "number": " ".join(result.number[start : start + 4] for start in range(0, len(result.number), 4)),
        "check_code": f"{result.check_code[:5]}-{result.check_code[5:]}",
        "issued_on": result.issued_on.isoformat(),
        "issuing_body": result.content.get("issuing_body"),
        "expires_on": None if result.expires_on is None else result.expires_on.isoformat(),
        "is_expired": result.expires_on is not None and result.expires_on < vietnam_day(at),
    }
