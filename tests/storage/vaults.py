"""The vault of tests: always the same, and quicker to open than one behind a passphrase."""

from __future__ import annotations

from storage.vault import Vault

SECRET = b"the secret of an installation that exists in tests only"


def a_vault(secret: bytes = SECRET) -> Vault:
    return Vault(lambda: secret)
