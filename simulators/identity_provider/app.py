"""The simulated provider as one ASGI app with two issuers: `{base}/citizens` and `{base}/officials`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.applications import Starlette
from starlette.routing import Mount

from simulators.identity_provider.clients import CLIENTS, Client
from simulators.identity_provider.realm import Realm
from simulators.identity_provider.tokens import TokenMint
from simulators.people import People, load_people


class NotInDemoMode(Exception):
    """Somebody tried to start simulated identities beside real ones."""


def create_identity_provider(
    base_url: str,
    *,
    demo: bool,
    clock: Callable[[], datetime],
    people: People | None = None,
    clients: Mapping[str, Client] = CLIENTS,
    resource: str = "https://condau.example/api",
    access_token_seconds: int = 600,
) -> Starlette:
    """An ASGI app that signs anybody in as any synthetic person.

    base_url: where it will be reached, without a path's last slash. resource: `aud` of access tokens.
    people: those of `people.json` by default. Keys are new at every start.
    Raises NotInDemoMode unless `demo`.
    """
    if demo is not True:
        raise NotInDemoMode("the simulated identity provider exists in demo mode only")
    people = people or load_people()
    base_url = base_url.rstrip("/")
    mounts = []
    for name, known in (("citizens", people.citizens), ("officials", people.officials)):
        mint = TokenMint(f"{base_url}/{name}", resource, access_token_seconds)
        registered = {client.client_id: client for client in clients.values() if client.people == name}
        mounts.append(Mount(f"/{name}", routes=Realm(mint, known, registered, clock).routes()))
    return Starlette(routes=mounts)
