"""The key of the ledger, as it follows from the passphrase of the keys."""

from __future__ import annotations

from condau.installation_secret import installation_secret
from condau.setting_files import passphrase_of
from condau.settings import Settings
from storage.ledger_key import LedgerKey

_USE = b"condau ledger 1"


def ledger_key_of(settings: Settings) -> LedgerKey:
    """The same in all processes; what was written under another passphrase looks forged.

    The passphrase is asked for when the first entry is written or checked.
    """
    return LedgerKey(lambda: installation_secret(passphrase_of(settings, make=False), _USE))
