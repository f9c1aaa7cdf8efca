"""Kinds of identity providers. A new one is a file here and a line in `PROVIDERS`."""

from __future__ import annotations

from typing import Final

from identity.providers.oidc import OidcProvider
from identity.providers.provider import Provider, ProviderFactory

__all__ = ["PROVIDERS", "Provider", "ProviderFactory"]

PROVIDERS: Final[dict[str, ProviderFactory]] = {
    "oidc": OidcProvider,
}
