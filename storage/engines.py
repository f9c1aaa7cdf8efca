"""Connections as they must be: what SQLite needs to be safe, and nothing in a log that a query carried."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .errors import UnsupportedDatabase

Synchronous = Literal["FULL", "NORMAL", "OFF"]
_PAUSE_SECONDS = 0.005


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where the database is: `sqlite:///path` or `postgresql://user:password@host/name`."""

    url: sa.URL

    @classmethod
    def parse(cls, url: str) -> Address:
        """Raises UnsupportedDatabase; its message does not repeat the address, which may carry a password."""
        try:
            parsed = sa.make_url(url)
        except ArgumentError:
            raise UnsupportedDatabase("this is no database address") from None
        backend = parsed.get_backend_name()
        if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
            return cls(parsed.set(drivername="sqlite"))
        if backend == "postgresql" and parsed.database:
            return cls(parsed.set(drivername="postgresql"))
        raise UnsupportedDatabase("an address begins with sqlite:/// and a path, or with postgresql://")

    @property
    def is_postgresql(self) -> bool:
        return self.url.get_backend_name() == "postgresql"

    @property
    def dbos_url(self) -> str:
        return self.url.render_as_string(hide_password=False)

    def __repr__(self) -> str:
        return f"Address({self.url.render_as_string(hide_password=True)!r})"


def blocking_engine(
    address: Address, *, pool_size: int = 1, busy_timeout_seconds: float = 30, synchronous: Synchronous = "FULL"
) -> sa.Engine:
    """psycopg, or SQLite with one connection: it has one writer, and a second connection would only wait for it.

    Where PostgreSQL's database is not in UTF-8, connecting raises UnsupportedDatabase.
    """
    if address.is_postgresql:
        url = address.url.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(url, pool_size=pool_size, max_overflow=0, pool_pre_ping=True, hide_parameters=True)
        # Before the library's own first questions, which such a database answers in bytes.
        event.listen(engine, "connect", _require_unicode, insert=True)
        return engine
    file = Path(str(address.url.database))
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # It holds personal data; SQLite gives its journal files the same mode.
    file.touch(mode=0o600)
    engine = sa.create_engine(
        address.url,
        poolclass=sa.QueuePool,
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # else sqlite3 begins and commits where it sees fit
        connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout_seconds * 1000)}")
        _keep_a_journal(connection, busy_timeout_seconds)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A transaction that begins by reading could not become a writer while another one writes.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _require_unicode(connection: Any, _: object) -> None:
    """What PostgreSQL makes where no locale is set knows no letters: it would count and compare bytes."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise UnsupportedDatabase(
            f"the database's encoding is {encoding}: make a new one with CREATE DATABASE … ENCODING 'UTF8'"
            " TEMPLATE template0"
        )


def _keep_a_journal(connection: Any, busy_timeout_seconds: float) -> None:
    """Write-ahead logging; the file remembers it. Where others open a new file too, SQLite may refuse the change at
    once, without the pause that busy_timeout asks for."""
    until = time.monotonic() + busy_timeout_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def async_engine(address: Address, *, pool_size: int) -> AsyncEngine:
    """asyncpg; only PostgreSQL has it."""
    return create_async_engine(
        address.url.set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=False,
        hide_parameters=True,
    )
