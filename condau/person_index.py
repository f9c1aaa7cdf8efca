"""How a person is counted without being named: a keyed digest of the personal number."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from condau.installation_secret import installation_secret

# A personal number has about 30 bits: without a secret, whoever has the database would find every person in it.
_USE = b"condau person index 1"


def person_index(key_passphrase: bytes) -> Callable[[str], str]:
    """HMAC-SHA256 (64 hex digits) of a personal number, by a secret that follows from the passphrase of the keys and
    serves nothing else. The same in all processes; another passphrase makes everybody somebody else."""
    secret = installation_secret(key_passphrase, _USE)
    return lambda personal_id: hmac.new(secret, personal_id.encode(), hashlib.sha256).hexdigest()
