"""What was overwritten leaves the file too."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from .engines import Address


def compact(address: Address) -> None:
    """Write an SQLite file anew without what was once in its pages; on PostgreSQL that is the work of VACUUM, which an
    operator runs when the service may wait for it (docs/personal-data.md). Nobody else may be writing."""
    if address.is_postgresql:
        return
    with closing(sqlite3.connect(str(address.url.database), isolation_level=None)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
