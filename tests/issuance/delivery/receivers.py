"""Receivers of notices over loopback HTTP: honest ones, and ones that misbehave in every way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """status: of every answer, or one after the other and then the last. extra: headers. body: of the answer.

    hangs_seconds: before it answers. drips: sends its answer in single bytes, slowly.
    """

    status: list[int] = field(default_factory=lambda: [204])
    extra: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hangs_seconds: float = 0
    drips: bool = False
    got: list[Received] = field(default_factory=list)
    address: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("content-length", 0))
        content = handler.rfile.read(length)
        self.got.append(Received({name.lower(): value for name, value in handler.headers.items()}, content))
        if self.hangs_seconds:
            time.sleep(self.hangs_seconds)
        status = self.status.pop(0) if len(self.status) > 1 else self.status[0]
        handler.send_response(status)
        for name, value in self.extra.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.end_headers()
        if self.drips:
            for start in range(len(self.body)):
                handler.wfile.write(self.body[start : start + 1])
                handler.wfile.flush()
                time.sleep(0.05)
        else:
            handler.wfile.write(self.body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    # Who hangs up on an answer is no news here.
    def handle_error(self, request: Any, client_address: Any) -> None: ...


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            receiver.answer(self)

        def log_message(self, *_: Any) -> None: ...

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    receiver.address = f"http://127.0.0.1:{server.server_address[1]}/events"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
