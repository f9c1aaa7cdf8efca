"""`FILE.refused.csv`: which lines were not taken, and why. It holds no data of a line."""

from __future__ import annotations

import contextlib
import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from condau.batches.words import said_of_line
from issuance.batches.errors import LineRefused
from issuance.fees.wording import Language


@contextlib.contextmanager
def refused_file(file: Path, language: Language) -> Iterator[Callable[[int, LineRefused], None]]:
    """Writes `FILE.refused.csv` anew; what is yielded notes one line. Lines stand in the order in which they came."""
    path = file.with_name(f"{file.name}.refused.csv")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(("line", "code", "message"))
        yield lambda number, why: rows.writerow((number, why.code, said_of_line(why, language)))
