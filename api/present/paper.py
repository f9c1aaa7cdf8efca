"""A document or a receipt: its number, its bytes, and how it stands."""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired

from typing_extensions import TypedDict

from issuance.certificate import Certificate, CertificateState, Revocation, Suspension
from issuance.fees.facts import vietnam_day
from verification.check_issuer import check_compromise
from verification.register import DocumentStatus
from verification.trust import TrustList, first_instant
from verification.verdict import Outcome

from ..languages import Language
from .standing import KEY_COMPROMISED, KEY_COMPROMISED_NAME, REASONS, STATUS_NAMES


class StatusChange(TypedDict):
    """`reason` for programs, `reason_text` for people; both are public."""

    reason: str
    reason_text: str
    at: str


class PaperView(TypedDict):
    """An issued document. `revoked`, `suspended`: reason and time, once it was taken back, while it is not in force.

    `status` is `valid`, `suspended`, `revoked` or `key_compromised`: sealed with a key that somebody else may have had
    by then, so that nobody accepts it and a new one is due. `status_name` is the same in words.
    """

    number: str
    issued_at: str
    size_bytes: int | None
    sha256: str | None
    status: str
    status_name: str
    revoked: NotRequired[StatusChange]
    suspended: NotRequired[StatusChange]


def paper_view(certificate: Certificate | None, language: Language, trust: TrustList) -> PaperView | None:
    """None until it is issued: an intended document has a number that nobody may know yet.

    trust: as it is now, by which everybody else checks the document.
    """
    if certificate is None or certificate.state is CertificateState.INTENDED or certificate.issued_at is None:
        return None
    view: PaperView = {
        "number": certificate.number,
        "issued_at": certificate.issued_at.isoformat(),
        "size_bytes": certificate.size_bytes,
        "sha256": None if certificate.sha256 is None else certificate.sha256.hex(),
        "status": certificate.status.value,
        "status_name": STATUS_NAMES[certificate.status].in_language(language),
    }
    # What was taken back for good is so whatever key sealed it.
    if certificate.status is not DocumentStatus.REVOKED and _has_compromised_key(certificate, trust):
        view["status"] = KEY_COMPROMISED
        view["status_name"] = KEY_COMPROMISED_NAME.in_language(language)
    if certificate.revocation is not None:
        view["revoked"] = _change(certificate.revocation, language)
    if certificate.suspension is not None:
        view["suspended"] = _change(certificate.suspension, language)
    return view


def is_in_force(certificate: Certificate, trust: TrustList, at: datetime) -> bool:
    """Whether nobody has a reason to refuse it now: that it was taken back, has expired, or its key is in doubt."""
    if certificate.expires_on is not None and certificate.expires_on < vietnam_day(at):
        return False
    return certificate.status is DocumentStatus.VALID and not _has_compromised_key(certificate, trust)


def _has_compromised_key(certificate: Certificate, trust: TrustList) -> bool:
    """Whether one of its bodies is refused by everybody who checks it (`check_compromise`)."""
    keys = [key for key in trust.keys if key.key_id in certificate.key_ids]
    claimed = first_instant(certificate.issued_on)
    findings = (check_compromise(key, trust, claimed, certificate.issued_at) for key in keys)
    return any(finding.outcome is Outcome.FAILED for finding in findings)


def _change(change: Revocation | Suspension, language: Language) -> StatusChange:
    return {
        "reason": change.reason.value,
        "reason_text": REASONS[change.reason].in_language(language),
        "at": change.at.isoformat(),
    }
