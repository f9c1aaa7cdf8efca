"""One issuer of the simulated provider: what it publishes about itself, and the state that its endpoints share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.identity_provider.authorize import AuthorizeEndpoint
from simulators.identity_provider.clients import Client
from simulators.identity_provider.codes import Codes
from simulators.identity_provider.logout import LogoutEndpoint, Notify
from simulators.identity_provider.sessions import ProviderSessions
from simulators.identity_provider.token_endpoint import TokenEndpoint
from simulators.identity_provider.tokens import TokenMint
from simulators.people import SyntheticCitizen, SyntheticOfficial

_NO_STORE: Final = {"Cache-Control": "no-store"}


class Realm:
    """Discovery, keys and tokens; where there are people, also what they sign in and out with."""

    def __init__(
        self,
        mint: TokenMint,
        people: Iterable[SyntheticCitizen | SyntheticOfficial],
        clients: Mapping[str, Client],
        clock: Callable[[], datetime],
        notify: Notify,
    ) -> None:
        self.mint = mint
        self.people = {person.username: person for person in people}
        self.clients = clients
        self.clock = clock
        self.notify = notify
        self.sessions = ProviderSessions()
        self.codes = Codes()

    def routes(self) -> list[Route]:
        """Machines have no people: nobody signs in there."""
        routes = [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/jwks", self._jwks),
            Route("/token", TokenEndpoint(self).answer, methods=["POST"]),
        ]
        if self.people:
            routes += [
                Route("/authorize", AuthorizeEndpoint(self).answer),
                Route("/userinfo", self._userinfo, methods=["GET", "POST"]),
                Route("/logout", LogoutEndpoint(self, self.notify).answer, methods=["GET", "POST"]),
            ]
        return routes

    async def _discovery(self, _: Request) -> Response:
        issuer = self.mint.issuer
        published: dict[str, object] = {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code" if self.people else "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["none" if self.people else "client_secret_basic"],
            "dpop_signing_alg_values_supported": ["ES256"],
        }
        if self.people:
            published |= {
                "authorization_endpoint": f"{issuer}/authorize",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "end_session_endpoint": f"{issuer}/logout",
                "scopes_supported": sorted({one for client in self.clients.values() for one in client.scope.split()}),
                "response_modes_supported": ["query"],
                "code_challenge_methods_supported": ["S256"],
                "acr_values_supported": sorted({person.acr for person in self.people.values()}),
                "authorization_response_iss_parameter_supported": True,
                "prompt_values_supported": ["none", "login"],
                "backchannel_logout_supported": True,
                "backchannel_logout_session_supported": True,
            }
        return JSONResponse(published)

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse(self.mint.jwks())

    async def _userinfo(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        subject = self.mint.subject_of(token, self.clock()) if scheme.lower() == "bearer" else None
        for person in self.people.values():
            if person.subject == subject:
                return JSONResponse({"sub": subject, "acr": person.acr} | person.claims(), headers=_NO_STORE)
        return JSONResponse(
            {"error": "invalid_token"}, 401, _NO_STORE | {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        )
