"""What a process issues a batch with, out of the settings."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from condau.installation import RecordsUnavailable
from condau.installation_secret import installation_secret
from condau.setting_files import passphrase_of
from condau.settings import Settings
from issuance.batches.check_line import KeyOf
from issuance.batches.issue_block import BatchWorks
from storage.migrate import expected_revision
from storage.runner import Database

_USE = b"condau batches 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWorks:
    works: BatchWorks
    database: Database


@contextlib.contextmanager
def open_works(settings: Settings) -> Iterator[OpenWorks]:
    """The parts that issue documents everywhere else too, and the database behind them.

    Raises SettingsRefused and what an installation that cannot start raises; RecordsUnavailable.
    """
    # Late: it brings the whole service along, which the other commands need not wait for.
    from condau.assembly import assemble

    assembly = assemble(settings)
    try:
        if not _is_ready(assembly.database):
            raise RecordsUnavailable("the database does not answer, or has another schema: run `condau init`")
        yield OpenWorks(
            works=BatchWorks(workshop=assembly.workshop, rules=assembly.services.rules, key_of=line_keys(settings)),
            database=assembly.database,
        )
    finally:
        assembly.registers.close()
        assembly.database.dispose_blocking()


def line_keys(settings: Settings) -> KeyOf:
    """HMAC-SHA256 by a secret of its own, in all processes the same."""
    secret = installation_secret(passphrase_of(settings, make=False), _USE)
    return lambda said: hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()


def _is_ready(database: Database) -> bool:
    return database.run_blocking(lambda records: records.revision()) == expected_revision()
