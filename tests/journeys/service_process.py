"""A process of the service or of a worker, as the commands start it, over the demonstration's outside world."""

from __future__ import annotations

import os
from pathlib import Path

from condau.demo import demo_settings
from condau.serve import serve, work
from condau.settings import Settings, TimestampSettings, WorkerSettings


def settings_of(folder: str, outside_url: str, database_url: str, public_port: int) -> Settings:
    return demo_settings(
        Path(folder),
        public_port,
        outside_url,
        database_url,
        # As the demonstration's, without archives: nobody waits for those here.
        TimestampSettings(
            url=f"{outside_url}/timestamps/", roots_file=Path(folder) / "timestamp-root.pem", archive=False
        ),
    )


def main(what: str, folder: str, outside_url: str, database_url: str, public_port: str, port: str, name: str) -> None:
    """what: "serve", which listens on `port`, or "work", which has its figures there. Logs go to `folder/name.log`."""
    log = os.open(Path(folder) / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    settings = settings_of(folder, outside_url, database_url, int(public_port))
    changed = {"port": int(port), "drain_seconds": 1.0} if what == "serve" else {}
    worker = WorkerSettings(
        inside_service=False,
        executor_id=name,
        polling_seconds=0.05,
        sweep_seconds=1.0,
        metrics_port=None if what == "serve" else int(port),
    )
    settings = settings.model_copy(update={**changed, "log_format": "json", "worker": worker, "auto_migrate": False})
    (serve if what == "serve" else work)(settings)
