"""A house on an address of its own, that others can send people back to: in the time of today, over real HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from identity.trusted_issuers import TrustedIssuers
from storage.runner import Database
from tests.api.house import House, open_house


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def listening(scheme: str = "http") -> Iterator[tuple[socket.socket, str]]:
    """A socket, and the address that the service will have there: others must know it before it runs."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        yield found, f"{scheme}://127.0.0.1:{found.getsockname()[1]}"


@asynccontextmanager
async def on_its_address(
    url: str,
    folder: Path,
    found: socket.socket,
    public_url: str,
    issuers: TrustedIssuers,
    certificate: Path | None = None,
) -> AsyncIterator[House]:
    """url: of the database. certificate: with its key, for https."""
    database = Database(url, clock=now)
    async with open_house(database, folder, public_url=public_url, issuers=issuers, clock=now) as house:
        server = uvicorn.Server(uvicorn.Config(house.app, log_level="error", lifespan="off", ssl_certfile=certificate))
        running = asyncio.create_task(server.serve([found]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
            await asyncio.sleep(0.01)
        try:
            yield house
        finally:
            server.should_exit = True
            with suppress(asyncio.CancelledError):
                await running
    await database.dispose()
