"""Bring the schema up to date at start: ours by Alembic, then DBOS's own."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from dbos import DBOS

from .engines import Address, blocking_engine
from .errors import DatabaseAway, SchemaNewer, SchemaOlder
from .jobs import SCHEMA, quieten_dbos

_ADVISORY_LOCK = 0x636F_6E64_6175
"""PostgreSQL's advisory locks are numbers; this one spells the product's name."""


HEAD = "head"


@dataclass(frozen=True, slots=True)
class Step:
    """One migration that a database lacks. says: its first line."""

    revision: str
    says: str


def migrate(address: Address, revision: str = HEAD) -> None:
    """Create or update all tables. Several processes may start at once: one works, the others wait for it.

    revision: up to which one; for a backup of an earlier release. Raises SchemaNewer, DatabaseAway.
    """
    quieten_dbos()
    engine = blocking_engine(address)
    try:
        # On SQLite BEGIN IMMEDIATE is the lock (see engines); a migration that fails leaves nothing behind.
        with _connected(engine) as connection, connection.begin():
            if address.is_postgresql:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            _require_known(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()
    DBOS.migrate(address.dbos_url, schema=SCHEMA)


def revision_of(address: Address) -> str | None:
    """The revision of the database's schema; None where there is none. Raises DatabaseAway."""
    if not address.is_postgresql and not Path(str(address.url.database)).is_file():
        return None  # opening it would make it
    engine = blocking_engine(address)
    try:
        with _connected(engine) as connection:
            return _held_revision(connection)
    finally:
        engine.dispose()


def _connected(engine: sa.Engine) -> sa.Connection:
    """In the driver's own words, which name host and port and no password."""
    try:
        return engine.connect()
    except sa.exc.DBAPIError as error:
        said = str(error.orig).partition("\n")[0]
        raise DatabaseAway(f"the database cannot be reached: {said}") from error


def is_known_revision(revision: str) -> bool:
    return revision in _known_revisions()


def missing_steps(address: Address) -> Sequence[Step]:
    """The migrations that the database lacks, in their order; all of them where it is empty.

    Raises SchemaNewer, DatabaseAway.
    """
    held = revision_of(address)
    if held is not None and not is_known_revision(held):
        raise SchemaNewer(_NEWER.format(held))
    steps = list(ScriptDirectory.from_config(_config()).iterate_revisions(HEAD, held or "base"))
    return [Step(one.revision, (one.doc or "").splitlines()[0]) for one in reversed(steps)]


def require_up_to_date(address: Address) -> None:
    """An empty database is brought up to date here: nothing in it can be lost.

    Raises SchemaOlder, SchemaNewer, DatabaseAway.
    """
    if revision_of(address) is None:
        migrate(address)
    elif missing := missing_steps(address):
        raise SchemaOlder(f"the database lacks {len(missing)} migrations: run `condau upgrade`")


_NEWER = "the database has the schema {}, of a newer version of this program: run that version"


def _require_known(connection: sa.Connection) -> None:
    held = _held_revision(connection)
    if held is not None and not is_known_revision(held):
        raise SchemaNewer(_NEWER.format(held))


def _held_revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@functools.cache
def _known_revisions() -> frozenset[str]:
    return frozenset(one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions())


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
