"""What storage can refuse. Each leaf carries a stable `code`; messages never contain personal data."""

from __future__ import annotations

from typing import ClassVar

from issuance.records import FileUnreadable


class StorageError(Exception):
    code: ClassVar[str] = "storage_error"


class UnsupportedDatabase(StorageError):
    """The address names neither an SQLite file nor a PostgreSQL database, or that database is not in UTF-8."""

    code = "unsupported_database"


class DatabaseAway(StorageError):
    """Nobody answers at the database's address, or lets this installation in."""

    code = "database_away"


class LedgerBroken(StorageError):
    """What stands in the ledger was not written by this installation, so nothing is written after it."""

    code = "ledger_broken"


class LedgerLocked(StorageError):
    """The ledger is chained, and whoever wants to write into it has no key for that."""

    code = "ledger_locked"


class FileMissing(StorageError, FileUnreadable):
    """A registered document has no file. Nothing mends this but a backup, so somebody must be told."""

    code = "file_missing"


class FileDamaged(StorageError, FileUnreadable):
    """A file's bytes are not those that were stored; it is never handed out."""

    code = "file_damaged"


class SlotTaken(StorageError):
    """Another worker runs under the same executor id, or on the same SQLite file."""

    code = "slot_taken"


class PapersLocked(StorageError):
    """The folder of papers was encrypted under another passphrase: nothing in it can be read or added."""

    code = "papers_locked"


class VaultLocked(StorageError):
    """Personal data is sealed under another passphrase, or none was given: nothing of it is read or written."""

    code = "vault_locked"


class CellDamaged(StorageError):
    """A personal value is not what was sealed for its place: somebody has changed or moved it."""

    code = "cell_damaged"


class SchemaNewer(StorageError):
    """The database was brought up to date by a newer version of this program, which alone may work with it."""

    code = "schema_newer"


class SchemaOlder(StorageError):
    """The database is to be brought up to date first, which this installation does by a command of its own."""

    code = "schema_older"


class SnapshotUnusable(StorageError):
    """A backup of the database cannot be made, or not be put back here; the message says why."""

    code = "snapshot_unusable"


class ErasuresUnreadable(StorageError):
    """The list of erasures has a line that is none; whoever is on it could come back."""

    code = "erasures_unreadable"
