"""What a backup says of itself. Written last: a folder without it is no backup."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from condau.installation_secret import installation_secret
from storage.snapshot import Snapshot

MANIFEST = "backup.json"
FILE_LIST = "files.sha256"
NAMED_LIST = "named.txt"
FORMAT = 1
MAX_MANIFEST_BYTES = 1 << 20


class BackupUnusable(Exception):
    """There is no backup there, or it is damaged, or another's; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """files, bytes: how many there are beside this one. list_sha256: of the list of all of them.

    missing: registered files that were not in their folder when the backup was made, within the backup's folder.
    """

    made_at: datetime
    version: str
    snapshot: Snapshot
    files: int
    bytes: int
    list_sha256: str
    with_keys: bool
    missing: tuple[str, ...] = ()


def write_manifest(folder: Path, manifest: Manifest, passphrase: bytes) -> None:
    body = _to_json(manifest)
    sealed = {**body, "seal": _seal(body, passphrase)}
    (folder / MANIFEST).write_text(json.dumps(sealed, indent=2) + "\n", encoding="utf-8")


def read_manifest(folder: Path, passphrase: bytes | None) -> Manifest:
    """passphrase: of the keys; None where it is not at hand, and nobody can tell who has written the backup.

    Raises BackupUnusable.
    """
    file = folder / MANIFEST
    try:
        if file.stat().st_size > MAX_MANIFEST_BYTES:
            raise ValueError
        body = json.loads(file.read_bytes())
        seal = body.pop("seal")
        if body["format"] != FORMAT:
            raise BackupUnusable(f"{folder}: a backup of another form; use the version that made it")
        manifest = _from_json(body)
    except FileNotFoundError:
        raise BackupUnusable(f"{folder}: no backup, or one that was never finished: {MANIFEST} is missing") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BackupUnusable(f"{file}: cannot be read") from None
    if passphrase is not None and not hmac.compare_digest(str(seal), _seal(body, passphrase)):
        raise BackupUnusable(f"{file}: changed since it was made, or made under another passphrase of the keys")
    return manifest


def sha256_of(file: Path) -> str:
    with file.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()


def _seal(body: Mapping[str, Any], passphrase: bytes) -> str:
    # Of what the list's digest covers too: whoever can write into a backup's folder cannot have other rows restored.
    secret = installation_secret(passphrase, b"condau backups 1")
    return hmac.new(secret, json.dumps(body, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def _to_json(manifest: Manifest) -> dict[str, Any]:
    return {
        **asdict(manifest),
        "format": FORMAT,
        "made_at": manifest.made_at.isoformat(),
        "missing": list(manifest.missing),
    }


def _from_json(body: Mapping[str, Any]) -> Manifest:
    known = {name: value for name, value in body.items() if name != "format"}
    return Manifest(
        **{
            **known,
            "made_at": datetime.fromisoformat(known["made_at"]),
            "snapshot": Snapshot(**known["snapshot"]),
            "missing": tuple(known["missing"]),
        }
    )
