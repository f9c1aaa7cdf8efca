"""Whether signed evidence is for this moment: the same rule for every kind of token."""

from __future__ import annotations

from collections.abc import Mapping

from identity.errors import InvalidClaim, TokenExpired, TokenNotYetValid, TokenTooOld
from identity.read_claims import read_numeric_date
from identity.trusted_issuer import TrustedIssuer


def check_time(claims: Mapping[str, object], trusted: TrustedIssuer, now: int) -> None:
    """`exp`, `iat` and `nbf` (RFC 7519 section 4.1) as of `now`, seconds since 1970, within the issuer's leeway.

    Raises MissingClaim, InvalidClaim, TokenExpired, TokenNotYetValid, TokenTooOld.
    """
    expires, issued = read_numeric_date(claims, "exp"), read_numeric_date(claims, "iat")
    if expires <= issued:
        raise InvalidClaim("exp")
    if now >= expires + trusted.leeway_seconds:
        raise TokenExpired
    if issued > now + trusted.leeway_seconds:
        raise TokenNotYetValid
    if "nbf" in claims and read_numeric_date(claims, "nbf") > now + trusted.leeway_seconds:
        raise TokenNotYetValid
    if now - issued > trusted.max_age_seconds + trusted.leeway_seconds:
        raise TokenTooOld
