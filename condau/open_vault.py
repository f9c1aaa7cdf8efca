"""What is done with the vault at start: is it the right one, and is everything in it that belongs there."""

from __future__ import annotations

from condau.person_index import person_index
from condau.setting_files import passphrase_of
from condau.settings import Settings, SettingsRefused
from storage.compact import compact
from storage.errors import VaultLocked
from storage.runner import Database

_AT_ONCE = 200


def open_vault(settings: Settings, database: Database) -> int:
    """Seal what earlier releases wrote in clear, and refuse from now on whatever stands in clear; returns how many rows
    were sealed. The schema must be up to date. Killed at any point, it goes on at the next start.

    Raises SettingsRefused where the personal data was sealed under another passphrase.
    """
    try:
        database.run_blocking(lambda records: records.sealing.require_same_vault())
    except VaultLocked as locked:
        raise SettingsRefused(f"key_passphrase: {locked}") from None
    if database.run_blocking(lambda records: records.sealing.is_everything_sealed()):
        database.vault.refuses_clear = True
        return 0
    index, sealed = person_index(passphrase_of(settings, make=False)), 0
    while done := database.run_blocking(lambda records: records.sealing.seal_earlier_rows(index, _AT_ONCE)):
        sealed += done
    if sealed:
        compact(database.address)
    database.vault.refuses_clear = True
    return sealed
