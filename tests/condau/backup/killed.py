"""A process that makes or restores a backup and is killed, without warning, where a test says."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import condau.backup.make
import condau.backup.restore
from tests.condau.backup.installation import settings_of

MAKING = ("take_snapshot", "_copied", "write_manifest")
RESTORING = ("_copy_all", "put_back")


def main(state: str, url: str, folder: str, killed_at: str) -> None:
    settings, at = settings_of(Path(state), url), datetime.now(UTC)
    if killed_at in MAKING:
        _kill_after(condau.backup.make, killed_at)
        condau.backup.make.make_backup(settings, Path(folder), at, with_keys=True)
    else:
        _kill_after(condau.backup.restore, killed_at)
        condau.backup.restore.put_back_whole(settings, Path(folder), at, nobody_was_erased=True)


def _kill_after(module: Any, name: str) -> None:
    original: Callable[..., object] = getattr(module, name)

    def killed(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, killed)
