"""The installation's records for a command that asks them many times, and what keeps them from being asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

from condau.clock import now
from condau.ledger_key import ledger_key_of
from condau.personal_vault import vault_of
from condau.settings import Settings
from condau.webhooks import subscriptions_of
from issuance.records import Records
from storage.engines import Address
from storage.runner import Database
from verification.register import RegisterUnavailable

T = TypeVar("T")


class RecordsUnavailable(Exception):
    """There is no database to ask, or it doesn't answer; the message says what to do."""


class Ask(Protocol):
    """Runs one use case in one transaction. Raises RecordsUnavailable."""

    def __call__(self, use_case: Callable[[Records], T]) -> T: ...


@contextlib.contextmanager
def records_of(settings: Settings) -> Iterator[Ask]:
    """Raises RecordsUnavailable where the database is not there, or has another schema than this program."""
    address = Address.parse(settings.database)
    file = Path(str(address.url.database))
    if not address.is_postgresql and not file.is_file():
        # Opening it would make it, and an empty one in the wrong folder looks like an office without any work.
        raise RecordsUnavailable(f"there is no database at {file}: check the settings, or run `condau init`")
    with asyncio.Runner() as runner:
        database = Database(
            settings.database,
            clock=now,
            vault=vault_of(settings),
            ledger_key=ledger_key_of(settings),
            subscriptions=subscriptions_of(settings),
        )

        def ask(use_case: Callable[[Records], T]) -> T:
            try:
                return runner.run(database.run(use_case))
            except RegisterUnavailable:
                raise RecordsUnavailable("the database went away") from None

        try:
            if not runner.run(database.is_ready()):
                raise RecordsUnavailable("the database does not answer, or has another schema: run `condau init`")
            yield ask
        finally:
            runner.run(database.dispose())
