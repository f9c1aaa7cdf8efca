"""A PostgreSQL whose postmaster is killed without warning, and started again on the same data."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from storage.engines import Address
from storage.migrate import migrate
from tests.campaign.kills.nursery import die_with_parent
from tests.storage.databases import room_for_a_server, server_in

_PATIENCE_SECONDS, _PAUSE_SECONDS = 60, 0.05
_DATABASE = "condau"


class KillablePostgres:
    """One database on a server of its own; `url` stays the same over every death."""

    def __init__(self, folder: Path) -> None:
        first = server_in(folder)
        self._program, self._user = first.bin_path / "postgres", first.system_user
        uri = sa.make_url(first.get_uri())
        # Started by somebody else until now: a child of ours can be waited for.
        os.kill(first.get_pid(), signal.SIGINT)
        self._data, self._sockets = folder / "data", str(uri.query["host"])
        self._admin = uri.render_as_string(hide_password=False)
        while (self._data / "postmaster.pid").exists():
            time.sleep(_PAUSE_SECONDS)
        self._start()
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {_DATABASE}")
        self.url = uri.set(drivername="postgresql", database=_DATABASE).render_as_string(hide_password=False)
        migrate(Address.parse(self.url))

    def kill_and_start(self) -> None:
        """kill -9 of the postmaster; the others of its processes end by themselves when they notice."""
        self._postmaster.kill()
        self._postmaster.wait()
        self._start()

    def stop(self) -> None:
        self._postmaster.send_signal(signal.SIGINT)
        self._postmaster.wait()

    def _start(self) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_up():
            if time.monotonic() > end:
                raise RuntimeError((self._data / "postgres.log").read_text()[-2_000:])
            time.sleep(_PAUSE_SECONDS)

    def _is_up(self) -> bool:
        # While processes of the one before live, a postmaster refuses to start: then it is tried again.
        if not hasattr(self, "_postmaster") or self._postmaster.poll() is not None:
            with (self._data / "postgres.log").open("ab") as log:
                self._postmaster: Any = subprocess.Popen(
                    [self._program, "-D", self._data, "-h", "", "-k", self._sockets, "-c", "max_connections=400"],
                    user=self._user,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=die_with_parent,
                )
        try:
            psycopg.connect(self._admin, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def killable_postgres() -> Iterator[KillablePostgres]:
    folder = Path(tempfile.mkdtemp(prefix="condau-kill-", dir=room_for_a_server()))
    try:
        server = KillablePostgres(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
