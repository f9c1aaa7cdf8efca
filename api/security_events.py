"""Refusals that an operator wants to know of, written down within a bound. An entry never holds a part of a token."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from datetime import datetime, timedelta

from identity.errors import (
    IdentityError,
    PopulationRegisterUnavailable,
    ProofNonceNeeded,
    ProviderUnavailable,
    SessionEnded,
)
from issuance.errors import RoleMissing, SelfDealing

from .errors import AuthorizationAmbiguous
from .metrics import Metrics
from .services import Clock, Runner

NOT_WRITTEN = "not_written"
"""Code of the entry that says how many others were left out."""
ANY_ROUTE = "*"

_logger = logging.getLogger(__name__)
_WINDOW = timedelta(minutes=1)


def is_security_event(error: Exception) -> bool:
    """Whether evidence, or the person behind it, was refused: a step of another role and one's own case among that."""
    if isinstance(error, SelfDealing | RoleMissing | AuthorizationAmbiguous):
        return True
    # An outage says nothing about the caller, sessions end every day, and being told a nonce is a step of the protocol.
    nothing_refused = (ProviderUnavailable, PopulationRegisterUnavailable, ProofNonceNeeded, SessionEnded)
    return isinstance(error, IdentityError) and not isinstance(error, nothing_refused)


class SecurityEvents:
    """Writes at most so many events a minute: a flood of bad tokens must not become a flood of rows.

    How many were left out is written as one entry once the minute is over. Bounded in memory: times of the last
    minute's entries, and a number.
    """

    def __init__(self, runner: Runner, clock: Clock, per_minute: int, metrics: Metrics) -> None:
        self._runner = runner
        self._clock = clock
        self._per_minute = per_minute
        self._metrics = metrics
        self._written: deque[datetime] = deque()
        self._left_out = 0
        self._left_out_since: datetime | None = None
        self._summing_up: asyncio.Task[None] | None = None

    async def record(self, code: str, route: str, issuer: str | None = None) -> None:
        """Write one event, unless the minute is full. Never raises: the refusal stands without its record.

        route: method and pattern. issuer: its name in the settings, where it is known whose evidence it was.
        """
        at = self._clock()
        if self._left_out_since is not None and self._left_out_since + _WINDOW <= at:
            await self.sum_up()
        while self._written and self._written[0] <= at - _WINDOW:
            self._written.popleft()
        if len(self._written) >= self._per_minute:
            self._leave_out(1, at)
            self._metrics.count_security_entry(written=False)
            return
        self._written.append(at)
        self._metrics.count_security_entry(written=await self._write(code, route, issuer, 1, at))

    async def sum_up(self) -> None:
        """Write how many were left out, if any: when their minute is over, and before the service stops."""
        left_out, self._left_out, self._left_out_since = self._left_out, 0, None
        at = self._clock()
        if left_out and not await self._write(NOT_WRITTEN, ANY_ROUTE, None, left_out, at):
            self._leave_out(left_out, at)

    async def close(self) -> None:
        """Stop waiting for the end of a minute, and say now what would have been said then."""
        if self._summing_up is not None:
            self._summing_up.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._summing_up
        await self.sum_up()

    def _leave_out(self, number: int, at: datetime) -> None:
        self._left_out += number
        self._left_out_since = self._left_out_since or at
        # For the case that nobody is refused any more: the next refusal would sum up otherwise.
        if self._summing_up is None or self._summing_up.done():
            self._summing_up = asyncio.create_task(self._sum_up_later())

    async def _sum_up_later(self) -> None:
        await asyncio.sleep(_WINDOW.total_seconds())
        await self.sum_up()

    async def _write(self, code: str, route: str, issuer: str | None, times: int, at: datetime) -> bool:
        try:
            await self._runner.run(
                lambda records: records.security.record(code=code, route=route, issuer=issuer, times=times, at=at)
            )
        except Exception:
            _logger.exception("a security event could not be written")
            return False
        return True
