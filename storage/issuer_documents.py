"""What issuers published, for all processes of an installation, and whose turn it is to ask an issuer again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from identity.shared_documents import WRONG_CLOCK, SharedDocument, Turn

from .tables import issuer_documents as t

_OF_NAME = t.c.name == sa.bindparam("of_name")
_FIND = sa.select(t.c.body, t.c.fetched_at).where(_OF_NAME)
_LAST_TURN = sa.select(t.c.turn_taken_at).where(_OF_NAME)
# One statement each, and as text for the reason given in storage.redeemed. Of two at once the second waits for the
# first one's end and compares with what that left; the row stays locked, so the turn it then reads is the one in force.
_TAKE_TURN = sa.text(
    "INSERT INTO issuer_documents (name, turn_taken_at) VALUES (:name, :taken_at)"
    " ON CONFLICT (name) DO UPDATE SET turn_taken_at = excluded.turn_taken_at"
    " WHERE issuer_documents.turn_taken_at IS NULL OR issuer_documents.turn_taken_at < :last_before"
    " OR issuer_documents.turn_taken_at > :wrong_after"
).bindparams(
    sa.bindparam("name", type_=t.c.name.type),
    *(sa.bindparam(name, type_=t.c.turn_taken_at.type) for name in ("taken_at", "last_before", "wrong_after")),
)
_KEEP = sa.text(
    "INSERT INTO issuer_documents (name, body, fetched_at) VALUES (:name, :body, :fetched_at)"
    " ON CONFLICT (name) DO UPDATE SET body = excluded.body, fetched_at = excluded.fetched_at"
    " WHERE issuer_documents.fetched_at IS NULL OR issuer_documents.fetched_at < excluded.fetched_at"
    " OR issuer_documents.fetched_at > :wrong_after"
).bindparams(
    sa.bindparam("name", type_=t.c.name.type),
    sa.bindparam("body", type_=t.c.body.type),
    *(sa.bindparam(name, type_=t.c.fetched_at.type) for name in ("fetched_at", "wrong_after")),
)


class SqlIssuerDocuments:
    """Behind `identity.shared_documents.SharedDocuments`, inside one transaction; the methods do what that says."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, name: str) -> SharedDocument | None:
        row = self._connection.execute(_FIND, {"of_name": name}).one_or_none()
        if row is None or row.body is None:  # somebody took a turn and has brought nothing yet
            return None
        return SharedDocument(bytes(row.body), row.fetched_at)

    def take_turn(self, name: str, at: datetime, *, last_before: datetime) -> Turn:
        values = {"name": name, "taken_at": at, "last_before": last_before, "wrong_after": at + WRONG_CLOCK}
        if self._connection.execute(_TAKE_TURN, values).rowcount == 1:
            return Turn(is_ours=True, taken_at=at)
        last: datetime = self._connection.execute(_LAST_TURN, {"of_name": name}).scalar_one()
        return Turn(is_ours=False, taken_at=last)

    def keep(self, name: str, body: bytes, fetched_at: datetime) -> None:
        values = {"name": name, "body": body, "fetched_at": fetched_at, "wrong_after": fetched_at + WRONG_CLOCK}
        self._connection.execute(_KEEP, values)
