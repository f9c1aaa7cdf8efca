"""The simulated provider as one ASGI app with three issuers: `{base}/citizens`, `/officials` and `/machines`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from simulators.identity_provider.clients import CLIENTS, Client
from simulators.identity_provider.logout import Notify, notify_over_http
from simulators.identity_provider.realm import Realm
from simulators.identity_provider.tokens import TokenMint, key_kept_in
from simulators.people import People, SyntheticCitizen, SyntheticOfficial, load_people


class NotInDemoMode(Exception):
    """Somebody tried to start simulated identities beside real ones."""


def create_identity_provider(
    base_url: str,
    *,
    demo: bool,
    clock: Callable[[], datetime],
    people: People | None = None,
    clients: Iterable[Client] = tuple(CLIENTS.values()),
    resource: str = "https://condau.example/api",
    access_token_seconds: int = 600,
    notify: Notify = notify_over_http,
    keys_folder: Path | None = None,
) -> Starlette:
    """An ASGI app that signs anybody in as any synthetic person, and a machine with its secret.

    base_url: where it will be reached, without a path's last slash. resource: `aud` of access tokens.
    people: those of `people.json` by default. notify: how applications learn of a sign-out.
    keys_folder: where the issuers' keys are kept; without one they are new at every start.
    Raises NotInDemoMode unless `demo`.
    """
    if demo is not True:
        raise NotInDemoMode("the simulated identity provider exists in demo mode only")
    people = people or load_people()
    base_url = base_url.rstrip("/")
    mounts = []
    realms: dict[str, Sequence[SyntheticCitizen | SyntheticOfficial]] = {
        "citizens": people.citizens,
        "officials": people.officials,
        "machines": (),
    }
    registrations = list(clients)
    for name, known in realms.items():
        key = key_kept_in(keys_folder / f"issuer-{name}.pem" if keys_folder else None)
        mint = TokenMint(f"{base_url}/{name}", resource, access_token_seconds, key)
        registered = {client.client_id: client for client in registrations if client.people == name}
        mounts.append(Mount(f"/{name}", routes=Realm(mint, known, registered, clock, notify).routes()))
    return Starlette(routes=mounts)
