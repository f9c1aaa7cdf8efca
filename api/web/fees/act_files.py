"""The kept file of an act, for whoever reads a policy that cites it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ...fee_acts import Sha256, download_act
from ...state import Given
from ..session import OfficialSignedIn

router = APIRouter(include_in_schema=False)


@router.get("/fees/acts/{act_sha256}")
async def download(request: Request, services: Given, session: OfficialSignedIn, act_sha256: Sha256) -> Response:
    """As the API gives it. Raises RoleMissing, ActNotFound."""
    return await download_act(request, services, session.official, act_sha256)
