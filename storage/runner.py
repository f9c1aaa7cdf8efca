"""Runs use cases: plain sync functions, each in one transaction, committed before the answer leaves.

On PostgreSQL they run on asyncpg through SQLAlchemy's `run_sync`: the event loop goes on while the database works.
On SQLite they run one after the other on the one thread that writes.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.util import greenlet_spawn

from issuance.delivery.notice import Subscriptions
from issuance.errors import IssuanceError
from issuance.fees.errors import FeeError
from verification.register import RegisterUnavailable

from .conflicts import is_away, may_run_again
from .engines import Address, Synchronous, async_engine, blocking_engine
from .held_books import HeldBooks
from .jobs import JobQueue
from .ledger_key import LedgerKey, locked_ledger
from .migrate import expected_revision, migrate
from .records import SqlRecords
from .slots import hold_batch, hold_slot
from .vault import Vault, locked_vault

T = TypeVar("T")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseOptions:
    """How the database is used.

    pool_size, worker_pool_size: PostgreSQL connections for requests and for background work, per process.
    busy_timeout_seconds, synchronous: SQLite only. FULL survives a power cut after the commit; NORMAL loses the last
    commits then, but no more. attempts: how often a use case that met another change is run, the first time included.
    """

    pool_size: int = 10
    worker_pool_size: int = 16
    busy_timeout_seconds: float = 30
    synchronous: Synchronous = "FULL"
    attempts: int = 4
    longest_pause_seconds: float = 0.02


class Database:
    """A database and the one way into it. Belongs to one event loop; `dispose` it there."""

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], datetime],
        options: DatabaseOptions | None = None,
        ledger_key: LedgerKey | None = None,
        vault: Vault | None = None,
        subscriptions: Subscriptions | None = None,
    ) -> None:
        """Connects at first use. vault: what seals personal data; without one, none can be written or read.
        subscriptions: which applications of citizens are told what happens.

        Raises UnsupportedDatabase.
        """
        self.address = Address.parse(url)
        self.options = options or DatabaseOptions()
        self.ledger_key = ledger_key or locked_ledger()
        self.clock = clock
        self.vault = vault or locked_vault()
        self.subscriptions = subscriptions or Subscriptions()
        self.queue = JobQueue(self.address.dbos_url)
        self._held_books = HeldBooks()
        self._blocking = blocking_engine(
            self.address,
            pool_size=self.options.worker_pool_size,
            busy_timeout_seconds=self.options.busy_timeout_seconds,
            synchronous=self.options.synchronous,
        )
        self._async = async_engine(self.address, pool_size=self.options.pool_size) if self.is_postgresql else None
        self._writer = (
            None if self.is_postgresql else ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-writer")
        )
        self._running: set[asyncio.Task[object]] = set()

    @property
    def is_postgresql(self) -> bool:
        return self.address.is_postgresql

    async def run(self, use_case: Callable[[SqlRecords], T]) -> T:
        """Run a use case in one transaction, committed when this returns, rolled back when the use case raises.

        A use case that meets ConcurrentChange, a deadlock or a busy database is run again from its start, a few times.
        A caller that is cancelled does not stop it halfway: the transaction then still ends by itself, in one piece.
        Raises RegisterUnavailable where the database cannot be asked; whether a change was kept is then not known.
        """
        try:
            if self._writer is not None:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._writer, self._run_on_this_thread, use_case)
            task = asyncio.ensure_future(self._run_on_this_loop(use_case))
            self._running.add(task)  # the loop itself would forget it
            task.add_done_callback(self._running.discard)
            return await asyncio.shield(task)
        except SQLAlchemyError as error:
            if not is_away(error):
                raise
            _logger.warning("the database cannot be asked: %s", type(error).__name__)
            raise RegisterUnavailable from error

    def run_blocking(self, use_case: Callable[[SqlRecords], T]) -> T:
        """The same from a thread that may wait: background work, commands."""
        if self._writer is not None:
            return self._writer.submit(self._run_on_this_thread, use_case).result()
        return self._run_on_this_thread(use_case)

    async def is_ready(self) -> bool:
        """Whether the database answers and its schema is the expected one."""
        try:
            return await self.run(_revision_of) == expected_revision()
        except (SQLAlchemyError, RegisterUnavailable):
            return False

    @contextmanager
    def alone(self, number: int) -> Iterator[bool]:
        """Whether no other process is inside the block with this number; on SQLite there is no other process."""
        if not self.is_postgresql:
            yield True
            return
        with self._blocking.begin() as connection:
            yield bool(connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(number))).scalar())

    def hold_slot(self, executor_id: str) -> Callable[[], None]:
        """See storage.slots. Raises SlotTaken."""
        return hold_slot(self._blocking, self.address, executor_id)

    def hold_batch(self, code: str) -> Callable[[], None]:
        """See storage.slots. Raises SlotTaken."""
        return hold_batch(self._blocking, self.address, code)

    def migrate(self) -> None:
        """Bring the schema up to date; before the first request."""
        migrate(self.address)

    def warm_up(self) -> None:
        """Read the books before the first request needs them; procedures, of which there can be thousands, are parsed
        while no transaction waits for it.

        What cannot be read is logged and stops nothing: much of the service needs none of it.
        """
        parsed = self._held_books.procedures
        try:
            self.vault.refuses_clear = self.run_blocking(lambda records: records.sealing.is_everything_sealed())
            for digest, name, source in self.run_blocking(lambda records: records.procedures.not_held()):
                parsed.procedure(digest, name, lambda source=source: source)  # type: ignore[misc] # of a default
            self.run_blocking(
                lambda records: (records.procedures.book(), records.units.tree(), records.fee_policies.book())
            )
        except (SQLAlchemyError, IssuanceError, FeeError, ValueError) as error:
            _logger.warning("the books could not be read at start: %s", type(error).__name__)

    async def dispose(self) -> None:
        """Let running transactions end, then close every connection."""
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._async is not None:
            await self._async.dispose()
        await asyncio.to_thread(self.dispose_blocking)

    def dispose_blocking(self) -> None:
        """The same for a process without an event loop, which has used nothing but `run_blocking`."""
        if self._writer is not None:
            self._writer.shutdown(wait=True)
        self._blocking.dispose()
        self.queue.close()

    async def _run_on_this_loop(self, use_case: Callable[[SqlRecords], T]) -> T:
        if self._async is None:
            raise RuntimeError("only PostgreSQL runs on the event loop")
        engine, begun = self._async.sync_engine, False

        def transact() -> T:
            nonlocal begun
            with engine.begin() as connection:
                begun = True
                return self._in_transaction(use_case, connection)

        for attempt in range(1, self.options.attempts + 1):
            begun = False
            try:
                # As AsyncConnection.run_sync does, but for the whole transaction at once: connecting, beginning and
                # committing one by one cost more than many a statement.
                return await greenlet_spawn(transact)
            except Exception as error:
                if not begun and not isinstance(error, SQLAlchemyError):
                    # asyncpg's own errors while connecting, and the system's, come as they are.
                    _logger.warning("the database cannot be reached: %s", type(error).__name__)
                    raise RegisterUnavailable from error
                if attempt == self.options.attempts or not may_run_again(error):
                    raise
                await asyncio.sleep(self._pause_seconds(attempt))
        raise AssertionError("the last attempt returns or raises")

    def _run_on_this_thread(self, use_case: Callable[[SqlRecords], T]) -> T:
        for attempt in range(1, self.options.attempts + 1):
            try:
                with self._blocking.begin() as connection:
                    return self._in_transaction(use_case, connection)
            except Exception as error:
                if attempt == self.options.attempts or not may_run_again(error):
                    raise
                # On SQLite nobody else can have changed anything in this process: waiting would only hold up the rest.
                if self.is_postgresql:
                    time.sleep(self._pause_seconds(attempt))
        raise AssertionError("the last attempt returns or raises")

    def _in_transaction(self, use_case: Callable[[SqlRecords], T], connection: sa.Connection) -> T:
        records = self._records(connection)
        result = use_case(records)
        records.send()
        return result

    def _records(self, connection: sa.Connection) -> SqlRecords:
        return SqlRecords(
            connection,
            self.queue,
            self.clock,
            self._held_books,
            self.ledger_key,
            self.vault,
            self.subscriptions,
        )

    def _pause_seconds(self, attempt: int) -> float:
        # Random, so that two that met do not meet again.
        return random.uniform(0, self.options.longest_pause_seconds) * attempt  # noqa: S311 - no secret depends on it


def _revision_of(records: SqlRecords) -> str | None:
    return records.revision()
