"""Every refusal as a problem document (RFC 9457): `application/problem+json`, titled in the caller's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from identity.errors import LevelTooLow
from issuance.documents.errors import InvalidInput
from issuance.errors import (
    ActionNotOffered,
    AddressRefused,
    BrokenStatement,
    BrokenTracking,
    BrokenUnits,
    CopiesUsedUp,
    DelegationRefused,
    DraftHasProblems,
    DraftNotReady,
    EvidenceRefused,
    IllegalMove,
    NotPrintable,
    NotYours,
    OutcomeNotOffered,
    ProcedureRefused,
    ProceduresOverlap,
    UnitsInUse,
)
from issuance.fees.errors import PolicyRefused
from issuance.fees.rehearsal.shares import PopulationRefused

from .errors import (
    ApiError,
    InternalError,
    InvalidRequest,
    MalformedRequest,
    MethodNotAllowed,
    NotAcceptable,
    NotReady,
    RouteNotFound,
    StatusListNotFound,
)
from .languages import Language
from .present.fee_draft import findings_in_language
from .present.procedure import problem_view
from .present.refused_paper import REFUSED_PAPERS
from .problem_table import INTERNAL, ProblemType, problem_of

MEDIA_TYPE = "application/problem+json"
MAX_PROBLEMS = 50

# How pydantic names a broken rule, in the words that the document types' own checks use.
_RULES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_big",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "string_pattern_mismatch": "wrong_format",
    "literal_error": "not_allowed",
}


class ProblemResponse(JSONResponse):
    media_type = MEDIA_TYPE


def problem_response(
    error: Exception, *, language: Language, public_url: str, request_id: str | None = None
) -> Response:
    """The problem document of an error: nothing of the request, and of our own faults only that there is one.

    request_id: said where the fault is ours, for whoever reports it. What is refused is refused in the same bytes each
    time, also for what is somebody else's; there the answer's header alone has the number.
    """
    kind = problem_of(error)
    body: dict[str, Any] = {
        "type": f"{public_url}/problems/{kind.slug}",
        "title": kind.title.in_language(language),
        "status": kind.status,
        "code": kind.code,
    }
    if kind.advice is not None:
        body["detail"] = kind.advice.in_language(language)
    if request_id is not None and kind.status >= INTERNAL:
        body["request_id"] = request_id
    return ProblemResponse(
        {**body, **_members(error, language)},
        kind.status,
        problem_headers(error, kind) | {"Content-Language": language},
    )


def as_own_error(error: Exception, request: Request) -> Exception:
    """The framework's refusals as ours, so that one table answers for all."""
    if isinstance(error, RequestValidationError):
        return invalid_request(error.errors())
    if isinstance(error, HTTPException):
        named: dict[int, type[ApiError]] = {404: RouteNotFound, 405: MethodNotAllowed}
        own = named.get(error.status_code, MalformedRequest if error.status_code < INTERNAL else InternalError)()
        own.__cause__ = error
        return own
    return error


def invalid_request(found: Any) -> InvalidRequest:
    """pydantic's findings as places and rules. Its messages and inputs are dropped: they repeat what was sent."""
    problems = set()
    for one in found:
        # An unknown name was chosen by the caller, so it is not repeated: its parent is named instead.
        place = one["loc"][:-1] if one["type"] == "extra_forbidden" else one["loc"]
        pointer = "".join(f"/{part}" for part in place)
        problems.add((pointer, _RULES.get(one["type"], "wrong_type")))
    return InvalidRequest(sorted(problems)[:MAX_PROBLEMS])


def _members(error: Exception, language: Language) -> Mapping[str, Any]:
    """What a caller can act upon, beside title and code."""
    match error:
        case InvalidRequest() | NotPrintable() | AddressRefused():
            return {"problems": [{"pointer": pointer, "rule": rule} for pointer, rule in error.problems]}
        case InvalidInput():
            return {"problems": [{"pointer": f"/input{pointer}", "rule": rule} for pointer, rule in error.problems]}
        case LevelTooLow():
            return {"level_required": int(error.required), "level_actual": int(error.actual)}
        case IllegalMove() | DraftNotReady():
            return {"state": str(error.current), "legal_moves": [str(state) for state in error.legal]}
        case PolicyRefused() | BrokenStatement() | BrokenUnits() | UnitsInUse():
            wrong = [{"place": one.place, "text": one.text.in_language(language)} for one in error.problems]
            return {"problems": wrong[:MAX_PROBLEMS]}
        case ProcedureRefused() | ProceduresOverlap():
            return {"problems": [problem_view(one, language) for one in error.problems[:MAX_PROBLEMS]]}
        case EvidenceRefused() if error.reason in REFUSED_PAPERS:
            return {"reason": error.reason, "detail": REFUSED_PAPERS[error.reason].in_language(language)}
        case DraftHasProblems():
            return {"problems": findings_in_language(error.report, language)[:MAX_PROBLEMS]}
        case PopulationRefused():
            return {"problems": [{"place": "", "text": one.in_language(language)} for one in error.problems]}
        case NotYours():
            return {"owner": error.owner}
        case OutcomeNotOffered():
            return {"step": error.step, "outcomes": list(error.outcomes)}
        case ActionNotOffered():
            return {"step": error.step, "actions": list(error.actions)}
        case DelegationRefused() | BrokenTracking():
            return {"why": error.why}
        case CopiesUsedUp():
            return {"left": error.left}
        case NotReady():
            return {"checks": error.checks}
        case _:
            return {}


def problem_headers(error: Exception, kind: ProblemType) -> dict[str, str]:
    """The headers that belong to a refusal: when to come back, which methods there are. See api.challenge for more."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, StatusListNotFound | NotAcceptable):
        # As the lists themselves (draft-ietf-oauth-status-list, section 8.2): a page of others learns why it has none.
        headers |= {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
    retry = getattr(error, "retry_after_seconds", None) or kind.retry_after_seconds
    if retry:
        headers["Retry-After"] = str(retry)
    if kind.status == 405:
        cause = error.__cause__
        allowed = (cause.headers or {}).get("Allow") if isinstance(cause, HTTPException) else None
        headers["Allow"] = (allowed or "GET").replace("GET", "GET, HEAD")
    return headers
