"""That a backup was made is told with the other work that comes round: figures and health show how old it is."""

from __future__ import annotations

from datetime import datetime

from condau.clock import now
from condau.settings import Settings
from storage.operation import BACKUP
from storage.runner import Database


def record_backup(settings: Settings, at: datetime) -> None:
    """at: when it was begun; what the rows were then is in it. The backup stands, whether or not this can be written.

    Raises SQLAlchemyError.
    """
    database = Database(settings.database, clock=now)
    try:
        database.run_blocking(lambda records: records.schedules.begin(BACKUP, at))
        database.run_blocking(lambda records: records.schedules.done(BACKUP, at, at))
    finally:
        database.dispose_blocking()
