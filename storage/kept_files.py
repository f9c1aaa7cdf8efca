"""Which files of the folder of documents somebody still needs; all others are swept away."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from .fee_tables import evidence, fee_acts
from .tables import certificate_files, certificates

# Every table that names a file by its digest.
_NAMED = (certificates.c.sha256, certificate_files.c.sha256, evidence.c.sha256, fee_acts.c.sha256)


def known_digests(connection: Connection, digests: Sequence[bytes]) -> Sequence[bytes]:
    """Which of these belong to a registered document, a citizen's paper or a legal act."""
    ours = sa.union(*(sa.select(column).where(column.in_(digests)) for column in _NAMED))
    return connection.execute(ours).scalars().all()
