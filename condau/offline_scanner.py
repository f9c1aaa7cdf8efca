"""An official's scanner in the demonstration: it checks with what it downloaded before, and asks nobody."""

from __future__ import annotations

from datetime import timedelta

import jwt

from condau.assembly import now
from condau.story import Story, StoryFailed
from verification.trust import KeyPurpose, TrustedKey, TrustList
from verification.verdict import VerdictState
from verification.verify_qr import verify_qr
from verification.verify_status_list import StatusListSnapshot, verify_status_list


class OfflineScanner:
    """Holds the published keys and one signed status list; `update` is the only thing that needs a network."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._trust = _published_keys(story)
        self._status: StatusListSnapshot | None = None

    def verdict(self, link: str) -> VerdictState:
        return verify_qr(link, self._trust, self._status, now()).state

    def update(self, link: str) -> None:
        """Fetch the status list that the document names. Raises StoryFailed for a QR that these keys did not sign."""
        facts = verify_qr(link, self._trust, None, now()).facts
        if facts is None:
            raise StoryFailed("the QR does not verify with the published keys")
        token = self._story.call("GET", f"/v1/status-lists/{facts.status_list}", expect=200).text
        self._status = verify_status_list(token, self._trust, now())


def _published_keys(story: Story) -> TrustList:
    at = now()
    keys = story.call("GET", "/.well-known/jwks.json", expect=200).json()["keys"]
    since, until = at - timedelta(days=1), at + timedelta(days=1)
    return TrustList(
        tuple(
            TrustedKey(key["kid"], purpose, jwt.PyJWK(key, "ES256").key, "Condau", since, until)
            for key in keys
            for purpose in (KeyPurpose.QR, KeyPurpose.STATUS)
        ),
        roots=(),
        as_of=at,
    )
