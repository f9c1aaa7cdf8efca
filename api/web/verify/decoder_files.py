"""The reader of QR codes for browsers that bring none: a package of others, fetched when the program is built."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "static" / "vendor" / "zxing"
# The package's licence goes wherever its files go.
FILES = ("LICENSE", "reader/index.js", "share.js", "zxing_reader.wasm")


def missing_files(folder: Path = FOLDER) -> tuple[str, ...]:
    """Those that are not there; the scanner then leaves photos to the service, and cannot use the camera offline."""
    return tuple(name for name in FILES if not (folder / name).is_file())
