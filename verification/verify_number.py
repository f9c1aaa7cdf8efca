"""Is there a document with this number and check code, and is it in force?"""

from datetime import datetime

from verification.check_issuer import check_compromise
from verification.printed_number import may_be_printed
from verification.register import Register, RegisterUnavailable, StatusReading, check_reading
from verification.trust import TrustList, first_instant
from verification.verdict import NOT_REACHED, Check, Outcome, Verdict, unreadable, weigh


def verify_number(number: str, check_code: str, trust: TrustList, register: Register, at: datetime) -> Verdict:
    """Look a document up by what is printed on it. The register alone answers: the paper's own seal isn't seen,
    so whoever asks must compare the facts with the paper. An unknown pair is NOT_GENUINE, `not_in_register`; what no
    document bears was mistyped, and is UNREADABLE, `number_malformed`. A document whose seals no longer count, for
    a stolen key, is NOT_GENUINE by its number too."""
    number, check_code = number.strip(), check_code.strip()
    if not may_be_printed(number, check_code):
        return unreadable("number_malformed", at)
    listed = Check(Outcome.PASSED, "issuer_known", at)
    try:
        found = register.document_by_number(number, check_code)
    except RegisterUnavailable as unavailable:
        unasked = Check(Outcome.UNKNOWN, unavailable.code)
        return weigh(seal=Check(Outcome.PASSED, "seal_not_asked"), issuer=listed, status=unasked, at=at)
    if found is None:
        return weigh(seal=Check(Outcome.FAILED, "not_in_register", at), issuer=NOT_REACHED, at=at)
    in_register = Check(Outcome.PASSED, "in_register", at)
    live = check_reading(StatusReading(found.status, at), at)
    claimed = first_instant(found.facts.issued_on)
    keys = [check_compromise(k, trust, claimed, found.issued_at) for k in trust.keys if k.key_id in found.key_ids]
    issuer = next((key for key in keys if key.outcome is not Outcome.PASSED), listed)
    return weigh(seal=in_register, issuer=issuer, status=live, facts=found.facts, at=at)
