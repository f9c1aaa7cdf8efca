"""How the installation is, for its operators: names and numbers, nothing about a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from identity.citizen import VerifiedOfficial
from issuance.operation import Health, Watch, demand_operations, signs

from . import examples
from .authentication import Official
from .documented import SIGNED_IN, answers
from .state import Given

router = APIRouter(prefix="/v1", tags=["operations"])


class SignView(TypedDict):
    """`well`: whether nobody has to do anything about it. `number`: how many; `since`: the oldest or newest of them."""

    name: str
    well: bool
    number: int
    since: str | None


class JobsView(TypedDict):
    """Jobs of one kind in one state, and when the oldest of them was asked for."""

    kind: str
    state: str
    number: int
    oldest_at: str


class WorkerView(TypedDict):
    """A worker, and when it was last heard of."""

    name: str
    seen_at: str


class ScheduleView(TypedDict):
    """Work that comes round: when it was last done, and how often it has failed since."""

    name: str
    done_at: str | None
    failures: int


class HealthView(TypedDict):
    """All is `well` where every sign is."""

    well: bool
    at: str
    signs: list[SignView]
    workers: list[WorkerView]
    jobs: list[JobsView]
    schedules: list[ScheduleView]


async def _operator(official: Official) -> VerifiedOfficial:
    demand_operations(official)
    return official


@router.get(
    "/operations/health",
    summary="How the installation is",
    response_model=HealthView,
    responses=answers(examples.HEALTH, *SIGNED_IN),
)
async def show_health(services: Given, _: Annotated[VerifiedOfficial, Depends(_operator)]) -> Response:
    """Workers, what waits and since when, what failed, the newest seal and backup: what `condau health` prints."""
    health = await services.runner.run(lambda records: records.operation.health(services.clock()))
    return JSONResponse(health_view(health))


def health_view(health: Health) -> HealthView:
    found = signs(health, Watch())
    return {
        "well": all(one.well for one in found),
        "at": health.at.isoformat(),
        "signs": [
            {"name": one.name, "well": one.well, "number": one.number, "since": _moment(one.since)} for one in found
        ],
        "workers": [{"name": one.name, "seen_at": one.seen_at.isoformat()} for one in health.workers],
        "jobs": [
            {
                "kind": one.kind,
                "state": one.state.value,
                "number": one.number,
                "oldest_at": one.oldest_at.isoformat(),
            }
            for one in health.jobs
        ],
        "schedules": [
            {"name": one.name, "done_at": _moment(one.done_at), "failures": one.failures} for one in health.schedules
        ],
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
