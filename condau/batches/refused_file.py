"""`FILE.refused.csv`: which lines were not taken, and why. It holds no data of a line."""

from __future__ import annotations

import contextlib
import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from condau.batches.words import said_of_line
from issuance.batches.errors import LineRefused
from issuance.fees.wording import Language


class RefusedLines:
    """is_new: whether they take the place of an earlier list."""

    def __init__(self, opened: IO[str], language: Language) -> None:
        self._rows, self._language, self.is_new = csv.writer(opened), language, True
        self._rows.writerow(("line", "code", "message"))

    def note(self, number: int, why: LineRefused) -> None:
        self._rows.writerow((number, why.code, said_of_line(why, self._language)))


@contextlib.contextmanager
def refused_file(file: Path, language: Language) -> Iterator[RefusedLines]:
    """Writes `FILE.refused.csv` anew, lines in the order in which they come; where nothing was done, what stands there
    stays."""
    path = file.with_name(f"{file.name}.refused.csv")
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as opened:
        unfinished = Path(opened.name)
        try:
            lines = RefusedLines(opened, language)
            yield lines
            opened.flush()
            if lines.is_new:
                unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
