"""The only maker of a SealingPermit: what reaches a key has passed through here."""

from __future__ import annotations

from signing.permit import SealingPermit
from verification.formats.facts import encode_facts
from verification.formats.qr import encode_claims
from verification.formats.receipt_xml import write_receipt
from verification.trust import KeyPurpose

from .certificate import Certificate, CertificateKind, unblinded
from .documents.catalogue import DocumentType
from .documents.lint import lint
from .documents.render import Renderer


def prepare_qr(certificate: Certificate) -> SealingPermit:
    """Permit sealing what an official must compare: few facts, all of them printed on the page as well."""
    return SealingPermit.grant(
        serial=certificate.number, purpose=KeyPurpose.QR, content=encode_claims(certificate.facts)
    )


def prepare_credential(certificate: Certificate) -> SealingPermit:
    """Permit sealing the same facts for their holder to show one by one. Raises ValueError where none is intended."""
    return SealingPermit.grant(
        serial=certificate.number,
        purpose=KeyPurpose.CREDENTIAL,
        content=encode_facts(certificate.credential_facts),
    )


def prepare_pdf(
    certificate: Certificate, document_type: DocumentType, renderer: Renderer, qr_link: str
) -> SealingPermit:
    """Render the page and permit sealing it if the lint finds nothing. Raises RenderFailed, LintRefused."""
    content = unblinded(certificate.content)
    pdf = renderer.render(
        document_type,
        content,
        facts=encode_facts(certificate.facts),
        qr_link=qr_link,
        at=certificate.intended_at,
    )
    lint(pdf, document_type, content, qr_link=qr_link, at=certificate.intended_at)
    return SealingPermit.grant(serial=certificate.number, purpose=pdf_purpose(certificate.kind), content=pdf)


def prepare_receipt(certificate: Certificate) -> SealingPermit:
    """Permit signing what a receipt's page states as XML. Raises ValueError for a document that is no receipt.

    Its content was checked against the type's schema when it was intended, and is what the page prints.
    """
    xml = write_receipt(
        unblinded(certificate.content), certificate.unit, certificate.receipt_facts, certificate.check_code
    )
    return SealingPermit.grant(serial=certificate.number, purpose=KeyPurpose.RECEIPT, content=xml)


def pdf_purpose(kind: CertificateKind) -> KeyPurpose:
    """Which key seals this kind of document."""
    return KeyPurpose.RECEIPT if kind is CertificateKind.RECEIPT else KeyPurpose.PDF
