"""Sign-ins on our own pages, begun and done: found by digests only, so that a copy of the tables opens no session."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from identity.sessions import KeptSession, PendingSignIn

from .cells import Cells
from .conflicts import first_one_wins
from .errors import CellDamaged
from .tables import pending_sign_ins as pending_t
from .tables import sessions as t

# The columns are the dataclasses' fields, a test holds them together.
_PENDING_FIELDS = tuple(field.name for field in fields(PendingSignIn))
_SESSION_FIELDS = tuple(field.name for field in fields(KeptSession))

# Built once: composing a statement costs more than executing it.
_KEEP = sa.insert(pending_t)
_TAKE = (
    sa.delete(pending_t)
    .where(pending_t.c.state_digest == sa.bindparam("of_state"))
    .returning(*(pending_t.c[name] for name in _PENDING_FIELDS))
)
_OPEN = sa.insert(t)
_OF_SECRET = t.c.secret_digest == sa.bindparam("of_secret")
_SESSION_COLUMNS = tuple(t.c[name] for name in _SESSION_FIELDS)
_FIND = sa.select(*_SESSION_COLUMNS).where(_OF_SECRET)
# Requests overtake each other; the session was seen at the latest of them.
_TOUCH = sa.update(t).where(_OF_SECRET, t.c.seen_at < sa.bindparam("at")).values(seen_at=sa.bindparam("at"))
_END = sa.delete(t).where(_OF_SECRET).returning(*_SESSION_COLUMNS)


class SqlPendingSignIns:
    """Satisfies `identity.sessions.PendingSignIns`."""

    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def keep(self, pending: PendingSignIn) -> None:
        """Raises ConcurrentChange where one of the same state is kept already."""
        with first_one_wins():
            values = {name: getattr(pending, name) for name in _PENDING_FIELDS}
            self._connection.execute(_KEEP, self._cells.seal(pending_t, values))

    def take(self, state_digest: bytes) -> PendingSignIn | None:
        # One statement: between a look and a removal another request could look, too.
        row = self._connection.execute(_TAKE, {"of_state": state_digest}).mappings().one_or_none()
        return None if row is None else PendingSignIn(**self._cells.open(pending_t, row))

    def forget(self, before: datetime) -> int:
        return self._connection.execute(sa.delete(pending_t).where(pending_t.c.begun_at < before)).rowcount


class SqlSessions:
    """Satisfies `identity.sessions.Sessions`."""

    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def open(self, session: KeptSession) -> None:
        """Raises ConcurrentChange where one with the same secret is open."""
        with first_one_wins():
            values = {name: getattr(session, name) for name in _SESSION_FIELDS}
            self._connection.execute(_OPEN, self._cells.seal(t, values))

    def find(self, secret_digest: bytes) -> KeptSession | None:
        """Also one that has been idle or open for too long; whoever asks knows the limits."""
        row = self._connection.execute(_FIND, {"of_secret": secret_digest}).mappings().one_or_none()
        return None if row is None else self._read(row)

    def touch(self, secret_digest: bytes, seen_at: datetime) -> None:
        self._connection.execute(_TOUCH, {"of_secret": secret_digest, "at": seen_at})

    def end(self, secret_digest: bytes) -> KeptSession | None:
        row = self._connection.execute(_END, {"of_secret": secret_digest}).mappings().one_or_none()
        return None if row is None else self._read(row)

    def _read(self, row: RowMapping) -> KeptSession:
        try:
            return KeptSession(**self._cells.open(t, row))
        except (ValueError, RecursionError, CellDamaged):
            # A row that cannot be read must be found and ended all the same; nobody is signed in by it.
            return KeptSession(**{**row, "person": None, "id_token": None, "form_token": ""})

    def end_of_issuer(self, issuer: str, *, session_id: str | None, subject: str | None) -> int:
        """As the port says. Neither `sid` nor subject would mean everybody, and is refused with ValueError."""
        if session_id is None and subject is None:
            raise ValueError("whose sessions end: name a session or a subject")
        ended = sa.delete(t).where(t.c.issuer == issuer)
        if session_id is not None:
            ended = ended.where(t.c.session_id == session_id)
        if subject is not None:
            ended = ended.where(t.c.subject == subject)
        return self._connection.execute(ended).rowcount

    def forget(self, *, seen_before: datetime, opened_before: datetime) -> int:
        too_long = sa.or_(t.c.seen_at < seen_before, t.c.opened_at < opened_before)
        return self._connection.execute(sa.delete(t).where(too_long)).rowcount
