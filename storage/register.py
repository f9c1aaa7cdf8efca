"""What a verdict may ask of the certificates: only issued documents, only what their paper shows."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.certificate import Certificate, CertificateState
from verification.register import DocumentStatus, RegisteredDocument, StatusReading

from .rows import certificate_from_row
from .tables import certificates as t

_ISSUED = t.c.state != CertificateState.INTENDED.value
_STATUS = {
    CertificateState.ISSUED: DocumentStatus.VALID,
    CertificateState.REVOKED: DocumentStatus.REVOKED,
}
_NO_CHECK_CODE = "-" * 10


class SqlRegister:
    """The register read live, so its readings are as of now and don't go stale."""

    __slots__ = ("_clock", "_connection")

    def __init__(self, connection: Connection, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._clock = clock

    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
        certificate = self._issued(t.c.sha256 == sha256)
        return None if certificate is None else _registered(certificate)

    def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
        certificate = self._issued(t.c.number == number)
        known = _NO_CHECK_CODE if certificate is None else certificate.check_code
        right = hmac.compare_digest(known.encode(), check_code.encode())
        return _registered(certificate) if certificate is not None and right else None

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        state = self._connection.execute(
            sa.select(t.c.state).where(t.c.status_list == status_list, t.c.status_index == status_index, _ISSUED)
        ).scalar_one_or_none()
        return None if state is None else StatusReading(_STATUS[CertificateState(state)], self._clock())

    def _issued(self, condition: sa.ColumnElement[bool]) -> Certificate | None:
        row = self._connection.execute(sa.select(t).where(condition, _ISSUED)).mappings().one_or_none()
        return None if row is None else certificate_from_row(row)


def _registered(certificate: Certificate) -> RegisteredDocument:
    if certificate.sha256 is None:
        raise ValueError("an issued certificate has a digest")
    return RegisteredDocument(
        serial=certificate.number,
        digest_sha256=certificate.sha256,
        facts=certificate.facts,
        status=_STATUS[certificate.state],
    )
