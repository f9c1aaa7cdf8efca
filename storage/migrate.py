"""Bring the schema up to date at start: ours by Alembic, then DBOS's own."""

from __future__ import annotations

import functools
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from dbos import DBOS

from .engines import Address, blocking_engine
from .jobs import SCHEMA, quieten_dbos

_ADVISORY_LOCK = 0x636F_6E64_6175
"""PostgreSQL's advisory locks are numbers; this one spells the product's name."""


def migrate(address: Address) -> None:
    """Create or update all tables. Several processes may start at once: one works, the others wait for it."""
    quieten_dbos()
    engine = blocking_engine(address)
    try:
        # On SQLite BEGIN IMMEDIATE is the lock (see engines); a migration that fails leaves nothing behind.
        with engine.begin() as connection:
            if address.is_postgresql:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    DBOS.migrate(address.dbos_url, schema=SCHEMA)


@functools.cache
def expected_revision() -> str:
    """The revision that this code works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("there are no migrations")
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
