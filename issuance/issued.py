"""The issued document of an application, for an official who may decide what becomes of it."""

from __future__ import annotations

from identity.citizen import VerifiedOfficial

from .certificate import Certificate, CertificateKind, CertificateState
from .desk import open_case
from .errors import AlreadyRevoked, CertificateNotFound
from .records import Records


def open_issued(records: Records, code: str, official: VerifiedOfficial) -> Certificate:
    """The result of an application of the official's unit, issued and not revoked.

    Raises ApplicationNotFound, CertificateNotFound, RoleMissing, SelfDealing, AlreadyRevoked.
    """
    application = open_case(records, official, code)
    certificate = records.certificates.of_application(application.id, CertificateKind.RESULT)
    if certificate is None or certificate.state is CertificateState.INTENDED:
        raise CertificateNotFound("this application has no issued document")
    if certificate.state is CertificateState.REVOKED:
        raise AlreadyRevoked("this document is revoked already")
    return certificate
