"""Everything outside of the service, on one port of its own: identity provider, judicial register, payment gateway."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.routing import Mount

from .identity_provider import create_identity_provider
from .judicial_register import create_judicial_register
from .payment_gateway import create_payment_gateway


def create_outside_world(base_url: str, clock: Callable[[], datetime], *, demo: bool) -> Starlette:
    """Raises whatever the provider raises outside of demo mode: nothing simulated may run in production."""
    return Starlette(
        routes=[
            Mount("/register", create_judicial_register(clock)),
            Mount("/gateway", create_payment_gateway(clock)),
            Mount("/", create_identity_provider(base_url, clock=clock, demo=demo)),
        ]
    )
