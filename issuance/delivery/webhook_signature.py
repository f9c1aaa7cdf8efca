"""Signatures of notices, as Standard Webhooks has them (symmetric, `v1`): HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

_PREFIX = "whsec_"
_LEAST_BYTES, _MOST_BYTES = 24, 64


class SecretRefused(ValueError):
    """A secret of another form; the message says which form it must have, and nothing of the secret."""


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """current signs; previous does so too while receivers change over. Neither prints."""

    current: bytes = field(repr=False)
    previous: bytes | None = field(default=None, repr=False)

    def headers(self, notice_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
        """notice_id: without a dot. at: when this attempt is sent; receivers refuse what is old."""
        stamp = str(int(at.timestamp()))
        keys = [self.current] if self.previous is None else [self.current, self.previous]
        return {
            "webhook-id": notice_id,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(f"v1,{_signature(key, notice_id, stamp, body)}" for key in keys),
        }


def read_secret(text: str) -> bytes:
    """`whsec_` and 24 to 64 bytes in base64. Raises SecretRefused."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True) if text.startswith(_PREFIX) else b""
    except ValueError:  # no base64, or no ASCII
        key = b""
    if not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise SecretRefused("a webhook secret is whsec_ and 24 to 64 random bytes in base64")
    return key


def _signature(key: bytes, notice_id: str, stamp: str, body: bytes) -> str:
    signed = hmac.new(key, f"{notice_id}.{stamp}.".encode("ascii") + body, hashlib.sha256)
    return base64.b64encode(signed.digest()).decode("ascii")
