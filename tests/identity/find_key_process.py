"""A process of the service that looks for keys.

Says "ready", then for each line that it reads whether the key of that name was found.
"""

from __future__ import annotations

import asyncio
import sys

from identity.citizen import AssuranceLevel
from identity.errors import IdentityError
from identity.fetch import HttpFetch
from identity.issuer_metadata import IssuerMetadata, utc_now
from identity.trusted_issuer import TrustedIssuer
from storage.identity_stores import StoredDocuments
from storage.runner import Database


async def _find_keys(database_url: str, issuer: str, timeout_seconds: float) -> None:
    database = Database(database_url, clock=utc_now)
    trusted = TrustedIssuer(
        name="issuer",
        issuer=issuer,
        audiences=("condau",),
        algorithms=("ES256",),
        people="citizens",
        levels={"level-2": AssuranceLevel.LEVEL_2},
    )
    metadata = IssuerMetadata(
        trusted,
        HttpFetch(total_timeout_seconds=timeout_seconds),
        shared=StoredDocuments(database),
        fetch_seconds=timeout_seconds,
    )
    await database.is_ready()
    print("ready", flush=True)
    while name := (await asyncio.to_thread(sys.stdin.readline)).strip():
        try:
            print((await metadata.find_key(name)).key_id, flush=True)
        except IdentityError as refusal:
            print(refusal.code, flush=True)
    await database.dispose()


def find_keys(database_url: str, issuer: str, timeout_seconds: str) -> None:
    asyncio.run(_find_keys(database_url, issuer, float(timeout_seconds)))
