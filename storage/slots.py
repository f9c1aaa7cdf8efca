"""A worker's slot, held for its life by a lock that the system itself lets go when its process dies.

Two workers under one executor id would each take the other's running jobs for leftovers of its own, and do them twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable

import sqlalchemy as sa

from .engines import Address
from .errors import SlotTaken

_PATIENCE_SECONDS, _PAUSE_SECONDS = 5.0, 0.1
"""A process that was killed a moment ago may not be wholly gone yet."""

_KEEPALIVES = ("tcp_keepalives_idle = 10", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3")
"""With the server's own defaults a machine that vanished would hold its slots for two hours."""


def hold_slot(engine: sa.Engine, address: Address, executor_id: str) -> Callable[[], None]:
    """Take the slot; returns what lets it go. An SQLite file has one slot whatever its id. Raises SlotTaken."""
    taken = f"another worker runs as {executor_id!r}; give each an executor_id of its own"
    return _hold(engine, address, f"worker {executor_id}", ".worker", taken)


def hold_batch(engine: sa.Engine, address: Address, code: str) -> Callable[[], None]:
    """The same for whoever issues a batch; an SQLite file has one batch under way at a time. Raises SlotTaken."""
    return _hold(engine, address, f"batch {code}", ".batch", f"another process issues batch {code}")


def _hold(engine: sa.Engine, address: Address, name: str, suffix: str, taken: str) -> Callable[[], None]:
    take, let_go = _on_postgresql(engine, name) if address.is_postgresql else _on_sqlite(address, suffix)
    end = time.monotonic() + _PATIENCE_SECONDS
    try:
        while not take():
            if time.monotonic() > end:
                raise SlotTaken(taken)
            time.sleep(_PAUSE_SECONDS)
    except BaseException:
        let_go()
        raise
    return let_go


def _on_postgresql(engine: sa.Engine, name: str) -> tuple[Callable[[], bool], Callable[[], None]]:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()  # else it would go back to the pool with the lock
    for setting in _KEEPALIVES:
        connection.execute(sa.text(f"SET {setting}"))
    return lambda: bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar()), connection.close


def _on_sqlite(address: Address, suffix: str) -> tuple[Callable[[], bool], Callable[[], None]]:
    descriptor = os.open(f"{address.url.database}{suffix}", os.O_RDWR | os.O_CREAT, 0o600)

    def take() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    return take, lambda: os.close(descriptor)
