"""A process of the service that would fetch one issuer's documents after the other, as soon as it is told to go."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from storage.identity_stores import StoredDocuments
from storage.runner import Database


def take_turns(url: str, at: str, turns: str) -> None:
    """Prints "ready", reads a line, then prints of each turn its number, whether it was had, and when it was taken."""
    asyncio.run(_take_turns(url, datetime.fromisoformat(at), int(turns)))


async def _take_turns(url: str, at: datetime, turns: int) -> None:
    database = Database(url, clock=lambda: at)
    store = StoredDocuments(database)
    try:
        await store.find("connected")
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(turns):
            turn = await store.take_turn(f"document {number}", at, last_before=at)
            print(number, turn.is_ours, turn.taken_at.isoformat(), flush=True)
    finally:
        await database.dispose()
