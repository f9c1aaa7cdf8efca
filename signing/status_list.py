"""Publish which documents are not in force: a signed Token Status List, as a JWT or a CWT (docs/status-lists.md)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from signing.errors import ContentNotSealable, KeyUnsuitable
from signing.jwt import sign_claims
from signing.keys import SigningKey
from verification.formats import cose
from verification.formats import status_list as lists
from verification.formats import status_list_cwt as cwt
from verification.register import DocumentStatus
from verification.verdict import VerificationError


def seal_status_list(
    entries: Mapping[int, DocumentStatus],
    size: int,
    key: SigningKey,
    uri: str,
    at: datetime,
    lifetime_seconds: int,
    ttl_seconds: int,
    *,
    bits: lists.Bits = 2,
) -> str:
    """Sign the list of `size` entries in which these indexes are revoked or suspended and all others valid.

    uri: where the list is published; its last path segment is the list's number. It expires lifetime_seconds after
    `at`; whoever fetched it should fetch a newer one ttl_seconds later. bits: of an entry; one has no suspensions.
    No permit: a list says nothing of its own, the register does. Raises ContentNotSealable, KeyUnavailable.
    """
    claims = _claims(entries, size, uri, at, lifetime_seconds, ttl_seconds, bits)
    return sign_claims(lists.encode_claims(claims), lists.STATUS_LIST_TYP, key)


def seal_status_list_cwt(
    entries: Mapping[int, DocumentStatus],
    size: int,
    key: SigningKey,
    uri: str,
    at: datetime,
    lifetime_seconds: int,
    ttl_seconds: int,
    *,
    bits: lists.Bits = 2,
) -> bytes:
    """The same list as a CWT. Raises KeyUnsuitable too: COSE here knows ES256 and EdDSA."""
    claims = _claims(entries, size, uri, at, lifetime_seconds, ttl_seconds, bits)
    try:
        protected = cwt.protected_header(key.key_id, key.algorithm)
    except VerificationError as refused:
        raise KeyUnsuitable(refused.code) from None
    payload = cwt.encode_claims(claims)
    return cwt.encode_envelope(protected, payload, key.sign(cose.to_be_signed(protected, payload)))


def _claims(
    entries: Mapping[int, DocumentStatus],
    size: int,
    uri: str,
    at: datetime,
    lifetime_seconds: int,
    ttl_seconds: int,
    bits: lists.Bits,
) -> lists.StatusListClaims:
    if lifetime_seconds <= 0 or ttl_seconds <= 0:
        raise ContentNotSealable("a status list without lifetime is never fresh")
    # Whole seconds, rounded down: nobody may think it newer than what was read for it.
    issued_at = at.replace(microsecond=0)
    try:
        lists.list_number(uri)
        compressed = lists.compress(lists.pack(entries, size, bits))
    except VerificationError as refused:
        raise ContentNotSealable(refused.code) from None
    expires_at = issued_at + timedelta(seconds=lifetime_seconds)
    return lists.StatusListClaims(uri, issued_at, expires_at, ttl_seconds, bits, compressed)
