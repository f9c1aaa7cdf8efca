"""The database of an installation, with the keys to what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from condau.clock import now
from condau.ledger_key import ledger_key_of
from condau.personal_vault import vault_of
from condau.settings import Settings
from storage.runner import Database


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database, clock=now, vault=vault_of(settings), ledger_key=ledger_key_of(settings))
    try:
        yield database
    finally:
        database.dispose_blocking()
