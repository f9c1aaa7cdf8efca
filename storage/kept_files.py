"""Which files of the folder of documents somebody still needs; all others are swept away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import Connection

from .fee_tables import evidence, fee_acts
from .tables import applications, certificate_files, certificates

# Every table that names a file of the folder of documents by its digest. Papers are there from before they were
# encrypted; those whose time is over are named no more.
# So are documents of persons who were erased.
_ERASED = sa.select(certificates.c.id).join(applications).where(applications.c.erased_at.is_not(None))
_NAMED = (
    (certificates.c.sha256, certificates.c.id.not_in(_ERASED)),
    (certificate_files.c.sha256, certificate_files.c.certificate_id.not_in(_ERASED)),
    (fee_acts.c.sha256, sa.true()),
)
_KEPT = evidence.c.file_removed_at.is_(None)
_OLD_PAPERS = sa.and_(_KEPT, sa.not_(evidence.c.is_encrypted))
_ENCRYPTED_PAPERS = sa.and_(_KEPT, evidence.c.is_encrypted)


def known_digests(connection: Connection, digests: Sequence[bytes]) -> Sequence[bytes]:
    """Which of these belong to a registered document, a citizen's paper or a legal act."""
    ours = sa.union(
        *(sa.select(column).where(column.in_(digests), kept) for column, kept in _NAMED),
        sa.select(evidence.c.sha256).where(evidence.c.sha256.in_(digests), _OLD_PAPERS),
    )
    return connection.execute(ours).scalars().all()


def known_papers(connection: Connection, digests: Sequence[bytes]) -> Sequence[bytes]:
    """Which of these are encrypted papers that are kept still."""
    query = sa.select(evidence.c.sha256).distinct().where(evidence.c.sha256.in_(digests), _ENCRYPTED_PAPERS)
    return connection.execute(query).scalars().all()


def each_named(connection: Connection) -> Iterator[tuple[Literal["document", "paper"], bytes]]:
    """Every file that the rows name, in which folder it lies, by its digest; read little by little."""
    documents = sa.union(
        *(sa.select(column).where(column.is_not(None), kept) for column, kept in _NAMED),
        sa.select(evidence.c.sha256).where(_OLD_PAPERS),
    )
    papers = sa.select(evidence.c.sha256).distinct().where(_ENCRYPTED_PAPERS)
    reading = connection.execution_options(stream_results=True, yield_per=1_000)
    yield from (("document", digest) for digest in reading.execute(documents).scalars())
    yield from (("paper", digest) for digest in reading.execute(papers).scalars())
