"""The forms of a case: shown, sent, and shown again with what was typed where something is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.certificate import RevocationReason, SuspensionReason
from issuance.documents.errors import DocumentError
from issuance.errors import ApplicationChanged, IssuanceError, RoleMissing, SelfDealing

from ...application_answers import decided
from ...languages import Language, language_of
from ...officials import restated
from ...present.standing import REASONS as STATUS_REASONS
from ...problem_table import problem_of
from ...reasons import Reasons, options_of
from ...services import Services
from ..page import page
from ..session import OfficialSession, SentByOfficial
from .case_shown import CaseShown, read_case
from .deeds import Decide, suggested
from .reading import Reading
from .refused import closed, words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A form of a case. Texts are in the reader's language; address: where it is sent, and shown."""

    address: str
    title: str
    lead: str
    button: str
    fields: tuple[str, ...] = ()
    reasons: str = ""
    is_grave: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)


async def asked(
    request: Request,
    services: Services,
    session: OfficialSession,
    code: str,
    asking: Asking,
    *,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    refused: Exception | None = None,
    case: CaseShown | None = None,
) -> Response:
    """The page of a form. case: where it has been read already. Raises ApplicationNotFound."""
    language = language_of(request.scope)
    if case is None:
        found = await seen(request, services, session, code)
        if isinstance(found, Response):
            return found
        case = found
    said = None if refused is None else words_of(refused, language)
    status = 200
    if problems or refused is not None:
        status = 422 if refused is None else problem_of(refused).status
    return page(
        request,
        "desk/ask.html",
        status=status,
        account=session.session,
        forms=True,
        asking=asking,
        case=case,
        options=_options(services.reasons, asking.reasons, language),
        given={**suggested(services.clock()), **_days(case), **(given or {})},
        problems=problems or {},
        said=said,
        has_changed=isinstance(refused, ApplicationChanged),
    )


async def done(
    request: Request,
    services: Services,
    form: SentByOfficial,
    code: str,
    asking: Asking,
    reading: Reading,
    decide: Decide,
    *,
    notice: str,
    restates: bool = False,
    by_version: bool = True,
) -> Response:
    """Do it, and lead back to the case; or show the form again. notice: the word for what was done.

    by_version: the case has to be the one that the page had shown.
    Raises ApplicationNotFound, and what no form can mend.
    """
    session = OfficialSession(session=form.session, official=form.official)
    if reading.problems:
        return await asked(request, services, session, code, asking, given=form.fields, problems=reading.problems)
    change = restated if restates else decided
    try:
        await change(
            request,
            services,
            form.official,
            form.once,
            code,
            decide,
            reading.version() if by_version else None,
        )
    except (SelfDealing, RoleMissing) as refused:
        return await closed(request, session, refused)
    except (IssuanceError, DocumentError) as refused:
        if problem_of(refused).status in (403, 404) or problem_of(refused).status >= 500:
            raise
        return await asked(request, services, session, code, asking, given=form.fields, refused=refused)
    return RedirectResponse(f"/desk/cases/{code}?done={notice}", 303)


def back_to(code: str) -> Response:
    """To the page of a case."""
    return RedirectResponse(f"/desk/cases/{code}", 303)


async def seen(request: Request, services: Services, session: OfficialSession, code: str) -> CaseShown | Response:
    """The case, or the page that says why this official may not see it. Raises ApplicationNotFound."""
    language = language_of(request.scope)
    try:
        return await services.runner.run(lambda records: read_case(records, services, session.official, code, language))
    except (SelfDealing, RoleMissing) as refused:
        return await closed(request, session, refused)


def _days(case: CaseShown) -> Mapping[str, str]:
    """The new date that was drafted, where an apology waits."""
    return {} if case.proposed_date is None else {"new_date": case.proposed_date.isoformat()}


def _options(listed: Reasons, reasons: str, language: Language) -> Sequence[tuple[str, str]]:
    if reasons == "suspension":
        return [(one.value, STATUS_REASONS[one].in_language(language)) for one in SuspensionReason]
    if reasons == "revocation":
        return [(one.value, STATUS_REASONS[one].in_language(language)) for one in RevocationReason]
    return options_of(listed[reasons], language) if reasons else ()
