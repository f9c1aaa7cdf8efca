"""Kinds of identity providers. A new one is a file here and a line in `PROVIDERS`."""

from __future__ import annotations

from typing import Final

from identity.provider import ProviderFactory
from identity.providers.national_portal import NationalPortal
from identity.providers.oidc import OidcProvider
from identity.providers.vneid import VneidProvider

__all__ = ["PROVIDERS"]

PROVIDERS: Final[dict[str, ProviderFactory]] = {
    "national_portal": NationalPortal,
    "oidc": OidcProvider,
    "vneid": VneidProvider,
}
