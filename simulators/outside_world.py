"""All that is outside of the service, on one port: identity provider, registers, payment gateway, timestamps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from .identity_provider import CLIENTS, Client, create_identity_provider
from .judicial_register import create_judicial_register
from .payment_gateway import create_payment_gateway
from .payment_notices import NoticeSender
from .population_register import create_population_register
from .sign_in_links import SignInLinks
from .timestamp_authority import TimestampAuthority, create_timestamp_authority

TOKEN_SECONDS = 3600
"""Long, so that whoever tries the service by hand need not sign in again and again."""


def create_outside_world(
    base_url: str,
    clock: Callable[[], datetime],
    *,
    demo: bool,
    links: SignInLinks | None = None,
    pages: Iterable[Client] = (),
    timestamps: TimestampAuthority | None = None,
    keys_folder: Path | None = None,
    notices: NoticeSender | None = None,
) -> Starlette:
    """pages: the service's own pages, registered at the provider beside the other clients. timestamps: without one
    nobody stamps anything. keys_folder: where the identity issuers' keys are kept. notices: tells the service of
    payments.

    Raises NotInDemoMode unless `demo`: nothing simulated may run in production.
    """
    provider = create_identity_provider(
        base_url,
        clock=clock,
        demo=demo,
        clients=(*CLIENTS.values(), *pages),
        access_token_seconds=TOKEN_SECONDS,
        keys_folder=keys_folder,
    )
    return Starlette(
        routes=[
            *([links.route()] if links else []),
            Mount("/register", create_judicial_register(clock)),
            Mount("/population", create_population_register(clock)),
            Mount("/gateway", create_payment_gateway(clock, notices)),
            *([Mount("/timestamps", create_timestamp_authority(timestamps, clock))] if timestamps else []),
            Mount("/", provider),
        ]
    )
