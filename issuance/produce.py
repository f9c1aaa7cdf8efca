"""One sealing act: render, lint, seal every body, check the own seals, store. Nothing is registered here."""

from __future__ import annotations

from signing.seal_credential import SealedCredential, seal_credential
from signing.seal_pdf import seal_pdf
from signing.seal_qr import seal_qr
from signing.seal_receipt import SealedReceipt, seal_receipt
from signing.self_check import check_own_credential, check_own_pdf, check_own_qr, check_own_receipt

from .certificate import Certificate, CertificateKind, content_digest
from .errors import IntentBroken
from .prepare import prepare_credential, prepare_pdf, prepare_qr, prepare_receipt
from .produced import Produced, StoredFile
from .workshop import Workshop


def produce(workshop: Workshop, certificate: Certificate) -> Produced:
    """Render, lint, seal every body, check the own seals, store: one act, one entry of the status list.

    Raises IntentBroken, RenderFailed, LintRefused, KeyUnavailable, TimestampUnavailable, TimestampRefused,
    SelfCheckFailed; nothing is registered then.
    """
    if content_digest(certificate.content) != certificate.content_digest:
        raise IntentBroken("the stored content is not the one that was intended")
    document_type = workshop.catalogue.get(certificate.type_id)
    at = workshop.clock()

    qr = seal_qr(prepare_qr(certificate), workshop.keys.by_id(certificate.qr_key_id), workshop.public_url)
    workshop.reached("qr_sealed")
    permit = prepare_pdf(certificate, document_type, workshop.renderer, qr.link)
    workshop.reached("rendered")
    sealed = seal_pdf(
        permit,
        workshop.keys.by_id(certificate.pdf_key_id),
        signer_name=certificate.content["issuing_body"],
        at=at,
        timestamper=workshop.timestamper,
    )
    workshop.reached("sealed")
    credential = _seal_credential(workshop, certificate)
    workshop.reached("credential_sealed")
    receipt = _seal_receipt(workshop, certificate)
    workshop.reached("receipt_signed")
    # At the time of the INTENT: a key may have ended its period since, and what it was meant to seal is still right.
    trust = workshop.keys.trust_list(certificate.intended_at)
    check_own_qr(qr.link, trust, certificate.intended_at, certificate.facts)
    check_own_pdf(sealed.data, trust, certificate.intended_at)
    if credential is not None:
        check_own_credential(credential.text, trust, certificate.intended_at, certificate.credential_facts)
    if receipt is not None:
        check_own_receipt(receipt.data, trust, certificate.intended_at, certificate.receipt_facts)
    workshop.reached("checked")
    workshop.files.store(sealed.data, sealed.sha256)
    pdf = StoredFile(sealed.sha256, len(sealed.data))
    workshop.reached("pdf_stored")
    further: dict[str, StoredFile] = {}
    if credential is not None:
        workshop.files.store(credential.text.encode("ascii"), credential.sha256)
        further["credential"] = StoredFile(credential.sha256, len(credential.text))
    if receipt is not None:
        workshop.files.store(receipt.data, receipt.sha256)
        further["receipt_xml"] = StoredFile(receipt.sha256, len(receipt.data))
    workshop.reached("stored")
    return Produced(certificate.intent, pdf, **further)


def _seal_credential(workshop: Workshop, certificate: Certificate) -> SealedCredential | None:
    if certificate.credential_key_id is None:
        return None
    key = workshop.keys.by_id(certificate.credential_key_id)
    return seal_credential(prepare_credential(certificate), key, workshop.public_url)


def _seal_receipt(workshop: Workshop, certificate: Certificate) -> SealedReceipt | None:
    if certificate.kind is not CertificateKind.RECEIPT:
        return None
    return seal_receipt(prepare_receipt(certificate), workshop.keys.by_id(certificate.pdf_key_id))
