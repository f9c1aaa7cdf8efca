"""The service as it is really served: addresses that a caller invents count for nothing."""

import asyncio
import logging
import socket
from pathlib import Path

import httpx
import uvicorn

from api.app import create_app
from condau.assembly import assemble
from condau.demo import demo_settings
from condau.initialise import initialise
from condau.running import address_of, listen, running
from condau.serve import quieten
from condau.settings import LimitSettings


def test_invented_forwarded_addresses_do_not_pass_the_limit(tmp_path: Path) -> None:
    listening = listen(0)
    settings = demo_settings(tmp_path, listening.getsockname()[1], "http://127.0.0.1:9").model_copy(
        update={"limits": LimitSettings(verifications_per_minute=3)}
    )
    initialise(settings)
    assembly = assemble(settings)
    with (
        running(create_app(assembly.services), listening),
        httpx.Client(base_url=address_of(listening), trust_env=False) as client,
    ):
        statuses = [
            client.post(
                "/v1/verifications/qr", json={"text": "1"}, headers={"X-Forwarded-For": f"203.0.113.{number}"}
            ).status_code
            for number in range(8)
        ]
    assembly.registers.close()
    assembly.database.dispose_blocking()
    assert 429 in statuses
    assert statuses.count(429) >= 4


async def _nothing(scope: object, receive: object, send: object) -> None:
    raise AssertionError


def test_requests_that_nobody_can_read_do_not_fill_the_log() -> None:
    quieten()

    async def ask_nonsense() -> None:
        config = uvicorn.Config(_nothing, host="127.0.0.1", port=0, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
            await asyncio.sleep(0.01)
        address = server.servers[0].sockets[0].getsockname()
        for _ in range(3):
            await asyncio.to_thread(_send, address, b"no HTTP at all\r\n\r\n")
        server.should_exit = True
        await serving

    written = _Written()
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(written)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        asyncio.run(ask_nonsense())
        logger.error("a fault of ours")
    finally:
        logger.removeHandler(written)
        logger.setLevel(level)

    # That it came up, and what it is at fault for, is still said.
    assert any("Uvicorn running" in one.getMessage() for one in written.records)
    assert [one.getMessage() for one in written.records if one.levelno >= logging.WARNING] == ["a fault of ours"]
    assert not logging.getLogger("python_multipart.multipart").isEnabledFor(logging.WARNING)


class _Written(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def _send(address: tuple[str, int], data: bytes) -> None:
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(data)
        while connection.recv(4096):
            pass
