"""What is stored of sign-ins and of signed-in people on our own pages; the browser holds nothing but secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from identity.replay import Redeemed

T = TypeVar("T")

CLOCKS_APART: Final = timedelta(minutes=1)
"""How far ahead of now a time may lie that another machine of this service has noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSignIn:
    """A sign-in that was begun and has not come back. Nothing of it prints.

    state_digest: SHA-256 of `state`, by which it is found. browser_digest: SHA-256 of the secret in the browser that
    began it. issuer: name in the settings. return_to: a path of ours.
    """

    state_digest: bytes = field(repr=False)
    browser_digest: bytes = field(repr=False)
    issuer: str
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    return_to: str
    begun_at: datetime
    max_age_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSession:
    """An open session as it is stored. secret_digest: SHA-256 of the cookie's value; the value itself is nowhere.

    issuer: exact `iss`. subject, session_id (`sid`): by which the issuer ends it. person: what the evidence proved, as
    identity.person keeps it; read back it is anything, None where it is not even JSON. id_token: where it may stand in
    an address at sign-out. form_token: what forms of this session carry.
    """

    secret_digest: bytes = field(repr=False)
    issuer: str
    subject: str
    session_id: str | None
    person: object = field(repr=False)
    id_token: str | None = field(default=None, repr=False)
    form_token: str = field(repr=False)
    opened_at: datetime
    seen_at: datetime


class PendingSignIns(Protocol):
    """Inside one transaction."""

    def keep(self, pending: PendingSignIn) -> None: ...

    def take(self, state_digest: bytes) -> PendingSignIn | None:
        """Remove and return it: of two at once, one gets None."""

    def forget(self, before: datetime) -> int:
        """Remove those begun before this time; returns how many."""


class Sessions(Protocol):
    """Inside one transaction."""

    def open(self, session: KeptSession) -> None: ...

    def find(self, secret_digest: bytes) -> KeptSession | None: ...

    def touch(self, secret_digest: bytes, seen_at: datetime) -> None:
        """Note a request; harmless where the session has ended meanwhile."""

    def end(self, secret_digest: bytes) -> KeptSession | None:
        """Remove it and return what it was; None where there is none."""

    def end_of_issuer(self, issuer: str, *, session_id: str | None, subject: str | None) -> int:
        """Remove those of an issuer's `sid`, or all of a subject, or those that match both; returns how many."""

    def forget(self, *, seen_before: datetime, opened_before: datetime) -> int:
        """Remove those idle or open for too long; returns how many."""


class SessionRecords(Protocol):
    """Of one transaction, what signing in and out needs."""

    @property
    def pending_sign_ins(self) -> PendingSignIns: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def redeemed(self) -> Redeemed: ...


class Transact(Protocol):
    """Runs a use case in one transaction, committed before it returns, rolled back when the use case raises."""

    async def __call__(self, use_case: Callable[[SessionRecords], T], /) -> T: ...
