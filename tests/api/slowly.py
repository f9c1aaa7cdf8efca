"""Bodies that come in pieces, over a slow line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import httpx


async def slowly(body: bytes, pieces: int, seconds: float) -> AsyncIterator[bytes]:
    """seconds: of silence after each piece."""
    size = -(-len(body) // pieces)
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(seconds)


def with_file(fields: Mapping[str, str], name: str, data: bytes) -> tuple[bytes, dict[str, str]]:
    """A form with a file, as a browser sends it from a page of ours, and its headers."""
    request = httpx.Request("POST", "https://condau.example", data=dict(fields), files={"file": (name, data)})
    return request.read(), {"Content-Type": request.headers["content-type"], "Sec-Fetch-Site": "same-origin"}
