"""Who asks: the bearer token of a request becomes a verified person, or a refusal."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPBearer
from starlette.requests import Request

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from identity.verify_token import require_citizen, require_official, verify_token

from .errors import AccessTokenMissing
from .state import Given

# Only for the API's description: the header itself is read below, strictly.
_citizen_scheme = HTTPBearer(
    scheme_name="citizen", bearerFormat="JWT", auto_error=False, description="A citizen's access token (RFC 9068)."
)
_official_scheme = HTTPBearer(
    scheme_name="official", bearerFormat="JWT", auto_error=False, description="An official's access token (RFC 9068)."
)


def bearer_token(request: Request) -> str:
    """The token of `Authorization: Bearer …` (RFC 6750 section 2.1), the only place where one is looked for.

    Raises AccessTokenMissing, also where the header stands twice: which one counts would be a guess.
    """
    headers = request.headers.getlist("authorization")
    if len(headers) != 1:
        raise AccessTokenMissing
    scheme, _, token = headers[0].partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise AccessTokenMissing
    return token


async def _citizen(
    request: Request,
    services: Given,
    _: Annotated[object, Security(_citizen_scheme)],
) -> VerifiedCitizen:
    return require_citizen(await verify_token(bearer_token(request), services.issuers, services.clock()))


async def _official(
    request: Request,
    services: Given,
    _: Annotated[object, Security(_official_scheme)],
) -> VerifiedOfficial:
    return require_official(await verify_token(bearer_token(request), services.issuers, services.clock()))


Citizen = Annotated[VerifiedCitizen, Depends(_citizen)]
Official = Annotated[VerifiedOfficial, Depends(_official)]
