"""The applications registered at the simulated provider. People's are public clients: PKCE stands in for a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_CITIZEN_SCOPE: Final = "openid applications:read applications:write documents:read"
PAGES_CLIENT: Final = "condau-pages"
MACHINE_CLIENT: Final = "ward-office-system"
MACHINE_SECRET: Final = "a-simulation-keeps-no-secrets"  # noqa: S105 - it opens nothing but a simulation


@dataclass(frozen=True, slots=True)
class Client:
    """people: whose issuer it is registered at, "citizens", "officials" or "machines".

    Redirect addresses match exactly. scope: what its access tokens permit at most, as a list in one string.
    client_secret: of a machine. after_logout_uris: where people may be sent once they signed out. logout_uri: told when
    a session ends (OpenID Connect Back-Channel Logout 1.0).
    """

    client_id: str
    people: str
    redirect_uris: tuple[str, ...]
    scope: str
    client_secret: str | None = field(default=None, repr=False)
    after_logout_uris: tuple[str, ...] = ()
    logout_uri: str | None = None


CLIENTS: Final[Mapping[str, Client]] = {
    client.client_id: client
    for client in (
        Client("vneid-app", "citizens", ("https://vneid.example/callback",), _CITIZEN_SCOPE),
        Client("portal", "citizens", ("http://127.0.0.1:8000/portal/callback",), _CITIZEN_SCOPE),
        Client("one-stop-kiosk", "citizens", ("http://127.0.0.1:8000/kiosk/callback",), _CITIZEN_SCOPE),
        Client("desk", "officials", ("http://127.0.0.1:8000/desk/callback",), "openid desk"),
        Client(MACHINE_CLIENT, "machines", (), "agency:read", MACHINE_SECRET),
    )
}


def pages_clients(service_url: str, issuer_names: Mapping[str, str]) -> list[Client]:
    """The service's own pages as a client of each issuer.

    service_url: where the service is, without a closing slash. issuer_names: how it calls the issuers of "citizens"
    and "officials"; its addresses hold these names.
    """
    return [
        Client(
            PAGES_CLIENT,
            people,
            (f"{service_url}/sign-in/{name}/callback",),
            "openid",
            after_logout_uris=(f"{service_url}/signed-out",),
            logout_uri=f"{service_url}/sign-in/{name}/back-channel-logout",
        )
        for people, name in issuer_names.items()
    ]
