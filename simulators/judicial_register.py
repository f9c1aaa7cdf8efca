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

from .faults import Faults

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
        "expunged": [
            {
                "court": "Tòa án nhân dân quận Đống Đa, thành phố Hà Nội",
                "judgment_number": "12/2009/HS-ST",
                "judged_on": "2009-03-05",
                "offence": "Đánh bạc (Điều 248 Bộ luật Hình sự 1999)",
                "sentence": "phạt tiền 5.000.000 đồng; đã được xóa án tích",
            }
        ],
        "business_bans": [],
    }
}


def create_judicial_register(
    clock: Callable[[], datetime],
    entries: Mapping[str, Mapping[str, Any]] = ENTRIES,
    faults: Faults | None = None,
) -> Starlette:
    """An ASGI app that answers `POST /lookups`; whoever is not in `entries` has a clean record.

    `expunged` of an entry are convictions that only a question for the complete record is told. faults: how it
    misbehaves; also set by `POST /faults`.
    """
    misbehaving = faults or Faults()

    async def look_up(request: Request) -> Response:
        question = await request.json()
        person, scope = question["personal_id"], question.get("scope", "current")
        broken = await misbehaving.before(person)
        if broken is not None:
            return broken
        entry = entries.get(person, {})
        expunged = entry.get("expunged", []) if scope == "complete" else []
        answer = {
            "personal_id": person,
            "scope": scope,
            "reference": f"TTLLTP-{uuid4().hex[:12].upper()}",
            "answered_at": clock().isoformat(),
            "convictions": [*expunged, *entry.get("convictions", [])],
            "business_bans": entry.get("business_bans", []),
        }
        return JSONResponse(misbehaving.spoiled(person, answer))

    return Starlette(routes=[Route("/lookups", look_up, methods=["POST"]), misbehaving.route()])
