"""Where a process can be made to die: named points are counted as they are passed, and at one it kills itself."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass

TRANSACTION = ("begun", "statement", "commit", "committed")
FILES = ("file_written", "file_renamed")
REQUEST = ("request", "answer")
STEPS = ("consult", "intend", "produce", "conclude", "archive", "register")
ISSUING = (
    "intended",
    "qr_sealed",
    "rendered",
    "sealed",
    "credential_sealed",
    "checked",
    "pdf_stored",
    "stored",
    "issued",
    "archived",
    "registered",
)
IN_STEPS = tuple(f"{edge} {step}" for step in STEPS for edge in ("before", "after"))
OF_API = (*TRANSACTION, *REQUEST)
OF_WORKER = (*TRANSACTION, *FILES, *ISSUING, *IN_STEPS)
OF_BATCH = (*TRANSACTION, *FILES, *ISSUING[:-2])
POINTS = {"api": OF_API, "worker": OF_WORKER, "service": (*OF_WORKER, *REQUEST), "batch": OF_BATCH}
"""By what a process does; the service on SQLite does everything."""

OFTEN = {"begun": 40, "statement": 300, "commit": 40, "committed": 40, "request": 15, "answer": 15}
"""Up to the how-many-eth time it is drawn at which a point kills that is passed all the time."""

SELDOM = 2


@dataclass(frozen=True, slots=True)
class Doom:
    """kill -9 of oneself when a point is passed for the nth time. Without a point: never."""

    point: str = ""
    nth: int = 1


class Passed:
    """Counts the points that this process passes."""

    def __init__(self, doom: Doom) -> None:
        self._doom = doom
        self._times: Counter[str] = Counter()
        self._counting = threading.Lock()

    def __call__(self, point: str) -> None:
        with self._counting:
            self._times[point] += 1
            if point == self._doom.point and self._times[point] == self._doom.nth:
                os.kill(os.getpid(), signal.SIGKILL)
