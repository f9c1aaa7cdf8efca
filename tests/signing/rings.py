"""Key rings in folders, for tests that change them."""

from __future__ import annotations

import shutil
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from signing.keyring_file import KeyRecord, read_ring_file
from signing.local_authority import create_local_authority
from signing.rotate_key import Wish
from tests.sealing import AT, ORGANISATION, PASSPHRASE
from verification.trust import KeyPurpose

UNIT = "000.00.15.H26"
UNIT_TABLE = f"""
[[unit]]
code = "{UNIT}"
name = "Phòng Hồ sơ nghiệp vụ"
document_types = ["criminal_record_form_1"]
"""
DAY = timedelta(days=1)


@cache
def _template() -> Path:
    folder = Path(mkdtemp(prefix="condau-ring-")) / "keys"
    create_local_authority(folder, ORGANISATION, PASSPHRASE, AT)
    return folder


def new_ring(place: Path) -> Path:
    """A folder with a ring of its own; made once and copied, for keys take time."""
    return Path(shutil.copytree(_template(), place / "keys"))


def with_unit(folder: Path) -> Path:
    file = folder / "keyring.toml"
    file.write_text(file.read_text(encoding="utf-8") + UNIT_TABLE, encoding="utf-8")
    return folder


def key_of(folder: Path, purpose: KeyPurpose) -> KeyRecord:
    """The newest of its purpose."""
    return [record for record in read_ring_file(folder).keys if record.purpose is purpose][-1]


def wish(purpose: KeyPurpose = KeyPurpose.QR, starts_in: timedelta = DAY, days: int = 90, **more: object) -> Wish:
    """Keys of a ring that is made here last for years: shorter ones are allowed unless a test asks."""
    asked = {"shorter": True, **more}
    return Wish(purpose=purpose, starts_at=AT + starts_in, lasts=timedelta(days=days), **asked)  # type: ignore[arg-type]  # spelt out by the tests
