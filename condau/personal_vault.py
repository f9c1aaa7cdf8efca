"""The vault of personal data, as the passphrase of the keys opens it."""

from __future__ import annotations

from condau.installation_secret import installation_secret
from condau.setting_files import passphrase_of
from condau.settings import Settings
from storage.vault import Vault

_USE = b"condau personal data 1"


def vault_of(settings: Settings) -> Vault:
    """The same in all processes; under another passphrase nothing of what was sealed opens.

    The passphrase is asked for at the first use: whoever touches no personal data needs none, and does not wait for it.
    """
    return Vault(lambda: installation_secret(passphrase_of(settings, make=False), _USE))
