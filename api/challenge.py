"""How a refused caller is told what would be accepted: `WWW-Authenticate` (RFC 6750, RFC 9449 and RFC 9470).

Two challenges each time, in fields of their own, because a reader that knows one scheme may trip over two in a field.
The error stands at the scheme that the caller used. All texts are fixed; nothing of the token or its claims is in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import AssuranceLevel
from identity.errors import (
    AuthenticationTooOld,
    FormNotOurs,
    FormOutdated,
    IdentityError,
    InvalidProofOfPossession,
    LevelTooLow,
    ProofAlreadyUsed,
    ProofNonceNeeded,
    ScopeMissing,
    SessionEnded,
    UntrustedIssuer,
)
from identity.proof_of_possession import PROOF_ALGORITHMS
from identity.trusted_issuers import TrustedIssuers

from .errors import AuthorizationAmbiguous

_UNAUTHORIZED, _FORBIDDEN = 401, 403
_SCHEMES: Mapping[str, Mapping[str, str]] = {
    "Bearer": {"realm": "condau"},
    "DPoP": {"realm": "condau", "algs": " ".join(PROOF_ALGORITHMS)},
}
# What may stand between quotes without an escape, and separates no values (RFC 6750 section 3).
_QUOTABLE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")


def add_challenges(
    response: Response, request: Request, error: Exception, status: int, issuers: TrustedIssuers
) -> None:
    """Write the challenges of a refusal into its answer, with the nonce that the next proof needs."""
    for challenge in challenges(error, status, _scheme_used(request), issuers):
        response.headers.append("WWW-Authenticate", challenge)
    if isinstance(error, ProofNonceNeeded):
        response.headers["DPoP-Nonce"] = error.nonce


def challenges(error: Exception, status: int, scheme: str, issuers: TrustedIssuers) -> list[str]:
    """One challenge for each scheme, none where the refusal has nothing to do with who asks.

    scheme: the one that the caller used, which the error is about.
    """
    if status not in (_UNAUTHORIZED, _FORBIDDEN) and not isinstance(error, AuthorizationAmbiguous):
        return []
    about = "DPoP" if isinstance(error, InvalidProofOfPossession | ProofAlreadyUsed | ProofNonceNeeded) else scheme
    said = _said(error, status, issuers)
    return [
        _written(name, {**fixed, **(said if name == about else {})})
        for name, fixed in sorted(_SCHEMES.items(), key=lambda one: one[0] != "Bearer")
    ]


def _scheme_used(request: Request) -> str:
    return "DPoP" if request.headers.get("authorization", "")[:5].lower() == "dpop " else "Bearer"


def _said(error: Exception, status: int, issuers: TrustedIssuers) -> dict[str, str]:
    """The error's parameters; none where no evidence came, or where other evidence of this person would not help."""
    match error:
        case AuthorizationAmbiguous():
            return {"error": "invalid_request", "error_description": "More than one Authorization header came."}
        case SessionEnded() | FormNotOurs() | FormOutdated():
            # about a cookie or a form of our pages, no token
            return {}
        case ProofAlreadyUsed():
            return {"error": InvalidProofOfPossession.code, "error_description": error.sentence}
        case InvalidProofOfPossession() | ProofNonceNeeded():
            return {"error": error.code, "error_description": error.sentence}
        case LevelTooLow():
            said = {"error": "insufficient_user_authentication", "error_description": error.sentence}
            values = _sufficient(error, issuers)
            return said | {"acr_values": " ".join(values)} if values else said
        case AuthenticationTooOld():
            said = {"error": "insufficient_user_authentication", "error_description": error.sentence}
            return said | {"max_age": str(error.max_age_seconds)}
        case ScopeMissing():
            return {"error": "insufficient_scope", "error_description": error.sentence, "scope": error.scope}
        case IdentityError() if status == _UNAUTHORIZED:
            return {"error": "invalid_token", "error_description": error.sentence}
        case _:
            return {}


def _sufficient(error: LevelTooLow, issuers: TrustedIssuers) -> list[str]:
    """The issuer's own `acr` values that would do, the highest level first (RFC 9470 section 3)."""
    try:
        levels: Mapping[str, AssuranceLevel] = issuers.provider_of(error.issuer).trusted.levels
    except UntrustedIssuer:
        return []
    enough = [acr for acr, level in levels.items() if level >= error.required and _QUOTABLE.fullmatch(acr)]
    return sorted(enough, key=lambda acr: -levels[acr])


def _written(scheme: str, parameters: Mapping[str, str]) -> str:
    return f"{scheme} " + ", ".join(f'{name}="{value}"' for name, value in parameters.items())
