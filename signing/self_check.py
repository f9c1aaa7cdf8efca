"""Check one's own seal with the verifier that everybody else uses, before it leaves the house."""

from datetime import datetime

from signing.errors import SelfCheckFailed
from verification.trust import TrustList
from verification.verdict import (
    SELECTIVE_FACTS,
    DisclosedFacts,
    DocumentFacts,
    Outcome,
    Verdict,
    VerificationError,
)
from verification.verify_credential import verify_credential
from verification.verify_pdf import verify_pdf
from verification.verify_qr import verify_qr
from verification.verify_receipt import verify_receipt
from verification.verify_status_list import StatusListSnapshot, verify_status_list, verify_status_list_cwt


def check_own_pdf(data: bytes, trust: TrustList, at: datetime) -> Verdict:
    """The offline verdict on a PDF just sealed; its status is not known yet, so seal and issuer are what must pass.

    trust: the list that is published, so that a key ring that nobody could verify with is noticed here. at: when the
    document was intended, for its key was chosen for that instant and may have ended since.
    Raises SelfCheckFailed with the reason.
    """
    return _demand(verify_pdf(data, trust, None, None, at))


def check_own_qr(link: str, trust: TrustList, at: datetime, expected: DocumentFacts | None = None) -> Verdict:
    """As check_own_pdf, for a link just sealed; `expected` are the facts it must say. Raises SelfCheckFailed."""
    verdict = _demand(verify_qr(link, trust, None, at))
    if verdict.facts is None or (expected is not None and verdict.facts != expected):
        raise SelfCheckFailed("facts_differ")
    return verdict


def check_own_receipt(data: bytes, trust: TrustList, at: datetime, expected: DocumentFacts) -> Verdict:
    """As check_own_pdf, for a receipt in XML just signed. Raises SelfCheckFailed."""
    verdict = _demand(verify_receipt(data, trust, None, None, at))
    if verdict.facts != expected:
        raise SelfCheckFailed("facts_differ")
    return verdict


def check_own_credential(text: str, trust: TrustList, at: datetime, expected: DocumentFacts) -> Verdict:
    """As check_own_pdf, for a credential just sealed, all of whose facts are shown. Raises SelfCheckFailed."""
    verdict = _demand(verify_credential(text, trust, None, at))
    shown = verdict.facts
    if not isinstance(shown, DisclosedFacts) or shown.key_id != expected.key_id or not shown.agrees_with(expected):
        raise SelfCheckFailed("facts_differ")
    if any(getattr(shown, name) is None for name in SELECTIVE_FACTS):
        raise SelfCheckFailed("facts_missing")
    return verdict


def check_own_status_list(text: str, trust: TrustList, at: datetime) -> StatusListSnapshot:
    """Raises SelfCheckFailed when the list just signed would not be believed."""
    try:
        return verify_status_list(text, trust, at)
    except VerificationError as refused:
        raise SelfCheckFailed(refused.code) from refused


def check_own_status_list_cwt(data: bytes, trust: TrustList, at: datetime) -> StatusListSnapshot:
    """The same for the list as a CWT. Raises SelfCheckFailed."""
    try:
        return verify_status_list_cwt(data, trust, at)
    except VerificationError as refused:
        raise SelfCheckFailed(refused.code) from refused


def _demand(verdict: Verdict) -> Verdict:
    if verdict.seal.outcome is not Outcome.PASSED or verdict.issuer.outcome is not Outcome.PASSED:
        raise SelfCheckFailed(verdict.reason)
    return verdict
