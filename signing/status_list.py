"""Publish which documents are revoked: a Token Status List, signed as a JWT (IETF draft-ietf-oauth-status-list)."""

from collections.abc import Iterable
from datetime import datetime

from signing.errors import ContentNotSealable
from signing.jwt import sign_claims
from signing.keys import SigningKey
from verification.formats import status_list as lists
from verification.verdict import VerificationError


def seal_status_list(
    revoked: Iterable[int], size: int, key: SigningKey, uri: str, at: datetime, lifetime_seconds: int, ttl_seconds: int
) -> str:
    """Sign the list of `size` entries (a multiple of 8) in which the indexes `revoked` are set.

    uri: where the list is published; its last path segment is the list's number. It expires lifetime_seconds after
    `at`; whoever fetched it may keep it for ttl_seconds. No permit: a list says nothing of its own, the register does.
    Raises ContentNotSealable, KeyUnavailable.
    """
    issued_at = int(at.timestamp())
    if lifetime_seconds <= 0 or ttl_seconds <= 0:
        raise ContentNotSealable("a status list without lifetime is never fresh")
    try:
        lists.list_number(uri)
        claim = lists.encode_list(revoked, size)
    except VerificationError as refused:
        raise ContentNotSealable(refused.code) from None
    claims = {
        "sub": uri,
        "iat": issued_at,
        "exp": issued_at + lifetime_seconds,
        "ttl": ttl_seconds,
        "status_list": claim,
    }
    return sign_claims(claims, lists.STATUS_LIST_TYP, key)
