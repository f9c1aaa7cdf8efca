"""Days whose application codes are used up, without ten thousand applications."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from issuance.codes import MAX_CODES_PER_UNIT_AND_DAY
from storage.records import SqlRecords
from storage.runner import Database
from storage.tables import counters


def use_up_codes(database: Database, unit: str, first_day: date, *, days: int, but: int) -> None:
    """Every code of these days but the last few of the last one."""
    last = first_day + timedelta(days=days - 1)
    rows = [
        {
            "name": "application",
            "unit": unit,
            "period": day.isoformat(),
            "value": MAX_CODES_PER_UNIT_AND_DAY - (but if day == last else 0),
        }
        for day in (first_day + timedelta(days=n) for n in range(days))
    ]

    def write(records: SqlRecords) -> None:
        records._connection.execute(sa.insert(counters), rows)

    database.run_blocking(write)
