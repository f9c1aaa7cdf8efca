"""A client that costs little beside the server it measures: requests made before, connections kept, answers counted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.served import CREATED


class UnexpectedAnswer(Exception):
    """The server answered otherwise than a measurement takes for granted; carries status line and body."""


def post(port: int, path: str, headers: dict[str, str], body: Any) -> bytes:
    """A whole HTTP/1.1 request."""
    content = json.dumps(body, ensure_ascii=False).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(content)}"]
    lines += ["Content-Type: application/json", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content


async def send_all(port: int, requests: Sequence[bytes], in_flight: int) -> tuple[float, list[float]]:
    """Send every request over `in_flight` connections at once; wall seconds of all, and of each.

    Raises UnexpectedAnswer.
    """
    waiting, seconds = list(reversed(requests)), []

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while waiting:
                request = waiting.pop()
                started = time.perf_counter()
                writer.write(request)
                await _read_answer(reader)
                seconds.append(time.perf_counter() - started)
        finally:
            writer.close()
            await writer.wait_closed()

    started = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(in_flight)))
    return time.perf_counter() - started, seconds


async def _read_answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    status, *headers = head.lower().split(b"\r\n")
    length = next(int(line.partition(b":")[2]) for line in headers if line.startswith(b"content-length:"))
    body = await reader.readexactly(length)
    if status.split()[1] != b"%d" % CREATED:
        raise UnexpectedAnswer(f"{status.decode()}: {body.decode(errors='replace')[:500]}")
