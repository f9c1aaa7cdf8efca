"""Refusals that an operator wants to know of, written down within a bound."""

from __future__ import annotations

import logging
from collections import deque
from datetime import datetime, timedelta

from identity.errors import IdentityError, LevelTooLow, ProviderUnavailable
from issuance.errors import RoleMissing, SelfDealing

from .services import Clock, Runner

_logger = logging.getLogger(__name__)
_WINDOW = timedelta(minutes=1)


def is_security_event(error: Exception) -> bool:
    """A refused token, the wrong kind of person, a step of another role, one's own application."""
    if isinstance(error, SelfDealing | RoleMissing):
        return True
    # An outage says nothing about the caller, and a low level is a question of paperwork.
    return isinstance(error, IdentityError) and not isinstance(error, ProviderUnavailable | LevelTooLow)


class SecurityEvents:
    """Writes at most so many events a minute: a flood of bad tokens must not become a flood of rows."""

    def __init__(self, runner: Runner, clock: Clock, per_minute: int) -> None:
        self._runner = runner
        self._clock = clock
        self._per_minute = per_minute
        self._written: deque[datetime] = deque()

    async def record(self, code: str, route: str) -> None:
        """Write one event, unless the minute is full. Never raises: the refusal stands without its record."""
        at = self._clock()
        while self._written and self._written[0] <= at - _WINDOW:
            self._written.popleft()
        if len(self._written) >= self._per_minute:
            return
        self._written.append(at)
        try:
            await self._runner.run(lambda records: records.security.record(code=code, route=route, at=at))
        except Exception:
            _logger.exception("a security event could not be written")
