"""An official takes an issued document back; whoever checks it from now on learns so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from identity.citizen import VerifiedOfficial

from .certificate import Certificate, CertificateState, Revocation, RevocationReason
from .issued import open_issued
from .records import AuditEntry, Records


def revoke(
    records: Records, code: str, official: VerifiedOfficial, reason: RevocationReason, at: datetime
) -> Certificate:
    """Revoke the result of an application, for good; a suspension ends with it.

    Raises ApplicationNotFound, CertificateNotFound, RoleMissing, SelfDealing, AlreadyRevoked.
    """
    certificate = open_issued(records, code, official)
    revoked = replace(
        certificate,
        state=CertificateState.REVOKED,
        suspension=None,
        revocation=Revocation(reason=reason, by=official.subject_key, at=at),
    )
    records.certificates.revoke(revoked)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action="certificate_revoked",
            application_id=certificate.application_id,
            details={"number": certificate.number, "reason": reason},
        )
    )
    return revoked
