"""What issuing works with, put together once for a process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from signing.keys import Keys
from signing.timestamp import Timestamper

from .documents.catalogue import Catalogue
from .documents.render import Renderer
from .records import DocumentFiles, Transact


def _unobserved(point: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """All that issuing needs. `reached` is told each point passed; a crash campaign kills the process there.

    timestamper: stamps the seals of PDFs; without one they say themselves when they were made. archives: whether sealed
    PDFs get validation data and an archive timestamp afterwards.
    """

    catalogue: Catalogue
    renderer: Renderer
    keys: Keys
    files: DocumentFiles
    transact: Transact
    clock: Callable[[], datetime]
    public_url: str
    specimen: bool
    timestamper: Timestamper | None = None
    archives: bool = False
    reached: Callable[[str], None] = _unobserved
