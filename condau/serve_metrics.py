"""Figures for Prometheus, on a port of their own: never where the public reaches."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, start_http_server


@contextlib.contextmanager
def metrics_served(host: str, port: int | None, registry: CollectorRegistry) -> Iterator[None]:
    """Answer with the figures while the block runs; not at all without a port. Raises OSError where it is taken."""
    if port is None:
        yield
        return
    server, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
