"""Secrets in files beside the key ring: read only where nobody but their owner can."""

from pathlib import Path

from signing.errors import KeyUnavailable

MAX_SECRET_BYTES = 16 * 1024
_OTHERS = 0o077


def read_private_file(path: Path) -> bytes:
    """The content of a file that only its owner can read (mode 600). Raises KeyUnavailable, which names the file."""
    try:
        with path.open("rb") as stream:
            if path.stat().st_mode & _OTHERS:
                raise KeyUnavailable(f"{path.name} is readable by others than its owner (chmod 600)")
            content = stream.read(MAX_SECRET_BYTES + 1)
    except OSError as missing:
        raise KeyUnavailable(f"{path.name}: {missing.strerror}") from None
    if len(content) > MAX_SECRET_BYTES:
        raise KeyUnavailable(f"{path.name} is too large for a secret")
    return content


def file_named(value: str, folder: Path) -> Path | None:
    """The file that `file:<name>` names, relative names within the ring's folder; None for anything else."""
    scheme, colon, name = value.partition(":")
    return folder / name if colon and scheme == "file" and name else None
