"""Simulated registers misbehave on request: late, broken, about somebody else, or against what the applicant says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

FaultKind = Literal["delay", "error", "wrong_person", "garbage", "contradiction", "not_found"]

OTHER_PERSON = "001099999999"
OTHER_NAME = "Phạm Thị Khác"
OTHER_BIRTH_DATE = "1971-01-31"


@dataclass(frozen=True, slots=True)
class Fault:
    """delay: the answer comes after so many seconds; not_found: the register knows nobody of this number."""

    kind: FaultKind
    seconds: float = 0


@dataclass(slots=True)
class Faults:
    """Which faults a register has now: for one person's number, or for everybody (None)."""

    of: dict[str | None, Fault] = field(default_factory=dict)

    def about(self, personal_id: str) -> Fault | None:
        return self.of.get(personal_id, self.of.get(None))

    async def before(self, personal_id: str) -> Response | None:
        """Wait where an answer is late; the broken answer where it is to be broken."""
        fault = self.about(personal_id)
        if fault is None:
            return None
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        if fault.kind == "error":
            return JSONResponse({"error": "internal"}, 500)
        if fault.kind == "garbage":
            return Response(b'{"personal_id": "', media_type="application/json")
        return None

    def spoiled(self, personal_id: str, answer: Mapping[str, Any], person: str | None = None) -> dict[str, Any]:
        """The answer as this fault makes it. person: its member about the person, where there is one."""
        fault = self.about(personal_id)
        match None if fault is None else fault.kind:
            case "wrong_person":
                return {**answer, "personal_id": OTHER_PERSON}
            case "contradiction":
                other = {"full_name": OTHER_NAME, "birth_date": OTHER_BIRTH_DATE}
                return {**answer, **(other if person is None else {person: {**(answer[person] or {}), **other}})}
            case "not_found":
                # A register without such a member gives an error, as for a question that it cannot answer.
                return {**answer, person: None} if person is not None else {"error": "unknown person"}
        return dict(answer)

    def route(self) -> Route:
        """`POST /faults` with personal_id (null: everybody), kind (null: none any more) and seconds."""
        return Route("/faults", self._set, methods=["POST"])

    async def _set(self, request: Request) -> Response:
        asked = await request.json()
        whose, kind = asked.get("personal_id"), asked.get("kind")
        if kind is None:
            self.of.pop(whose, None)
        elif kind in get_args(FaultKind):
            self.of[whose] = Fault(kind, float(asked.get("seconds", 0)))
        else:
            return JSONResponse({"error": "unknown kind"}, 422)
        return JSONResponse({}, 200)
