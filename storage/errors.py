"""What storage can refuse. Each leaf carries a stable `code`; messages never contain personal data."""

from __future__ import annotations

from typing import ClassVar

from issuance.records import FileUnreadable


class StorageError(Exception):
    code: ClassVar[str] = "storage_error"


class UnsupportedDatabase(StorageError):
    """The address names neither an SQLite file nor a PostgreSQL database."""

    code = "unsupported_database"


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
