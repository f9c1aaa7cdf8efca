"""An official's scanner in the demonstration: it checks with what it downloaded before, and asks nobody."""

from __future__ import annotations

from condau.clock import now
from condau.story import Story
from verification.bundle import Bundle, begin_unpinned, read_fetched, update
from verification.verdict import VerdictState
from verification.verify_qr import verify_qr

_BUNDLE = "/.well-known/condau-bundle"


class OfflineScanner:
    """Holds the signed trust list and status lists; making one and `update` are all that needs a network."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._bundle: Bundle = begin_unpinned(read_fetched(self._download()), now()).bundle

    def verdict(self, link: str) -> VerdictState:
        return verify_qr(link, self._bundle.trust, self._bundle, now()).state

    def update(self) -> None:
        """Take what is newer. Raises VerificationError for a trust list that the one held does not vouch for."""
        self._bundle = update(self._bundle, read_fetched(self._download()), now()).bundle

    def _download(self) -> bytes:
        return self._story.call("GET", _BUNDLE, expect=200).content
