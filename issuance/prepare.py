"""The only maker of a SealingPermit: what reaches a key has passed through here."""

from __future__ import annotations

from datetime import date

from signing.permit import SealingPermit
from verification.formats.qr import QrPayload
from verification.trust import KeyPurpose

from .certificate import Certificate
from .documents.catalogue import DocumentType
from .documents.lint import lint
from .documents.render import Renderer


def prepare_qr(certificate: Certificate) -> SealingPermit:
    """Permit sealing what an official must compare: few facts, all of them printed on the page as well."""
    content = certificate.content
    payload = QrPayload(
        full_name=content["full_name"],
        birth_date=date.fromisoformat(content["birth_date"]),
        document_type=certificate.type_id,
        number=certificate.number,
        result_line=content["result_line"],
        issued_on=date.fromisoformat(content["issued_on"]),
        expires_on=None,
        key_id=certificate.qr_key_id,
        status_list=certificate.status_list,
        status_index=certificate.status_index,
    )
    return SealingPermit.grant(serial=certificate.number, purpose=KeyPurpose.QR, content=payload.encode_claims())


def prepare_pdf(
    certificate: Certificate, document_type: DocumentType, renderer: Renderer, qr_link: str
) -> SealingPermit:
    """Render the page and permit sealing it if the lint finds nothing. Raises RenderFailed, LintRefused."""
    pdf = renderer.render(document_type, certificate.content, qr_link=qr_link, at=certificate.intended_at)
    lint(pdf, document_type, certificate.content, qr_link=qr_link)
    return SealingPermit.grant(serial=certificate.number, purpose=KeyPurpose.PDF, content=pdf)
