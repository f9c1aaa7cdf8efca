"""The vault of tests: always the same, and quicker to open than one behind a passphrase."""

from __future__ import annotations

from storage.vault import Vault


def a_vault(secret: bytes = b"the secret of an installation that exists in tests only") -> Vault:
    return Vault(lambda: secret)
