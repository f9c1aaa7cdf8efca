"""Which files of the folder of documents somebody still needs; all others are swept away."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from .fee_tables import evidence, fee_acts
from .tables import certificate_files, certificates

# Every table that names a file of the folder of documents by its digest. Papers are there from before they were
# encrypted; those whose time is over are named no more.
_NAMED = (certificates.c.sha256, certificate_files.c.sha256, fee_acts.c.sha256)
_KEPT = evidence.c.file_removed_at.is_(None)
_OLD_PAPERS = sa.and_(_KEPT, sa.not_(evidence.c.is_encrypted))
_ENCRYPTED_PAPERS = sa.and_(_KEPT, evidence.c.is_encrypted)


def known_digests(connection: Connection, digests: Sequence[bytes]) -> Sequence[bytes]:
    """Which of these belong to a registered document, a citizen's paper or a legal act."""
    ours = sa.union(
        *(sa.select(column).where(column.in_(digests)) for column in _NAMED),
        sa.select(evidence.c.sha256).where(evidence.c.sha256.in_(digests), _OLD_PAPERS),
    )
    return connection.execute(ours).scalars().all()


def known_papers(connection: Connection, digests: Sequence[bytes]) -> Sequence[bytes]:
    """Which of these are encrypted papers that are kept still."""
    query = sa.select(evidence.c.sha256).distinct().where(evidence.c.sha256.in_(digests), _ENCRYPTED_PAPERS)
    return connection.execute(query).scalars().all()
