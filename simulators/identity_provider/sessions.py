"""Who is signed in at the simulated provider, in which browser and since when."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from simulators.people import SyntheticCitizen, SyntheticOfficial

SESSION_LIFETIME: Final = timedelta(hours=8)


@dataclass(slots=True)
class ProviderSession:
    """session_id: the `sid` of its tokens. client_ids: the applications that got tokens of it."""

    session_id: str
    person: SyntheticCitizen | SyntheticOfficial
    acr: str
    at: datetime
    client_ids: set[str] = field(default_factory=set)


class ProviderSessions:
    """By the secret in the browser's cookie; lives as long as the process."""

    def __init__(self) -> None:
        self._by_secret: dict[str, ProviderSession] = {}

    def find(self, secret: str | None) -> ProviderSession | None:
        return self._by_secret.get(secret or "")

    def open(self, person: SyntheticCitizen | SyntheticOfficial, acr: str, at: datetime) -> tuple[str, ProviderSession]:
        """A new session and the secret for the browser."""
        self._by_secret = {
            secret: session for secret, session in self._by_secret.items() if at - session.at < SESSION_LIFETIME
        }
        secret, session = secrets.token_urlsafe(32), ProviderSession(secrets.token_urlsafe(16), person, acr, at)
        self._by_secret[secret] = session
        return secret, session

    def end(self, session_id: str) -> ProviderSession | None:
        for secret, session in self._by_secret.items():
            if session.session_id == session_id:
                return self._by_secret.pop(secret)
        return None
