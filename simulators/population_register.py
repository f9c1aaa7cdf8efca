"""A simulated population register: synthetic families, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import Faults
from .people import SyntheticChild, load_people


def create_population_register(
    clock: Callable[[], datetime],
    children: Iterable[SyntheticChild] | None = None,
    persons: Mapping[str, Mapping[str, Any]] | None = None,
    faults: Faults | None = None,
) -> Starlette:
    """An ASGI app that answers `POST /guardianships` and `POST /persons`.

    children, persons (by number): those of `people.json` by default. faults: how it misbehaves when asked about
    persons; also set by `POST /faults`.
    """
    misbehaving = faults or Faults()
    entries = registered_persons() if persons is None else persons
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

    async def person(request: Request) -> Response:
        question = await request.json()
        number = question["personal_id"]
        broken = await misbehaving.before(number)
        if broken is not None:
            return broken
        answer = {
            "personal_id": number,
            "reference": f"CSDLDC-{uuid4().hex[:12].upper()}",
            "answered_at": clock().isoformat(),
            "person": entries.get(number),
        }
        return JSONResponse(misbehaving.spoiled(number, answer, "person"))

    return Starlette(
        routes=[
            Route("/guardianships", guardianship, methods=["POST"]),
            Route("/persons", person, methods=["POST"]),
            misbehaving.route(),
        ]
    )


def registered_persons() -> dict[str, dict[str, Any]]:
    """What the register holds of the synthetic citizens and their children, by number."""
    people = load_people()
    citizens = {
        one.personal_id: {
            "full_name": one.full_name,
            "birth_date": one.birth_date,
            "sex": one.sex,
            "birth_place": one.register.birth_place,
            "nationality": one.register.nationality,
            "permanent_residence": one.register.permanent_residence,
            "temporary_residence": one.register.temporary_residence,
            "marital_status": one.register.marital_status,
            "spouse_name": one.register.spouse_name,
        }
        for one in people.citizens
    }
    homes = {one.personal_id: one.register for one in people.citizens}
    for child in people.children:
        home = next((homes[parent] for parent in sorted(child.guardians) if parent in homes), None)
        citizens[child.personal_id] = {
            "full_name": child.full_name,
            "birth_date": child.birth_date,
            "sex": child.sex,
            "birth_place": None,
            "nationality": None if home is None else home.nationality,
            "permanent_residence": None if home is None else home.permanent_residence,
            "temporary_residence": None,
            "marital_status": "single",
            "spouse_name": None,
        }
    return citizens
