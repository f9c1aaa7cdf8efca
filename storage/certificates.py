"""Certificates and the entries that they take in status lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.certificate import (
    STATUS_LIST_SIZE,
    Certificate,
    CertificateKind,
    CertificateState,
    DocumentFile,
    FileForm,
)
from issuance.errors import AlreadyRevoked, AlreadySuspended, ConcurrentChange, NotSuspended
from verification.register import DocumentStatus

from .cells import Cells
from .conflicts import first_one_wins
from .rows import certificate_from_row, certificate_to_row, file_from_row, file_to_row
from .tables import INTENDED, applications, certificate_files, status_lists, suspensions
from .tables import certificates as t

ENTRIES_PER_LIST = STATUS_LIST_SIZE // 2
"""A list is left when half of it is used: a random index then meets a free entry at least every second time."""

certificates_with_suspension = sa.select(
    t,
    suspensions.c.reason.label("suspension_reason"),
    suspensions.c.suspended_by,
    suspensions.c.suspended_at,
).select_from(t.outerjoin(suspensions))

_RENEWED = (
    *("pdf_key_id", "qr_key_id", "credential_key_id", "template_id", "content", "content_digest", "intended_at"),
    *("full_name", "birth_date", "result_line", "issued_on", "expires_on"),
)

# Built once: composing a statement costs more than executing it.
_OF_APPLICATION = certificates_with_suspension.where(
    t.c.application_id == sa.bindparam("of_application"), t.c.kind == sa.bindparam("of_kind")
)
_AT_INDEX = sa.select(t.c.id).where(
    t.c.status_list == sa.bindparam("of_list"), t.c.status_index == sa.bindparam("of_index")
)
_RECEIPT_ISSUED = (
    sa.update(applications).where(applications.c.id == sa.bindparam("of_application")).values(receipt_issued=True)
)


class SqlCertificates:
    __slots__ = ("_cells", "_connection", "_entries_per_list")

    def __init__(self, connection: Connection, cells: Cells, entries_per_list: int = ENTRIES_PER_LIST) -> None:
        self._connection = connection
        self._cells = cells
        self._entries_per_list = entries_per_list

    def intend(self, certificate: Certificate) -> None:
        if certificate.state is not CertificateState.INTENDED:
            raise ValueError("a certificate begins with its INTENT")
        with first_one_wins():
            self._connection.execute(sa.insert(t), self._cells.seal(t, certificate_to_row(certificate)))
        self._connection.execute(
            sa.update(status_lists)
            .where(status_lists.c.number == certificate.status_list)
            .values(used=status_lists.c.used + 1)
        )

    def is_taken(self, status_list: int, status_index: int) -> bool:
        return (
            self._connection.execute(_AT_INDEX, {"of_list": status_list, "of_index": status_index}).first() is not None
        )

    def of_application(self, application_id: UUID, kind: CertificateKind) -> Certificate | None:
        wanted = {"of_application": application_id, "of_kind": kind.value}
        row = self._connection.execute(_OF_APPLICATION, wanted).mappings().one_or_none()
        return None if row is None else certificate_from_row(self._cells.open(t, row))

    def conclude(self, certificate: Certificate) -> bool:
        intended = sa.and_(t.c.id == certificate.id, t.c.state == CertificateState.INTENDED.value)
        with first_one_wins():
            changed = self._connection.execute(
                sa.update(t)
                .where(intended)
                .values(
                    state=CertificateState.ISSUED.value,
                    issued_at=certificate.issued_at,
                    sha256=certificate.sha256,
                    size_bytes=certificate.size_bytes,
                )
            )
        if changed.rowcount == 1 and certificate.kind is CertificateKind.RECEIPT:
            self._connection.execute(_RECEIPT_ISSUED, {"of_application": certificate.application_id})
        return changed.rowcount == 1

    def renew(self, certificate: Certificate) -> None:
        row = self._cells.seal(t, certificate_to_row(certificate))
        intended = sa.and_(t.c.id == certificate.id, t.c.state == CertificateState.INTENDED.value)
        changed = self._connection.execute(sa.update(t).where(intended).values({name: row[name] for name in _RENEWED}))
        if changed.rowcount != 1:
            raise ConcurrentChange("this document is not intended any more")

    def revoke(self, certificate: Certificate) -> None:
        if certificate.revocation is None:
            raise ValueError("a revocation says why, by whom and when")
        self._lock_issued(certificate)
        self._lift(certificate)
        self._connection.execute(
            sa.update(t)
            .where(t.c.id == certificate.id)
            .values(
                state=CertificateState.REVOKED.value,
                revoked_at=certificate.revocation.at,
                revoked_by=certificate.revocation.by,
                revocation_reason=certificate.revocation.reason.value,
            )
        )

    def suspend(self, certificate: Certificate) -> None:
        suspension = certificate.suspension
        if suspension is None:
            raise ValueError("a suspension says why, by whom and when")
        self._lock_issued(certificate)
        known = sa.select(suspensions.c.certificate_id).where(suspensions.c.certificate_id == certificate.id)
        if self._connection.execute(known).one_or_none() is not None:
            raise AlreadySuspended("this document is suspended already")
        self._connection.execute(
            sa.insert(suspensions).values(
                certificate_id=certificate.id,
                reason=suspension.reason.value,
                suspended_by=suspension.by,
                suspended_at=suspension.at,
            )
        )

    def reinstate(self, certificate: Certificate) -> None:
        self._lock_issued(certificate)
        if not self._lift(certificate):
            raise NotSuspended("this document is not suspended")

    def _lock_issued(self, certificate: Certificate) -> None:
        """Until the commit nobody else suspends, reinstates or revokes it. Raises AlreadyRevoked."""
        issued = sa.and_(t.c.id == certificate.id, t.c.state == CertificateState.ISSUED.value)
        # On SQLite, which has no such words, the transaction itself keeps others from writing.
        locked = self._connection.execute(sa.select(t.c.id).where(issued).with_for_update(key_share=True))
        if locked.one_or_none() is None:
            raise AlreadyRevoked("this document is not in force any more")

    def _lift(self, certificate: Certificate) -> bool:
        lifted = sa.delete(suspensions).where(suspensions.c.certificate_id == certificate.id)
        return self._connection.execute(lifted).rowcount == 1

    def add_file(self, certificate: Certificate, file: DocumentFile) -> bool:
        known = sa.select(certificate_files.c.sha256).where(certificate_files.c.sha256 == file.sha256)
        is_new = self._connection.execute(known).one_or_none() is None
        if is_new:
            with first_one_wins():
                self._connection.execute(sa.insert(certificate_files), file_to_row(certificate, file))
        if file.form is FileForm.ARCHIVED_PDF:
            self._connection.execute(sa.update(t).where(t.c.id == certificate.id).values(archive_wanted=False))
        return is_new

    def files_of(self, certificate: Certificate) -> Sequence[DocumentFile]:
        query = (
            sa.select(certificate_files)
            .where(certificate_files.c.certificate_id == certificate.id)
            .order_by(certificate_files.c.added_at, certificate_files.c.sha256)
        )
        return [file_from_row(row) for row in self._connection.execute(query).mappings()]

    def want_archive(self, certificate: Certificate) -> None:
        self._connection.execute(sa.update(t).where(t.c.id == certificate.id).values(archive_wanted=True))

    def wants_archive(self, certificate: Certificate) -> bool:
        query = sa.select(t.c.archive_wanted).where(t.c.id == certificate.id)
        return self._connection.execute(query).scalar_one_or_none() is True

    def archived_before(self, added_before: datetime, at_most: int, limit: int) -> Sequence[UUID]:
        """Documents whose newest archived PDF is older, that have at most so many, and for which none is wanted yet."""
        f = certificate_files.c
        query = (
            sa.select(f.certificate_id)
            .select_from(certificate_files.join(t))
            .join(applications, applications.c.id == t.c.application_id)
            .where(f.form == FileForm.ARCHIVED_PDF.value, t.c.archive_wanted.is_not(True))
            .where(applications.c.erased_at.is_(None))
            .group_by(f.certificate_id)
            .having(sa.func.max(f.added_at) < added_before, sa.func.count() <= at_most)
            .limit(limit)
        )
        return self._connection.execute(query).scalars().all()

    def want_archives(self, certificate_ids: Sequence[UUID]) -> None:
        self._connection.execute(sa.update(t).where(t.c.id.in_(certificate_ids)).values(archive_wanted=True))

    def open_status_list(self) -> int:
        newest = self._connection.execute(
            sa.select(status_lists).order_by(status_lists.c.number.desc()).limit(1)
        ).one_or_none()
        if newest is not None and newest.used < self._entries_per_list:
            return int(newest.number)
        number = 1 if newest is None else newest.number + 1
        with first_one_wins():
            self._connection.execute(sa.insert(status_lists).values(number=number, used=0))
        return int(number)

    def begin_status_list(self) -> None:
        """The next document has its entry in a new list, however much room is in the newest one."""
        self._connection.execute(sa.insert(status_lists).values(number=self.newest_status_list() + 1, used=0))

    def newest_status_list(self) -> int:
        newest: int | None = self._connection.execute(sa.select(sa.func.max(status_lists.c.number))).scalar_one()
        return newest or 0

    def not_in_force(self, status_list: int) -> Mapping[int, DocumentStatus]:
        revoked = sa.select(t.c.status_index).where(
            t.c.status_list == status_list, t.c.state == sa.literal_column("'revoked'")
        )
        suspended = sa.select(t.c.status_index).select_from(suspensions.join(t)).where(t.c.status_list == status_list)
        found = dict.fromkeys(self._connection.execute(suspended).scalars(), DocumentStatus.SUSPENDED)
        return found | dict.fromkeys(self._connection.execute(revoked).scalars(), DocumentStatus.REVOKED)

    def issued_with(self, key_id: str, since: datetime) -> Sequence[str]:
        """The code of the application of every document, not revoked, that carries a seal made with this key from
        `since` on, the oldest document first."""
        sealed = sa.or_(t.c.pdf_key_id == key_id, t.c.qr_key_id == key_id, t.c.credential_key_id == key_id)
        wanted = sa.and_(sealed, t.c.issued_at >= since, t.c.revoked_at.is_(None))
        codes = sa.select(applications.c.code).select_from(t.join(applications)).where(wanted)
        return self._connection.execute(codes.order_by(t.c.issued_at, t.c.id)).scalars().all()

    def oldest_intent(self) -> datetime | None:
        """Since when the document is intended that waits longest for being issued; None where none waits."""
        waiting = sa.select(sa.func.min(t.c.intended_at)).where(sa.text(INTENDED))
        oldest: datetime | None = self._connection.execute(waiting).scalar_one()
        return oldest
