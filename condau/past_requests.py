"""What reading past requests needs of an installation's rules: its document types, and how it counts people."""

from __future__ import annotations

from condau.person_index import person_index
from condau.setting_files import passphrase_of
from condau.settings import Settings
from issuance.apply import Rules
from issuance.documents.catalogue import load_catalogue, shipped_types_folder
from issuance.procedure.calendar import WorkingCalendar


def rules_for_past(settings: Settings) -> Rules:
    """Rules without a calendar and channels: nothing is promised and nobody signs in. Raises SettingsRefused."""
    return Rules(
        catalogue=load_catalogue(shipped_types_folder()),
        calendar=WorkingCalendar((), ()),
        channels={},
        person_index=person_index(passphrase_of(settings, make=False)),
    )
