"""A simulated national identity provider: OpenID Connect over HTTP for synthetic people, demo mode only."""

from __future__ import annotations

from simulators.identity_provider.app import NotInDemoMode, create_identity_provider
from simulators.identity_provider.clients import CLIENTS, PAGES_CLIENT, Client, pages_clients

__all__ = ["CLIENTS", "PAGES_CLIENT", "Client", "NotInDemoMode", "create_identity_provider", "pages_clients"]
