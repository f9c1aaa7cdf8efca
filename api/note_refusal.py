"""What operators learn of a refusal, in whatever form the person is answered."""

from __future__ import annotations

from starlette.requests import Request

from .guard import method_sent
from .metrics import route_pattern
from .problem_table import problem_of
from .security_events import is_security_event
from .state import shared_of


async def note_refusal(request: Request, error: Exception) -> None:
    """Count it and write it down, where a page answers by itself and the application's handler never sees it."""
    shared_of(request).services.metrics.count_refusal(problem_of(error).code)
    await note_security_event(request, error)


async def note_security_event(request: Request, error: Exception) -> None:
    """Write the refusal down where an operator wants to know of it."""
    if is_security_event(error):
        await shared_of(request).security_events.record(
            problem_of(error).code,
            f"{method_sent(request)} {route_pattern(request.scope)}",
            getattr(request.state, "issuer_name", None),
        )
