"""Keys of documents in a token (SoftHSM2, by PKCS#11), which outlives whoever dies while it signs."""

from __future__ import annotations

import os
from pathlib import Path

from condau.setting_files import passphrase_of
from condau.settings import Settings
from tests.signing.backends.places import TokenPlace, move_ring
from tests.signing.backends.softhsm import SoftHsm


def move_into_token(settings: Settings, folder: Path) -> None:
    """All keys of the ring. Its library finds the token by the environment: this process's, and of all it forks.

    Each of those opens the library and its sessions anew, as the product does in a forked child.
    """
    folder.mkdir()
    hsm = SoftHsm(folder)
    os.environ["SOFTHSM2_CONF"] = str(hsm.configuration)
    move_ring(settings.keys_folder, passphrase_of(settings, make=False), TokenPlace(settings.keys_folder, hsm))
