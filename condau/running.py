"""Run an ASGI app on a real port beside other work, for the demonstration."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import uvicorn

START_SECONDS = 30.0


class ServerDidNotStart(Exception):
    """The server was not up in time; the port may be taken."""


def free_port(preferred: int) -> int:
    """The preferred loopback port, or any free one where it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise ServerDidNotStart("no free port on loopback")


@contextlib.contextmanager
def running(app: Any, port: int) -> Iterator[None]:
    """Serve `app` on 127.0.0.1 in a thread of its own while the block runs. Raises ServerDidNotStart."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, name=f"server-{port}", daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise ServerDidNotStart(f"no server on port {port}")
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=START_SECONDS)
