"""The life of a session: opened by a sign-in, resumed by each request, ended by whoever may end it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from identity.citizen import VerifiedPerson
from identity.errors import IdentityError, SessionEnded, StoreUnavailable, TokenAlreadyUsed
from identity.person import keep_person, revive_person
from identity.replay import redeemed_digest
from identity.sessions import KeptSession, SessionRecords, Transact
from identity.sign_in import SECRET_BYTES, SignedIn, secret_digest, sign_out_hint
from identity.trusted_issuers import TrustedIssuers
from identity.verify_id_token import own_client
from identity.verify_logout_token import LogoutToken

TOUCH_AFTER: Final = timedelta(minutes=1)
"""A session's last request is noted no more often than this: a page view need not write."""
ENDED_REMEMBERED: Final = timedelta(minutes=5)
"""How long what an issuer has ended cannot open here: far longer than a code that was on its way takes to arrive."""
_MAX_SECRET_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session lasts: without a request, and at most."""

    idle_seconds: int = 30 * 60
    absolute_seconds: int = 8 * 60 * 60

    def __post_init__(self) -> None:
        if not 0 < self.idle_seconds <= self.absolute_seconds:
            raise ValueError("a session's idle limit must be positive and not above its absolute one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in person. issuer_name: in the settings. form_token: what every form of this session carries.

    ends_at: the latest end; idle_until: the end unless another request comes first.
    """

    person: VerifiedPerson
    issuer_name: str
    form_token: str = field(repr=False)
    opened_at: datetime
    idle_until: datetime
    ends_at: datetime


async def open_session(
    transact: Transact, signed_in: SignedIn, at: datetime, *, replaced_secret: str | None = None
) -> str:
    """Open a session under a new secret, for the browser to keep, and return that secret.

    replaced_secret: of a session that the browser has already; it ends, whoever put it there.
    Raises SessionEnded where the issuer has ended the session meanwhile, while its code was being redeemed.
    """
    issuer, session_id = signed_in.person.issuer, signed_in.granted.session_id
    secret = secrets.token_urlsafe(SECRET_BYTES)
    kept = KeptSession(
        secret_digest=secret_digest(secret),
        issuer=issuer,
        subject=signed_in.person.subject,
        session_id=session_id,
        person=keep_person(signed_in.person),
        id_token=sign_out_hint(signed_in.granted.id_token, signed_in.person),
        form_token=secrets.token_urlsafe(SECRET_BYTES),
        opened_at=at,
        seen_at=at,
    )

    def open_only(records: SessionRecords) -> None:
        ended = None if session_id is None else _ended(issuer, session_id)
        # Redeemed for as long as this transaction lasts: an end that comes at the same time waits and then finds the
        # session, or was first and is found here.
        if ended is not None and not records.redeemed.redeem(ended, at + ENDED_REMEMBERED):
            raise SessionEnded
        if replaced_secret is not None:
            records.sessions.end(secret_digest(replaced_secret))
        records.sessions.open(kept)
        if ended is not None:
            records.redeemed.give_back(ended)

    await transact(open_only)
    return secret


async def resume_session(
    transact: Transact, issuers: TrustedIssuers, secret: str, at: datetime, limits: SessionLimits
) -> Session:
    """The session of a browser's secret, as of `at` (aware).

    It ends where it was idle or open for too long, where nobody may sign in with its issuer any more, where the
    officials' register or the map of levels knows better, and where this version cannot read what was stored.
    Raises SessionEnded; StoreUnavailable where the officials' register cannot be asked, and the session goes on.
    """
    if len(secret) > _MAX_SECRET_CHARACTERS:
        raise SessionEnded
    digest = secret_digest(secret)
    kept = await transact(lambda records: _find(records, digest, at, limits))
    if kept is None:
        raise SessionEnded
    try:
        trusted = issuers.provider_of(kept.issuer).trusted
        own_client(trusted)
        person = await revive_person(kept.person, trusted, issuers.find_official, at)
    except StoreUnavailable:
        raise  # for the moment nobody acts by it, and nobody has to sign in again for that
    except IdentityError as error:
        await transact(lambda records: records.sessions.end(digest))
        raise SessionEnded from error
    ends_at = kept.opened_at + timedelta(seconds=limits.absolute_seconds)
    return Session(
        person=person,
        issuer_name=trusted.name,
        form_token=kept.form_token,
        opened_at=kept.opened_at,
        idle_until=min(kept.seen_at + timedelta(seconds=limits.idle_seconds), ends_at),
        ends_at=ends_at,
    )


async def end_session(transact: Transact, secret: str) -> KeptSession | None:
    """End the session of a browser's secret; returns what it was, None where there is none."""
    digest = secret_digest(secret)
    return await transact(lambda records: records.sessions.end(digest))


async def end_sessions_by_issuer(transact: Transact, issuer: str, logout: LogoutToken, at: datetime) -> int:
    """End what an issuer ends (OpenID Connect Back-Channel Logout 1.0 section 2.7). issuer: exact `iss`.

    The token counts once, together with its effect: where that fails, the issuer can bring it again. A session that is
    just being opened does not open any more. Returns how many sessions have ended; none is no error.
    Raises TokenAlreadyUsed.
    """

    def end(records: SessionRecords) -> int:
        used = redeemed_digest("logout_token", issuer, logout.identifier)
        if not records.redeemed.redeem(used, logout.keep_until):
            raise TokenAlreadyUsed
        if logout.session_id is not None:
            records.redeemed.redeem(_ended(issuer, logout.session_id), at + ENDED_REMEMBERED)
        return records.sessions.end_of_issuer(issuer, session_id=logout.session_id, subject=logout.subject)

    return await transact(end)


def _ended(issuer: str, session_id: str) -> bytes:
    return redeemed_digest("ended_session", issuer, session_id)


def _find(records: SessionRecords, digest: bytes, at: datetime, limits: SessionLimits) -> KeptSession | None:
    kept = records.sessions.find(digest)
    if kept is None:
        return None
    idle, age = at - kept.seen_at, at - kept.opened_at
    if idle > timedelta(seconds=limits.idle_seconds) or age > timedelta(seconds=limits.absolute_seconds):
        records.sessions.end(digest)
        return None
    if idle < min(TOUCH_AFTER, timedelta(seconds=limits.idle_seconds / 4)):
        return kept
    records.sessions.touch(digest, at)
    return replace(kept, seen_at=at)
