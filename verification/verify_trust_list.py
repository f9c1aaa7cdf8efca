"""Is this the trust list of the organisation that this verifier trusts, and the newest that it has seen?"""

import hmac
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verification.formats.jws import Jws, read_jws
from verification.formats.trust_list import (
    MAX_TRUST_LIST_CHARS,
    TRUST_LIST_TYP,
    TrustListMalformed,
    decode_trust_list,
)
from verification.signatures import is_signed_by
from verification.trust import KeyPurpose, PublicKey, TrustedKey, TrustList
from verification.verdict import MAX_CLOCK_SKEW, VerificationError


class TrustListRefused(VerificationError):
    """The list is not one to believe: another's, altered, outdated, older than the one held; `code` says which."""

    code = "trust_list_refused"


def anchor_of(public_key: PublicKey) -> bytes:
    """What a verifier pins: SHA-256 of the key's SubjectPublicKeyInfo in DER (RFC 5280 section 4.1), 32 bytes."""
    return sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def verify_trust_list(
    text: str, at: datetime, *, known: TrustList | None = None, anchor: bytes | None = None
) -> TrustList:
    """Verify a trust list received at `at`; only VerificationError leaves it, whatever the text says.

    known: the list held, by which the new one is judged. anchor: `anchor_of` the key that signs it, where no list is
    held yet. One of the two must be given; where both are, both must agree.

    1. A compact JWS of at most MAX_TRUST_LIST_CHARS, typ condau-trust-list+jwt; alg and kid are its only other members.
    2. The kid belongs to a TRUST_LIST key of the whole organisation on the list held, or without one, to such a key of
       the list itself whose digest is the anchor; and the key is not called compromised there.
    3. The signature is that key's. Only now are the claims believed.
    4. Exactly the members of a trust list, within its bounds, in force for MAX_LIFETIME at most (`decode_trust_list`).
    5. It names its signer itself, as the same key, and not compromised.
    6. Issued within that key's period as it says, and before the end that the list held gives the key. The beginning
       that the list held gives it was a plan: when the key before it is lost, the next one signs sooner.
    7. Not in the future, and not over yet: a key that was stolen long ago can sign any date of its period, and must
       not speak to a verifier that was switched off since.
    8. No roll-back: neither a lower sequence than the list held, nor an earlier issue.
    """
    if known is None and anchor is None:
        raise ValueError("a list held or a pinned key is needed, else anybody's word would count")
    return _verify(text, at, known, anchor)


def verify_unpinned_trust_list(text: str, at: datetime) -> TrustList:
    """Trust on first use: any key that the list itself names may have signed it, so nothing is proven of its origin.

    For the first download of somebody who was given no anchor, and who must be told. The checks are those of
    `verify_trust_list` but for the anchor. Raises VerificationError.
    """
    return _verify(text, at, None, None)


def signer_of(text: str, trust: TrustList) -> TrustedKey:
    """The key of `trust` that this token names as its signer. Raises VerificationError."""
    return _signer(read_jws(text, TRUST_LIST_TYP), trust)


def _verify(text: str, at: datetime, known: TrustList | None, anchor: bytes | None) -> TrustList:
    if len(text) > MAX_TRUST_LIST_CHARS:
        raise TrustListMalformed("trust_list_too_long")
    token = read_jws(text, TRUST_LIST_TYP)
    # Without a list held the key stands inside: parsed before anything is proven, within bounds, and only for the key.
    signer = _signer(token, known if known is not None else decode_trust_list(token.claims()))
    if anchor is not None and not hmac.compare_digest(anchor_of(signer.public_key), anchor):
        raise TrustListRefused("trust_list_not_of_anchor")
    if not is_signed_by(signer.public_key, token.algorithm, token.signature, token.signing_input):
        raise TrustListRefused("trust_list_signature_wrong")
    found = decode_trust_list(token.claims())
    named = _signer(token, found)
    if named.public_key != signer.public_key:
        raise TrustListRefused("trust_list_signer_unknown")
    if not named.may_sign_at(found.as_of) or found.as_of >= signer.not_after:
        raise TrustListRefused("trust_list_outside_key_period")
    if found.as_of > at + MAX_CLOCK_SKEW:
        raise TrustListRefused("trust_list_from_the_future")
    if found.fresh_until is None or at >= found.fresh_until:
        raise TrustListRefused("trust_list_expired")
    if known is not None and _is_older(found, known):
        raise TrustListRefused("trust_list_rolled_back")
    return found


def _signer(token: Jws, trust: TrustList) -> TrustedKey:
    key = trust.find(token.unverified_key_id, KeyPurpose.TRUST_LIST)
    # The list speaks for the whole organisation, so no unit can add keys to it.
    if key is None or key.unit is not None:
        raise TrustListRefused("trust_list_signer_unknown")
    if key.compromised_from is not None:
        raise TrustListRefused("trust_list_signer_compromised")
    return key


def _is_older(found: TrustList, known: TrustList) -> bool:
    if found.sequence == known.sequence:
        return found.as_of < known.as_of
    # Whoever raised the sequence may have had another clock than who signed the list before.
    return found.sequence < known.sequence or found.as_of < known.as_of - MAX_CLOCK_SKEW
