"""An official takes an issued document back; whoever checks it from now on learns so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from identity.citizen import VerifiedOfficial

from .certificate import Certificate, CertificateKind, CertificateState, Revocation, RevocationReason
from .desk import open_case
from .errors import AlreadyRevoked, CertificateNotFound
from .records import AuditEntry, Records


def revoke(
    records: Records, code: str, official: VerifiedOfficial, reason: RevocationReason, at: datetime
) -> Certificate:
    """Revoke the result of an application, for good.

    Raises ApplicationNotFound, CertificateNotFound, RoleMissing, SelfDealing, AlreadyRevoked.
    """
    application = open_case(records, official, code)
    certificate = records.certificates.of_application(application.id, CertificateKind.RESULT)
    if certificate is None or certificate.state is CertificateState.INTENDED:
        raise CertificateNotFound("this application has no issued document")
    if certificate.state is CertificateState.REVOKED:
        raise AlreadyRevoked("this document is revoked already")
    revoked = replace(
        certificate,
        state=CertificateState.REVOKED,
        revocation=Revocation(reason=reason, by=official.subject_key, at=at),
    )
    records.certificates.revoke(revoked)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action="certificate_revoked",
            application_id=application.id,
            details={"number": certificate.number, "reason": reason},
        )
    )
    return revoked
