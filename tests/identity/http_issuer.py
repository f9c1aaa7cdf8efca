"""A test issuer behind real HTTP, that can be slow, fall silent, drip, lie, redirect or hang up."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.identity.issuer import TestIssuer

Misbehave = Callable[[BaseHTTPRequestHandler], None]

DISCOVERY = "/.well-known/openid-configuration"
JWKS = "/jwks"


class HttpIssuer:
    """`issuer` mints and publishes; `asked` lists the paths that were asked for.

    misbehave: by path, instead of a proper answer. hanging: somebody waits for an answer; release: lets it go on.
    """

    def __init__(self, port: int, **settings: Any) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.issuer = TestIssuer(self.address, **settings)
        self.asked: list[str] = []
        self.misbehave: dict[str, Misbehave] = {}
        self.hanging = threading.Event()
        self.release = threading.Event()

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer properly, once the test says so; with what is published when it was asked."""
        body = self.document(handler.path)
        self.hanging.set()
        self.release.wait(30)
        send(handler, 200, body)

    def document(self, path: str) -> bytes:
        """What is published there now."""
        return json.dumps(self.issuer.discovery if path == DISCOVERY else self.issuer.jwks).encode()


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """A whole answer."""
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@contextlib.contextmanager
def http_issuer(**settings: Any) -> Iterator[HttpIssuer]:
    """The issuer at work on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            it.asked.append(self.path)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # whoever gave up was right to
                if self.path in it.misbehave:
                    it.misbehave[self.path](self)
                else:
                    send(self, 200, it.document(self.path))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep the tests' output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        it = HttpIssuer(server.server_port, **settings)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield it
        finally:
            it.release.set()
            server.shutdown()
