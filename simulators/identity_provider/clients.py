"""The applications registered at the simulated provider. All are public clients: PKCE stands in for a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_CITIZEN_SCOPE: Final = "openid applications:read applications:write documents:read"


@dataclass(frozen=True, slots=True)
class Client:
    """people: whose issuer it is registered at, "citizens" or "officials". Redirect addresses match exactly.

    scope: what its access tokens permit, as a list in one string.
    """

    client_id: str
    people: str
    redirect_uris: tuple[str, ...]
    scope: str


CLIENTS: Final[Mapping[str, Client]] = {
    client.client_id: client
    for client in (
        Client("vneid-app", "citizens", ("https://vneid.example/callback",), _CITIZEN_SCOPE),
        Client("portal", "citizens", ("http://127.0.0.1:8000/portal/callback",), _CITIZEN_SCOPE),
        Client("one-stop-kiosk", "citizens", ("http://127.0.0.1:8000/kiosk/callback",), _CITIZEN_SCOPE),
        Client("desk", "officials", ("http://127.0.0.1:8000/desk/callback",), "openid desk"),
    )
}
