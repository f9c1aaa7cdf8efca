"""What issuers published, for all processes of an installation, and whose turn it is to ask an issuer again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from identity.shared_documents import SharedDocument

from .tables import issuer_documents as t

_FIND = sa.select(t.c.body, t.c.fetched_at).where(t.c.address == sa.bindparam("at_address"))
# One statement each, and as text for the reason given in storage.redeemed. Of two at once the second waits for the
# first one's end and compares with what that left.
_TAKE_TURN = sa.text(
    "INSERT INTO issuer_documents (address, turn_taken_at) VALUES (:address, :taken_at)"
    " ON CONFLICT (address) DO UPDATE SET turn_taken_at = excluded.turn_taken_at"
    " WHERE issuer_documents.turn_taken_at IS NULL OR issuer_documents.turn_taken_at < :last_before"
).bindparams(
    sa.bindparam("address", type_=t.c.address.type),
    sa.bindparam("taken_at", type_=t.c.turn_taken_at.type),
    sa.bindparam("last_before", type_=t.c.turn_taken_at.type),
)
_KEEP = sa.text(
    "INSERT INTO issuer_documents (address, body, fetched_at) VALUES (:address, :body, :fetched_at)"
    " ON CONFLICT (address) DO UPDATE SET body = excluded.body, fetched_at = excluded.fetched_at"
    " WHERE issuer_documents.fetched_at IS NULL OR issuer_documents.fetched_at < excluded.fetched_at"
).bindparams(*(sa.bindparam(name, type_=t.c[name].type) for name in ("address", "body", "fetched_at")))


class SqlIssuerDocuments:
    """Behind `identity.shared_documents.SharedDocuments`, inside one transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, address: str) -> SharedDocument | None:
        row = self._connection.execute(_FIND, {"at_address": address}).one_or_none()
        if row is None or row.body is None:  # somebody took a turn and has brought nothing yet
            return None
        return SharedDocument(bytes(row.body), row.fetched_at)

    def take_turn(self, address: str, at: datetime, *, last_before: datetime) -> bool:
        """Claim the next fetch: True for one caller, and only when the last turn was taken before `last_before`."""
        values = {"address": address, "taken_at": at, "last_before": last_before}
        return self._connection.execute(_TAKE_TURN, values).rowcount == 1

    def keep(self, address: str, body: bytes, fetched_at: datetime) -> None:
        """The newest one stays, whoever comes last."""
        self._connection.execute(_KEEP, {"address": address, "body": body, "fetched_at": fetched_at})
