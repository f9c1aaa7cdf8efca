"""Check one's own seal with the verifier that everybody else uses, before it leaves the house."""

from datetime import datetime

from signing.errors import SelfCheckFailed
from signing.seal_pdf import SealedPdf
from signing.seal_qr import SealedQr
from verification.trust import TrustList
from verification.verdict import DocumentFacts, Outcome, Verdict, VerificationError
from verification.verify_pdf import verify_pdf
from verification.verify_qr import verify_qr
from verification.verify_status_list import StatusListSnapshot, verify_status_list


def check_sealed_pdf(sealed: SealedPdf, trust: TrustList, at: datetime) -> Verdict:
    """The offline verdict on a PDF just sealed; its status is not known yet, so seal and issuer are what must pass.

    trust: the list that is published, so that a key ring that nobody could verify with is noticed here.
    Raises SelfCheckFailed with the reason.
    """
    return _demand(verify_pdf(sealed.data, trust, None, None, at))


def check_sealed_qr(sealed: SealedQr, facts: DocumentFacts, trust: TrustList, at: datetime) -> Verdict:
    """As check_sealed_pdf; the facts read back must be those that were meant. Raises SelfCheckFailed."""
    verdict = _demand(verify_qr(sealed.link, trust, None, at))
    if verdict.facts != facts:
        raise SelfCheckFailed("facts_differ")
    return verdict


def check_status_list(text: str, trust: TrustList, at: datetime) -> StatusListSnapshot:
    """Raises SelfCheckFailed when the list just signed would not be believed."""
    try:
        return verify_status_list(text, trust, at)
    except VerificationError as refused:
        raise SelfCheckFailed(refused.code) from refused


def _demand(verdict: Verdict) -> Verdict:
    if verdict.seal.outcome is not Outcome.PASSED or verdict.issuer.outcome is not Outcome.PASSED:
        raise SelfCheckFailed(verdict.reason)
    return verdict
