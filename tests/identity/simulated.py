"""The simulated identity provider without a socket, as an issuer that pages sign people in at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from identity.citizen import AssuranceLevel
from identity.errors import ProviderUnavailable
from identity.fetch import Answer, Ask
from identity.officials_register import FindOfficial, nobody_registered
from identity.trusted_issuer import OwnClient, TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from simulators.identity_provider import CLIENTS, PAGES_CLIENT, create_identity_provider, pages_clients

PROVIDER = "https://provider.example"
SERVICE = "https://condau.example"
NAMES = {"citizens": "citizens", "officials": "officials"}
MINH_ANH, BINH, HA = "nguyen-thi-minh-anh", "tran-van-binh", "pham-thu-ha"
"""A citizen of level 2, one of level 1, and a caseworker."""

Tamper = Callable[[Ask, Answer], Answer]


def trusted_issuer(people: str, base_url: str, **changed: Any) -> TrustedIssuer:
    settings: dict[str, Any] = {
        "name": people,
        "title": f"Provider of {people}",
        "issuer": f"{base_url}/{people}",
        "audiences": (f"{SERVICE}/api",),
        "algorithms": ("ES256",),
        "people": people,
        "levels": {"level-1": AssuranceLevel.LEVEL_1, "level-2": AssuranceLevel.LEVEL_2},
        "token_kinds": ("jwt_access_token", "sign_in"),
        "own_client": OwnClient(client_id=PAGES_CLIENT),
    }
    return TrustedIssuer(**(settings | changed))


class SimulatedProvider:
    """`available` takes it off the net, `tamper` changes its answers, `asked` lists what the service asked it for.

    notices: (address, logout token) of those that it would have sent.
    """

    def __init__(self, clock: Callable[[], datetime], *, service: str = SERVICE) -> None:
        self.app = create_identity_provider(
            PROVIDER,
            demo=True,
            clock=clock,
            clients=[*CLIENTS.values(), *pages_clients(service, NAMES)],
            notify=self._note,
        )
        self.notices: list[tuple[str, str]] = []
        self.available = True
        self.tamper: Tamper = lambda _, answer: answer
        self.asked: list[Ask] = []

    async def _note(self, address: str, logout_token: str) -> None:
        self.notices.append((address, logout_token))

    def client(self, **options: Any) -> httpx.AsyncClient:
        """A browser at the provider."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), **options)

    async def fetch(self, ask: Ask) -> Answer:
        """As `Fetch`."""
        self.asked.append(ask)
        if not self.available:
            raise ProviderUnavailable
        headers = {} if ask.authorization is None else {"Authorization": ask.authorization}
        async with self.client(headers=headers) as http:
            answer = await (http.get(ask.address) if ask.form is None else http.post(ask.address, data=dict(ask.form)))
        if answer.status_code not in (200, 400, 401, 403):
            raise ProviderUnavailable
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        return self.tamper(ask, Answer(answer.status_code, answer.content, media_type))

    def issuers(
        self,
        *,
        find_official: FindOfficial = nobody_registered,
        kinds: tuple[str, ...] = ("citizens", "officials"),
        changed: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> TrustedIssuers:
        """changed: other settings, by the kind of people."""
        return TrustedIssuers(
            [trusted_issuer(people, PROVIDER, **(changed or {}).get(people, {})) for people in kinds],
            fetch=self.fetch,
            find_official=find_official,
        )

    async def authorize(self, address: str, person: str, **changed: str) -> str:
        """What a person's browser does there; returns the address that it is sent back to."""
        parts = urlsplit(address)
        asked = dict(parse_qsl(parts.query)) | {"login_hint": person, "prompt": "none"} | changed
        async with self.client() as http:
            answer = await http.get(f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode(asked)}")
        assert answer.status_code == 303, answer.text
        location: str = answer.headers["location"]
        return location


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))
