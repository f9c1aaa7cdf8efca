"""Refusals that an operator wants to know of, written down within a bound. An entry never holds a part of a token."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from identity.errors import (
    IdentityError,
    PopulationRegisterUnavailable,
    ProofNonceNeeded,
    ProviderUnavailable,
    SessionEnded,
    StoreUnavailable,
)
from issuance.errors import RoleMissing, SelfDealing

from .errors import AuthorizationAmbiguous
from .metrics import Metrics
from .services import Clock, Runner

NOT_WRITTEN = "not_written"
"""Code of the entry that says how many others were left out."""
ANY_ROUTE = "*"
ANY_ISSUER = "*"
"""In an entry about what was left out of the refusals whose evidence was verified. No issuer is named so."""

_logger = logging.getLogger(__name__)
_WINDOW = timedelta(minutes=1)


def is_security_event(error: Exception) -> bool:
    """Whether evidence, or the person behind it, was refused: a step of another role and one's own case among that."""
    if isinstance(error, SelfDealing | RoleMissing | AuthorizationAmbiguous):
        return True
    # An outage says nothing about the caller, sessions end every day, and being told a nonce is a step of the protocol.
    outage = (ProviderUnavailable, PopulationRegisterUnavailable, StoreUnavailable)
    nothing_refused = (*outage, ProofNonceNeeded, SessionEnded)
    return isinstance(error, IdentityError) and not isinstance(error, nothing_refused)


@dataclass(slots=True)
class _Minute:
    """What was written and left out of one group in the last minute.

    stands_for: the issuer that the sum of what was left out names, None for evidence that nobody verified.
    """

    stands_for: str | None
    written: deque[datetime] = field(default_factory=deque)
    left_out: int = 0
    left_out_since: datetime | None = None


class SecurityEvents:
    """Writes at most so many events a minute: a flood of bad tokens must not become a flood of rows.

    Refusals of those whose evidence was verified have a minute of their own, and so have all others: anybody can send
    nonsense, and nonsense must not keep out what a known account tries. How many were left out is written as one entry
    of the group once the minute is over. Bounded in memory: times of the last minute's entries, and a number.
    """

    def __init__(self, runner: Runner, clock: Clock, per_minute: int, metrics: Metrics) -> None:
        """per_minute: of each group."""
        self._runner = runner
        self._clock = clock
        self._per_minute = per_minute
        self._metrics = metrics
        self._unverified, self._verified = _Minute(None), _Minute(ANY_ISSUER)
        self._summing_up: asyncio.Task[None] | None = None

    async def record(self, code: str, route: str, issuer: str | None = None) -> None:
        """Write one event, unless its group's minute is full. Never raises: the refusal stands without its record.

        route: method and pattern. issuer: its name in the settings, where its evidence was verified.
        """
        at = self._clock()
        if any(one.left_out_since is not None and one.left_out_since + _WINDOW <= at for one in self._groups):
            await self.sum_up()
        minute = self._unverified if issuer is None else self._verified
        while minute.written and minute.written[0] <= at - _WINDOW:
            minute.written.popleft()
        if len(minute.written) >= self._per_minute:
            self._leave_out(minute, 1, at)
            self._metrics.count_security_entry(written=False)
            return
        minute.written.append(at)
        self._metrics.count_security_entry(written=await self._write(code, route, issuer, 1, at))

    async def sum_up(self) -> None:
        """Write how many were left out, if any: when their minute is over, and before the service stops."""
        at = self._clock()
        for minute in self._groups:
            left_out, minute.left_out, minute.left_out_since = minute.left_out, 0, None
            if left_out and not await self._write(NOT_WRITTEN, ANY_ROUTE, minute.stands_for, left_out, at):
                self._leave_out(minute, left_out, at)

    async def close(self) -> None:
        """Stop waiting for the end of a minute, and say now what would have been said then."""
        if self._summing_up is not None:
            self._summing_up.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._summing_up
        await self.sum_up()

    @property
    def _groups(self) -> tuple[_Minute, _Minute]:
        return self._unverified, self._verified

    def _leave_out(self, minute: _Minute, number: int, at: datetime) -> None:
        minute.left_out += number
        minute.left_out_since = minute.left_out_since or at
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
