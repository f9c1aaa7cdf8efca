"""A simulated judicial register: synthetic convictions by personal number, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

# Synthetic: the numbers belong to nobody.
ENTRIES: Mapping[str, dict[str, Any]] = {
    "001080000666": {
        "convictions": [
            {
                "court": "Tòa án nhân dân quận Ba Đình, thành phố Hà Nội",
                "judgment_number": "45/2021/HS-ST",
                "judged_on": "2021-06-17",
                "offence": "Trộm cắp tài sản (Điều 173 Bộ luật Hình sự)",
                "sentence": "09 tháng tù, cho hưởng án treo",
            }
        ],
        "business_bans": [],
    }
}


def create_judicial_register(
    clock: Callable[[], datetime], entries: Mapping[str, Mapping[str, Any]] = ENTRIES
) -> Starlette:
    """An ASGI app that answers `POST /lookups`; whoever is not in `entries` has a clean record."""

    async def look_up(request: Request) -> Response:
        question = await request.json()
        entry = entries.get(question["personal_id"], {"convictions": [], "business_bans": []})
        return JSONResponse(
            {
                "personal_id": question["personal_id"],
                "reference": f"TTLLTP-{uuid4().hex[:12].upper()}",
                "answered_at": clock().isoformat(),
                **entry,
            }
        )

    return Starlette(routes=[Route("/lookups", look_up, methods=["POST"])])
