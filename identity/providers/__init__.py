"""Kinds of identity providers. A new one is a file here and a line in `PROVIDERS`."""

from __future__ import annotations

from typing import Final

from identity.provider import ProviderFactory
from identity.providers.oidc import OidcProvider

__all__ = ["PROVIDERS"]

PROVIDERS: Final[dict[str, ProviderFactory]] = {
    "oidc": OidcProvider,
}
