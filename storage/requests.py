"""What the ways in remember: first answers to repeated requests, and events for whoever watches over security."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from .cells import Cells
from .columns import Encoded
from .tables import idempotency_answers as t
from .tables import security_events
from .together import Together

# Built once: composing a statement costs more than executing it.
_FIND = sa.select(t.c.body_sha256, t.c.status, t.c.body, t.c.headers).where(
    t.c.subject_key == sa.bindparam("of_subject"), t.c.key == sa.bindparam("under_key")
)
_NOTE = sa.insert(security_events)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """The first answer that was given under a key."""

    digest: bytes
    keyed: Callable[[bytes], bytes]
    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    def is_of(self, body_sha256: bytes) -> bool:
        """Whether it answered this very request. Earlier releases kept the digest as it is."""
        return self.digest in (self.keyed(body_sha256), body_sha256)


class SqlIdempotencyLog:
    """In the transaction of the effect that it answers for, so that either both are there or neither."""

    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Together, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def find(self, subject_key: str, key: str) -> KeptAnswer | None:
        wanted = {"of_subject": subject_key, "under_key": key}
        found = self._connection.execute(_FIND, wanted).mappings().one_or_none()
        if found is None:
            return None
        row = self._cells.open(t, found, subject_key=subject_key, key=key)
        return KeptAnswer(
            digest=row["body_sha256"],
            keyed=self._cells.keyed,
            status=row["status"],
            body=row["body"],
            headers=row["headers"],
        )

    def keep(
        self,
        subject_key: str,
        key: str,
        *,
        body_sha256: bytes,
        status: int,
        body: str,
        headers: dict[str, str],
        at: datetime,
    ) -> None:
        values = {
            "subject_key": subject_key,
            "key": key,
            "body_sha256": self._cells.keyed(body_sha256),
            "status": status,
            "body": Encoded(body),
            "headers": headers,
            "at": at,
        }
        self._connection.insert(t, self._cells.seal(t, values))

    def forget(self, before: datetime) -> int:
        """Remove the answers kept before this time; returns how many."""
        return self._connection.execute(sa.delete(t).where(t.c.at < before)).rowcount


class SqlSecurityLog:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, *, code: str, route: str, at: datetime, issuer: str | None = None, times: int = 1) -> None:
        values = {"code": code, "route": route, "issuer": issuer, "times": times, "at": at}
        self._connection.execute(_NOTE, values)

    def forget(self, before: datetime) -> int:
        """Remove the events before this time; returns how many."""
        return self._connection.execute(sa.delete(security_events).where(security_events.c.at < before)).rowcount

    def trim(self, keep_newest: int) -> int:
        """Remove all but so many of the newest of either group, those with an issuer and those without; returns how
        many went.

        Whoever asks for refusals cannot fill the disk so, and without a token cannot push out what those with one did.
        """
        t = security_events.c
        removed = 0
        for group in (t.issuer.is_(None), t.issuer.is_not(None)):
            newest_to_go = sa.select(t.id).where(group).order_by(t.id.desc()).offset(keep_newest).limit(1)
            too_many = sa.and_(group, t.id <= newest_to_go.scalar_subquery())
            removed += self._connection.execute(sa.delete(security_events).where(too_many)).rowcount
        return removed
