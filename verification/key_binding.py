"""Does whoever presents a credential hold the key that it was issued to? (RFC 9901 section 7.3)"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from verification.formats.holder_key import HolderKey
from verification.formats.sd_jwt import Presentation, digest_of, read_key_binding
from verification.signatures import is_signed_by
from verification.verdict import MAX_CLOCK_SKEW, Check, Outcome

# The finding on a seal that is intact and was presented by whoever holds the key that it names.
HOLDER_PROVEN = "seal_intact_holder_proven"


@dataclass(frozen=True, slots=True)
class ExpectedBinding:
    """What a verifier has asked a holder to sign: for whom, for which question, and how fresh.

    audience: the verifier's own name; nonce: made up for this one presentation. Raises ValueError when constructed
    without either, or with an age that no proof could have.
    """

    audience: str
    nonce: str
    max_age_seconds: int

    def __post_init__(self) -> None:
        if not self.audience or not self.nonce or self.max_age_seconds <= 0:
            raise ValueError("a binding without audience, nonce and age would bind to nothing")


def check_binding(
    presentation: Presentation, holder_key: HolderKey | None, expected: ExpectedBinding | None, at: datetime
) -> Check:
    """The finding on the holder's key, for a credential whose issuer's signature has been verified.

    Raises JwsMalformed for a proof that can't be read. An unknown outcome accuses nobody: the proof is missing, is one
    that nobody here can judge, or is not from now. A failed one is a proof of something else or of somebody else.

    1. Nothing is asked: there is no proof, else it would have to be ignored.
    2. A proof is asked: the credential names a key, and a proof is there.
    3. The signature is that key's. Only now are the claims parsed; what they say beside these is left alone.
    4. It is about exactly these disclosures, for this audience, with this nonce, at most so old.
    """
    if expected is None:
        if presentation.key_binding is not None:
            return Check(Outcome.UNKNOWN, "binding_not_asked")
        return Check(Outcome.PASSED, "seal_intact")
    if holder_key is None:
        return Check(Outcome.UNKNOWN, "binding_not_possible")
    if presentation.key_binding is None:
        return Check(Outcome.UNKNOWN, "binding_missing")

    proof = read_key_binding(presentation.key_binding)
    if not is_signed_by(holder_key, proof.algorithm, proof.signature, proof.signing_input):
        return Check(Outcome.FAILED, "binding_signature_wrong")
    claims = proof.claims()
    if claims.get("sd_hash") != digest_of(presentation.shown):
        return Check(Outcome.FAILED, "binding_for_other_presentation")
    if claims.get("aud") != expected.audience:
        return Check(Outcome.FAILED, "binding_for_other_audience")
    if claims.get("nonce") != expected.nonce:
        return Check(Outcome.FAILED, "binding_for_other_nonce")
    return _check_age(claims.get("iat"), expected, at)


def _check_age(iat: object, expected: ExpectedBinding, at: datetime) -> Check:
    if type(iat) is not int:
        return Check(Outcome.FAILED, "binding_without_time")
    try:
        made_at = datetime.fromtimestamp(iat, UTC)
    except (OverflowError, ValueError, OSError):
        return Check(Outcome.FAILED, "binding_without_time")
    if made_at > at + MAX_CLOCK_SKEW:
        return Check(Outcome.UNKNOWN, "binding_from_the_future")
    if at - made_at > timedelta(seconds=expected.max_age_seconds):
        return Check(Outcome.UNKNOWN, "binding_too_old")
    return Check(Outcome.PASSED, HOLDER_PROVEN)
