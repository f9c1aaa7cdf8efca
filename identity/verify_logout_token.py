"""From a logout token to whose sessions end, or a reason (OpenID Connect Back-Channel Logout 1.0 section 2.6).

The order of the checks:
 1. the wall, the exact issuer; the token type is absent, JWT or logout+jwt
 2. algorithm, key and signature are the issuer's
 3. `aud` is this service's client; `exp iat nbf`: now
 4. `events` names a back-channel logout, and there is no `nonce`: an ID token ends no session
 5. `jti`, and `sub` or `sid` or both

That it counts once is seen to where it takes effect, by `identity.session.end_sessions_by_issuer`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from identity.check_time import check_time, keep_until
from identity.errors import InvalidClaim, IssuerMixUp, MissingClaim, WrongTokenType
from identity.parse_token import parse_token
from identity.provider import Provider
from identity.read_claims import read_identifier, read_issuer, require
from identity.verify_id_token import check_own_audience, media_type, own_client
from identity.verify_signature import verify_signature

_LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutToken:
    """Whose sessions end: those of `subject`, the one that the issuer calls `session_id`, or what matches both.

    identifier: its `jti`. keep_until: when it could not be accepted any more, leeway included.
    """

    subject: str | None = field(repr=False)
    session_id: str | None = field(repr=False)
    identifier: str
    keep_until: datetime


async def verify_logout_token(token: str, provider: Provider, at: datetime) -> LogoutToken:
    """What a logout token of this provider says, as of `at` (aware).

    Raises a leaf of IdentityError for every refusal; ValueError when `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("at must carry a time zone")
    trusted = provider.trusted
    client = own_client(trusted)
    unverified = parse_token(token)
    if read_issuer(unverified.unverified_claims) != trusted.issuer:
        raise IssuerMixUp
    if media_type(unverified) not in ("", "jwt", "logout+jwt"):
        raise WrongTokenType
    claims = await verify_signature(unverified, provider)
    check_own_audience(claims, trusted, client)
    check_time(claims, trusted, int(at.timestamp()))
    events = require(claims, "events")
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT_EVENT), dict):
        raise InvalidClaim("events")
    if "nonce" in claims:
        raise InvalidClaim("nonce")
    if "sub" not in claims and "sid" not in claims:
        raise MissingClaim("sub")
    return LogoutToken(
        subject=read_identifier(claims, "sub") if "sub" in claims else None,
        session_id=read_identifier(claims, "sid") if "sid" in claims else None,
        identifier=read_identifier(claims, "jti"),
        keep_until=keep_until(claims, trusted),
    )
