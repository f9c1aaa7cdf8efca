"""A key in a file is written with the passphrase that opens the others, or the ring would not load any more."""

from datetime import datetime
from pathlib import Path

from signing.backends import read_public_key
from signing.errors import KeyUnavailable
from signing.keyring_file import RingFile
from signing.local_root import find_local_root

_SOFTWARE = "software:"


def refuse_wrong_passphrase(folder: Path, ring: RingFile, passphrase: bytes, at: datetime) -> None:
    """Open one of the files that a service opens too; a ring without any has nothing to compare with.

    Keys that sign no more count last: their files may be gone, or have stayed behind when the passphrase changed.
    Raises KeyUnavailable, KeyringMalformed.
    """
    files = [one for one in ring.keys if one.uri.startswith(_SOFTWARE) and _lies_in(folder, one.uri)]
    serving = [one for one in files if one.ends > at and one.compromised_from is None]
    refused: KeyUnavailable | None = None
    for record in serving:
        try:
            read_public_key(record.uri, folder, passphrase)
        except KeyUnavailable as why:
            refused = refused or why
        else:
            return
    if refused is not None:
        raise refused
    if find_local_root(folder, ring.roots, passphrase) is None and files:
        read_public_key(files[-1].uri, folder, passphrase)


def _lies_in(folder: Path, uri: str) -> bool:
    return (folder / uri.removeprefix(_SOFTWARE)).is_file()
