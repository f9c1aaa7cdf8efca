"""What a verdict may ask of the certificates: only issued documents, only what their paper shows."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.certificate import Certificate, CertificateState, FileForm
from issuance.errors import PersonErased
from verification.register import RegisteredDocument, StatusReading
from verification.verdict import DisclosedFacts, DocumentFacts

from .cells import Cells
from .certificates import certificates_with_suspension
from .rows import certificate_from_row
from .tables import certificate_files
from .tables import certificates as t

_ISSUED = t.c.state != CertificateState.INTENDED.value
# A credential is told by what it says, not by its bytes: its holder shows a part of it.
_DOCUMENTS = (FileForm.ARCHIVED_PDF.value, FileForm.RECEIPT_XML.value)
_NO_CHECK_CODE = "-" * 10
_NOTHING: Mapping[str, object] = MappingProxyType({})
# In place of what nobody can read any more.
_ERASED = {"full_name": "", "birth_date": date.min.isoformat(), "result_line": "", "content": _NOTHING}


class SqlRegister:
    """The register read live, so its readings are as of now and don't go stale."""

    __slots__ = ("_cells", "_clock", "_connection")

    def __init__(self, connection: Connection, cells: Cells, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._cells = cells
        self._clock = clock

    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
        first = sa.select(t.c.id).where(t.c.sha256 == sha256)
        archived = sa.select(certificate_files.c.certificate_id).where(
            certificate_files.c.sha256 == sha256, certificate_files.c.form.in_(_DOCUMENTS)
        )
        # Joined as one question and not by OR, for which PostgreSQL reads the whole table.
        certificate = self._issued(t.c.id.in_(first.union_all(archived)))
        return None if certificate is None else replace(_registered(certificate), digest_sha256=sha256)

    def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
        certificate = self._issued(t.c.number == number)
        known = _NO_CHECK_CODE if certificate is None else certificate.check_code
        right = hmac.compare_digest(known.encode(), check_code.encode())
        return _registered(certificate) if certificate is not None and right else None

    def document_at(self, status_list: int, status_index: int) -> RegisteredDocument | None:
        certificate = self._issued(sa.and_(t.c.status_list == status_list, t.c.status_index == status_index))
        return None if certificate is None else _registered(certificate)

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        document = self.document_at(status_list, status_index)
        return None if document is None else StatusReading(document.status, self._clock())

    def _issued(self, condition: sa.ColumnElement[bool]) -> Certificate | None:
        row = self._connection.execute(certificates_with_suspension.where(condition, _ISSUED)).mappings().one_or_none()
        if row is None:
            return None
        try:
            return certificate_from_row(self._cells.open(t, row))
        except PersonErased:
            return certificate_from_row(dict(row) | _ERASED)


def _registered(certificate: Certificate) -> RegisteredDocument:
    if certificate.sha256 is None or certificate.issued_at is None:
        raise ValueError("an issued certificate has a digest and a time")
    return RegisteredDocument(
        serial=certificate.number,
        digest_sha256=certificate.sha256,
        facts=_without_person(certificate.facts) if certificate.content is _NOTHING else certificate.facts,
        status=certificate.status,
        issued_at=certificate.issued_at,
        key_ids=certificate.key_ids,
    )


def _without_person(facts: DocumentFacts) -> DisclosedFacts:
    return DisclosedFacts(
        document_type=facts.document_type,
        number=facts.number,
        issued_on=facts.issued_on,
        expires_on=facts.expires_on,
        key_id=facts.key_id,
        status_list=facts.status_list,
        status_index=facts.status_index,
    )
