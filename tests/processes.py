"""Processes that tests start by the dozen, talk to and kill: forked from one that has imported what they need.

A fresh interpreter takes seconds of imports, a fork of one that has done them milliseconds. What it opens is its own.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TextIO

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "tests.condau.backup.killed",
        "tests.identity.find_key_process",
        "tests.issuance.batches.killed_batch",
        "tests.issuance.fee_policies.killed_rehearsal",
        "tests.journeys.service_process",
        "tests.storage.killed_worker",
        "tests.storage.quota_claimer",
        "tests.storage.scheduled_worker",
        "tests.storage.turn_taker",
    ]
)


class Forked:
    """A process that calls `main` with these texts; what it reads and prints goes to and comes from here.

    has_children: whether it may start processes of its own; then it does not end with the tests by itself.
    """

    def __init__(self, main: Callable[..., object], *arguments: str, has_children: bool = False) -> None:
        ours, theirs = _context.Pipe()
        self._process = _context.Process(target=_run, args=(main, arguments, theirs), daemon=not has_children)
        self._process.start()
        theirs.close()
        self.stdin: TextIO = os.fdopen(os.dup(ours.fileno()), "w", encoding="utf-8")
        self.stdout: TextIO = os.fdopen(os.dup(ours.fileno()), encoding="utf-8")
        ours.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def line(self) -> str:
        """The next line that it prints, empty where it has ended."""
        return self.stdout.readline().strip()

    def tell(self, line: str) -> None:
        self.stdin.write(f"{line}\n")
        self.stdin.flush()

    def wait(self) -> int | None:
        """What it ended with; the number of a signal is negative."""
        self._process.join()
        return self._process.exitcode

    def kill(self) -> None:
        """kill -9, and all is over when this returns."""
        self._process.kill()
        self.wait()

    def close(self) -> None:
        self.kill()
        self.stdin.close()
        self.stdout.close()


def _run(main: Callable[..., object], arguments: tuple[str, ...], ends: Connection) -> None:
    for number in (0, 1):
        os.dup2(ends.fileno(), number)
    sys.stdin, sys.stdout = (os.fdopen(number, mode, encoding="utf-8") for number, mode in ((0, "r"), (1, "w")))
    main(*arguments)
    sys.stdout.flush()
