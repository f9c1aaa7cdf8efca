"""A simulated national identity provider: OpenID Connect over HTTP for synthetic people, demo mode only."""

from __future__ import annotations

from simulators.identity_provider.app import NotInDemoMode, create_identity_provider
from simulators.identity_provider.clients import CLIENTS, Client

__all__ = ["CLIENTS", "Client", "NotInDemoMode", "create_identity_provider"]
