"""An official takes an issued document out of force for now, and lets it be in force again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from identity.citizen import VerifiedOfficial

from .certificate import Certificate, Suspension, SuspensionReason
from .errors import AlreadySuspended, NotSuspended
from .issued import open_issued
from .records import AuditEntry, Records


def suspend(
    records: Records, code: str, official: VerifiedOfficial, reason: SuspensionReason, at: datetime
) -> Certificate:
    """Suspend the result of an application, until it is reinstated or revoked.

    Raises ApplicationNotFound, CertificateNotFound, RoleMissing, SelfDealing, AlreadySuspended, AlreadyRevoked.
    """
    certificate = open_issued(records, code, official)
    if certificate.suspension is not None:
        raise AlreadySuspended("this document is suspended already")
    suspended = replace(certificate, suspension=Suspension(reason=reason, by=official.subject_key, at=at))
    records.certificates.suspend(suspended)
    _audit(records, suspended, official, "certificate_suspended", at, {"reason": reason})
    return suspended


def reinstate(records: Records, code: str, official: VerifiedOfficial, at: datetime) -> Certificate:
    """End the suspension of the result of an application.

    Raises ApplicationNotFound, CertificateNotFound, RoleMissing, SelfDealing, NotSuspended, AlreadyRevoked.
    """
    certificate = open_issued(records, code, official)
    suspension = certificate.suspension
    if suspension is None:
        raise NotSuspended("this document is not suspended")
    records.certificates.reinstate(certificate)
    # The suspension itself is gone with this; what it was stands here.
    ended = {"reason": suspension.reason, "suspended_at": suspension.at.isoformat()}
    _audit(records, certificate, official, "certificate_reinstated", at, ended)
    return replace(certificate, suspension=None)


def _audit(
    records: Records,
    certificate: Certificate,
    official: VerifiedOfficial,
    action: str,
    at: datetime,
    details: Mapping[str, Any],
) -> None:
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action=action,
            application_id=certificate.application_id,
            details={"number": certificate.number, **details},
        )
    )
