"""Timestamps on seals (RFC 3161): an authority outside of this house says when a signature existed."""

from typing import Protocol


class Timestamper(Protocol):
    """An authority that the sealer asks."""

    def timestamp(self, digest: bytes) -> bytes:
        """A TimeStampToken in DER over this SHA-256 digest, verified: nonce, imprint, policy, signature, chain.

        Raises TimestampUnavailable, TimestampRefused.
        """
