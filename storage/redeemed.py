"""What counts once. The primary key decides, so that it counts once for all processes of an installation."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from .tables import redeemed as t

# As text: SQLAlchemy compiles a statement with ON CONFLICT anew each time. Not first_one_wins(): a violated key would
# end the transaction on PostgreSQL, and here it is an answer. Where another transaction has put the same digest in and
# is still open, PostgreSQL waits for its end.
_REDEEM = sa.text(
    "INSERT INTO redeemed (digest, keep_until) VALUES (:digest, :keep_until) ON CONFLICT (digest) DO NOTHING"
).bindparams(sa.bindparam("digest", type_=t.c.digest.type), sa.bindparam("keep_until", type_=t.c.keep_until.type))

_GIVE_BACK = sa.delete(t).where(t.c.digest == sa.bindparam("of_digest"))


class SqlRedeemed:
    """Satisfies `identity.replay.Redeemed`: what was brought is spent once the transaction is committed, not before."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def redeem(self, digest: bytes, keep_until: datetime) -> bool:
        """True for exactly one caller; False also where `keep_until` has passed but nobody has forgotten it yet."""
        if len(digest) != 32:
            raise ValueError("a digest has 32 bytes")
        return self._connection.execute(_REDEEM, {"digest": digest, "keep_until": keep_until}).rowcount == 1

    def give_back(self, digest: bytes) -> None:
        """Let it be redeemed again; in the transaction that redeemed it, as if it had never been."""
        self._connection.execute(_GIVE_BACK, {"of_digest": digest})

    def forget(self, before: datetime) -> int:
        """Remove what was to be kept until some time before this one; returns how many."""
        return self._connection.execute(sa.delete(t).where(t.c.keep_until < before)).rowcount
