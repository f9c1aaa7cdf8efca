"""Whether the books of quotas balance, read past the ports: what no use case may ever break."""

from __future__ import annotations

import sqlalchemy as sa

from storage.fee_tables import quota_claims as claims
from storage.fee_tables import quota_counters as counters
from storage.records import SqlRecords
from storage.runner import Database
from storage.tables import applications

_KEY = ("policy_id", "name", "scope", "person", "period")
_CLAIMED = (
    sa.select(*(claims.c[name] for name in _KEY), sa.func.sum(claims.c.taken))
    .where(claims.c.state != "released")
    .group_by(*(claims.c[name] for name in _KEY))
)
_COUNTED = sa.select(*(counters.c[name] for name in _KEY), counters.c.used).where(counters.c.used > 0)
_STRAYS = sa.select(claims.c.application_id).where(claims.c.application_id.not_in(sa.select(applications.c.id)))


def assert_books_balance(database: Database) -> None:
    """Every counter is the sum of what is claimed and not given back, and every claim is an application's."""

    def read(records: SqlRecords) -> list[list[tuple[object, ...]]]:
        run = records._connection.execute
        if database.is_postgresql:  # one state of all three, while others go on claiming
            run(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        return [sorted(tuple(row) for row in run(query)) for query in (_CLAIMED, _COUNTED, _STRAYS)]

    claimed, counted, strays = database.run_blocking(read)
    assert claimed == counted
    assert not strays
