"""Whether signed evidence is for this moment, and until when it could be: the same rule for every kind of token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from identity.errors import InvalidClaim, TokenExpired, TokenNotYetValid, TokenTooOld
from identity.read_claims import LAST_SECOND, read_numeric_date
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


def keep_until(claims: Mapping[str, object], trusted: TrustedIssuer) -> datetime:
    """From when on `check_time` refuses these claims: how long it must be remembered that they were used.

    By their age as well as by `exp`, which may lie millennia ahead, and at the latest the end of the calendar.
    Raises MissingClaim, InvalidClaim.
    """
    expires, issued = read_numeric_date(claims, "exp"), read_numeric_date(claims, "iat")
    # a second more: the last one by age counts to its end, the last one before `exp` does not
    last = min(expires, issued + trusted.max_age_seconds) + trusted.leeway_seconds + 1
    return datetime.fromtimestamp(min(last, LAST_SECOND), UTC)
