"""A simulated population register: synthetic families, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .people import SyntheticChild, load_people


def create_population_register(
    clock: Callable[[], datetime], children: Iterable[SyntheticChild] | None = None
) -> Starlette:
    """An ASGI app that answers `POST /guardianships`; children: those of `people.json` by default."""
    known = {child.personal_id: child for child in (load_people().children if children is None else children)}

    async def guardianship(request: Request) -> Response:
        question = await request.json()
        child = known.get(question["child_id"])
        relation = None if child is None else child.guardians.get(question["guardian_id"])
        return JSONResponse(
            {
                "guardian_id": question["guardian_id"],
                "child_id": question["child_id"],
                "reference": f"CSDLDC-{uuid4().hex[:12].upper()}",
                "answered_at": clock().isoformat(),
                "relation": relation,
                "child": None
                if child is None or relation is None
                else {
                    "full_name": child.full_name,
                    "birth_date": child.birth_date,
                    "sex": child.sex,
                    "guardians": sorted(child.guardians),
                },
            }
        )

    return Starlette(routes=[Route("/guardianships", guardianship, methods=["POST"])])
