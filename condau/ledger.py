"""The ledger of an installation: sealed on schedule, checked and shown by commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from condau.clock import now
from condau.installation import Ask, records_of
from condau.ledger_key import ledger_key_of
from condau.settings import Settings
from issuance.accesses import SeenAccess
from issuance.records import AuditEntry, Records
from storage.engines import Address
from storage.ledger_seals import seal_all
from storage.one_moment import as_of_one_moment
from storage.runner import Database
from storage.seal_file import FILE, write_lacking
from storage.verify_ledger import LedgerCheck, Progress


@dataclass(frozen=True, slots=True)
class History:
    """What was done with an application, and who was shown it; oldest first."""

    entries: Sequence[AuditEntry]
    accesses: Sequence[SeenAccess]


def seal_file_of(settings: Settings) -> Path:
    """Outside of the database; it belongs into every backup, and better still onto another machine."""
    return settings.state_folder / "ledger" / FILE


def sealing(database: Database, settings: Settings, clock: Callable[[], datetime]) -> Callable[[], None]:
    """What comes round each minute. Raises LedgerBroken where the database lacks what the file outside has."""

    def seal() -> None:
        seal_all(database.run_blocking, clock())
        write_lacking(seal_file_of(settings), database.run_blocking)

    return seal


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """Raises RecordsUnavailable."""
    with records_of(settings):
        pass  # it is there, and of this schema
    database = Database(settings.database, clock=now, ledger_key=ledger_key_of(settings))
    try:
        yield database
    finally:
        database.dispose_blocking()


@contextmanager
def opened_check(settings: Settings, progress: Progress) -> Iterator[LedgerCheck]:
    """A check of the whole ledger as it is now; the service goes on meanwhile.

    Raises RecordsUnavailable, SettingsRefused without the passphrase.
    """
    with records_of(settings):
        pass  # the database is there, and of this schema
    with as_of_one_moment(Address.parse(settings.database)) as connection:
        yield LedgerCheck(connection, ledger_key_of(settings), seal_file_of(settings), progress)


def history_of(ask: Ask, code: str, actor: str, at: datetime) -> History:
    """That somebody looked stands in it the next time. Raises ApplicationNotFound, RecordsUnavailable."""
    unit = code.rsplit("-", 2)[0]

    def read(records: Records) -> History:
        application_id = records.applications.in_unit(code, unit).id
        found = History(records.audit.of_application(application_id), records.accesses.of_application(application_id))
        records.audit.append(
            AuditEntry(at=at, actor=actor, action="history_read", application_id=application_id, details={})
        )
        return found

    return ask(read)
