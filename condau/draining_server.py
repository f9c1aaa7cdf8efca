"""A server that says that it is not ready before it takes no more connections."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import uvicorn


class DrainingServer(uvicorn.Server):
    """On SIGTERM it first lets `draining` be seen, so that whoever spreads the load sends nothing more here; after
    that, as always, running requests end. A second signal, or SIGINT, does not wait."""

    def __init__(self, config: uvicorn.Config, draining: threading.Event, drain_seconds: float) -> None:
        super().__init__(config)
        self._draining = draining
        self._drain_seconds = drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        is_first = not self._draining.is_set()
        self._draining.set()
        if is_first and sig == signal.SIGTERM and self._drain_seconds > 0:
            waiting = threading.Timer(self._drain_seconds, super().handle_exit, (sig, frame))
            waiting.daemon = True
            waiting.start()
        else:
            super().handle_exit(sig, frame)
