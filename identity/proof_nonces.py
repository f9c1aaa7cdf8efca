"""Nonces that a proof of possession must repeat (RFC 9449 section 9), kept nowhere: each proves itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

MIN_SECRET_BYTES: Final = 32

_NONCE = re.compile(r"([0-9]{1,12})\.[A-Za-z0-9_-]{43}")
_USE: Final = b"condau proof nonce 1\0"  # the secret may serve other uses too


@dataclass(frozen=True, slots=True)
class ProofNonces:
    """Server nonces that every process with the same secret accepts; they bound how long ahead a proof can be made.

    secret: at least 32 random bytes. A nonce is the second of its issue with an HMAC over it.
    Raises ValueError for a short secret or a lifetime that is not positive.
    """

    secret: bytes = field(repr=False)
    lifetime_seconds: int = 300

    def __post_init__(self) -> None:
        if len(self.secret) < MIN_SECRET_BYTES:
            raise ValueError(f"the secret of proof nonces needs {MIN_SECRET_BYTES} bytes")
        if self.lifetime_seconds <= 0:
            raise ValueError("lifetime_seconds of proof nonces must be positive")

    def issue(self, at: datetime) -> str:
        """The nonce of this second, for everybody the same. Raises ValueError when `at` has no time zone."""
        return self._of(_second(at))

    def is_fresh(self, nonce: object, at: datetime) -> bool:
        """Whether it was issued with this secret and its lifetime has not passed.

        Raises ValueError when `at` has no time zone.
        """
        parts = _NONCE.fullmatch(nonce) if isinstance(nonce, str) else None
        if parts is None:
            return False
        issued = int(parts[1])
        if not hmac.compare_digest(self._of(issued).encode("ascii"), parts[0].encode("ascii")):
            return False
        # both ways: the process that issued it may have a clock ahead of this one's
        return abs(_second(at) - issued) <= self.lifetime_seconds

    def _of(self, second: int) -> str:
        tag = hmac.digest(self.secret, _USE + str(second).encode("ascii"), hashlib.sha256)
        return f"{second}.{base64.urlsafe_b64encode(tag).rstrip(b'=').decode('ascii')}"


def _second(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("at must carry a time zone")
    return int(at.timestamp())
