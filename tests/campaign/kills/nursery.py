"""Where the processes of an installation are born: forked from one that has imported and computed what all share.

It lives in a process of its own without threads, so that forking is safe; whoever it dies with, its children die too.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from condau.settings import Settings
from tests.campaign.kills import serve_and_die
from tests.campaign.kills.deaths import Doom
from tests.campaign.kills.tokens import move_into_token

OUT = "out"
"""In the state folder: what processes print, and why they ended by themselves."""

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.01
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([serve_and_die.__name__])


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Nursery:
    """Starts processes of one installation and tells which have ended, and how."""

    def __init__(self, settings: Settings, token: Path | None = None) -> None:
        """token: a folder to be, for one with the keys of documents; None leaves them where they are."""
        self._ours, theirs = _context.Pipe()
        self._process = _context.Process(target=_look_after, args=(theirs, settings, token), daemon=True)
        self._process.start()
        theirs.close()
        self._ended: list[tuple[int, int]] = []
        self._ours.recv()  # it is warm

    def start(self, kind: str, settings: Settings, doom: Doom, file: Path | None = None) -> int:
        """The number of the new process. file: of a batch."""
        self._ours.send((kind, settings, doom, file))
        while True:
            told = self._ours.recv()
            if told[0] == "born":
                return int(told[1])
            self._ended.append(told[1:])

    def ended(self) -> list[tuple[int, int]]:
        """Those that have ended since the last look: number, and exit code (of a signal: negative)."""
        while self._ours.poll():
            self._ended.append(self._ours.recv()[1:])
        found, self._ended = self._ended, []
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._ours.close()


def _look_after(parent: Connection, settings: Settings, token: Path | None) -> None:
    die_with_parent()
    if token is not None:
        move_into_token(settings, token)
    serve_and_die.warm_up(settings)
    if threading.active_count() > 1:
        raise RuntimeError("a process with threads is not forked")
    parent.send(("warm",))
    while True:
        if parent.poll(_LOOK_SECONDS):
            try:
                task: tuple[str, Settings, Doom, Path | None] = parent.recv()
            except EOFError:
                return
            number = os.fork()
            if number == 0:
                parent.close()
                _live(*task)
            parent.send(("born", number))
        while ended := _ended_child():
            parent.send(("ended", *ended))


def _ended_child() -> tuple[int, int] | None:
    try:
        number, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (number, os.waitstatus_to_exitcode(status)) if number else None


def _live(kind: str, settings: Settings, doom: Doom, file: Path | None) -> Any:
    code = 0
    try:
        die_with_parent()
        with open(settings.state_folder / OUT, "a") as out:  # noqa: PTH123 - a descriptor to keep
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        code = serve_and_die.run(kind, settings, doom, file)
    except BaseException:  # noqa: BLE001 - told below; nothing may go on in the nursery's own code
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(code)
