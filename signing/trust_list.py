"""Publish whose seals count: the trust list of the key ring, signed as a JWT. See docs/verification.md."""

from dataclasses import replace
from datetime import datetime, timedelta

from signing.errors import ContentNotSealable, KeyUnsuitable, SelfCheckFailed
from signing.jwt import sign_claims
from signing.keys import SigningKey
from verification.formats.trust_list import TRUST_LIST_TYP, encode_trust_list
from verification.trust import KeyPurpose, TrustList
from verification.verdict import VerificationError
from verification.verify_trust_list import verify_trust_list

ROUND = timedelta(hours=1)


def seal_trust_list(trust: TrustList, key: SigningKey, issuer: str, at: datetime, lifetime: timedelta) -> str:
    """Sign `trust`, in which `key` must stand as a TRUST_LIST key. issuer: the service's address.

    It is dated to the last full hour, or to the beginning of its key's period if that is later: every process that
    signs the same ring within the hour writes the same date, so nobody takes the list of one for an older one than
    that of another. No permit: the list says nothing about a document.
    Raises KeyUnsuitable, ContentNotSealable, KeyUnavailable.
    """
    listed = trust.find(key.key_id, KeyPurpose.TRUST_LIST)
    if listed is None:
        raise KeyUnsuitable("a trust list is signed by a key that it lists for this purpose")
    issued_at = max(last_round(at), _whole_second(listed.not_before))
    name = listed.issuer_name
    try:
        claims = encode_trust_list(trust, name=name, issuer=issuer, issued_at=issued_at, lifetime=lifetime)
    except VerificationError as refused:
        raise ContentNotSealable(refused.code) from None
    return sign_claims(claims, TRUST_LIST_TYP, key)


def check_own_trust_list(text: str, trust: TrustList, at: datetime) -> None:
    """Raises SelfCheckFailed when whoever holds the same ring would not believe the list just signed."""
    try:
        verify_trust_list(text, at, known=replace(trust, as_of=last_round(at)))
    except VerificationError as refused:
        raise SelfCheckFailed(refused.code) from refused


def last_round(at: datetime) -> datetime:
    """The full hour (UTC) to which a list signed at `at` is dated."""
    return at - (at - datetime.min.replace(tzinfo=at.tzinfo)) % ROUND


def _whole_second(moment: datetime) -> datetime:
    return moment if moment.microsecond == 0 else moment.replace(microsecond=0) + timedelta(seconds=1)
