"""Reading much of the database as it was at one moment, without holding up whoever writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from .engines import Address


@contextmanager
def as_of_one_moment(address: Address) -> Iterator[sa.Connection]:
    """A connection that sees what was committed when it began, and can change nothing."""
    if address.is_postgresql:
        engine = sa.create_engine(
            address.url.set(drivername="postgresql+psycopg"),
            poolclass=sa.NullPool,
            isolation_level="REPEATABLE READ",
            hide_parameters=True,
        )
    else:
        file = quote(str(Path(str(address.url.database)).absolute()))
        engine = sa.create_engine(
            f"sqlite:///file:{file}?mode=ro&uri=true", poolclass=sa.NullPool, hide_parameters=True
        )
    try:
        with engine.connect() as connection:
            if address.is_postgresql:
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            else:
                connection.exec_driver_sql("BEGIN")
            yield connection
    finally:
        engine.dispose()
