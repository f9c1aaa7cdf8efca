"""Files that the settings name: secrets, certificates, the passphrase of the keys."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from condau.settings import Settings, SettingsRefused

PASSPHRASE_FILE = "passphrase"  # noqa: S105 - the name of a file, no secret


def read_file(setting: str, file: Path | None) -> bytes | None:
    """Raises SettingsRefused, which names the setting, the file and the reason; also for an empty file."""
    if file is None:
        return None
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise SettingsRefused(f"{setting}: {file} cannot be read ({error.strerror})") from error
    if not raw.strip():
        raise SettingsRefused(f"{setting}: {file} is empty")
    return raw


def read_secret(setting: str, file: Path) -> str:
    """Raises SettingsRefused as `read_file`, and for what is no text."""
    try:
        return (read_file(setting, file) or b"").decode("utf-8").strip()
    except UnicodeDecodeError:
        raise SettingsRefused(f"{setting}: {file} is not text in UTF-8") from None


def passphrase_of(settings: Settings, *, make: bool) -> bytes:
    """The passphrase of the keys: from the settings, or from a file of the state folder that only its owner reads.

    Raises SettingsRefused; in production the passphrase never comes from beside the keys.
    """
    if settings.key_passphrase is not None:
        return settings.key_passphrase.get_secret_value().encode()
    file = settings.key_passphrase_file
    if file is None:
        if settings.mode == "production":
            raise SettingsRefused("set key_passphrase_file (or CONDAU_KEY_PASSPHRASE): it unlocks the sealing keys")
        file = settings.state_folder / PASSPHRASE_FILE
        if make and not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
                stream.write(secrets.token_urlsafe(32))
    return (read_file("key_passphrase_file", file) or b"").strip()
