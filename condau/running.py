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


def listen(preferred: int) -> socket.socket:
    """A loopback socket on the preferred port, or on any free one where that is taken; held from now on."""
    for port in (preferred, 0):
        # With the protocol named, asyncio turns Nagle's algorithm off; else each answer's body waits 40 ms for an ACK.
        taken = socket.socket(proto=socket.IPPROTO_TCP)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", port))
            taken.listen()
        except OSError:
            taken.close()
        else:
            return taken
    raise ServerDidNotStart("no free port on loopback")


def address_of(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextlib.contextmanager
def running(app: Any, listening: socket.socket) -> Iterator[None]:
    """Serve `app` on the socket in a thread of its own while the block runs. Raises ServerDidNotStart."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, proxy_headers=False))
    name = f"server-{listening.getsockname()[1]}"
    thread = threading.Thread(target=server.run, args=([listening],), name=name, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise ServerDidNotStart(f"{name} stopped while it started; its log says why")
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=START_SECONDS)
