"""Each kind of provider inside the test process, and each way in which it can prove who somebody is.

A house is an issuer with one honest citizen. Its `ways` bring evidence through the real verifiers; `told` replaces what
one of its endpoints answers, or is a function that answers; `asked` lists what it was asked. A new kind of provider
needs a line in `HOUSES`.
"""

from __future__ import annotations

import base64
import functools
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from identity.citizen import AssuranceLevel, Verified
from identity.errors import ProviderUnavailable
from identity.fetch import Answer, Ask
from identity.issuer_metadata import IssuerMetadata
from identity.officials_register import nobody_registered
from identity.person import make_person
from identity.provider import CodeToRedeem, Granted, Provider
from identity.providers import PROVIDERS
from identity.trusted_issuer import Endpoints, OwnClient, TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from tests.identity.issuer import LEVELS, NOW, OMIT, TestIssuer, encode

ISSUER = "https://issuer.example"
CLIENT_ID, CLIENT_SECRET = "condau", "secret-of-the-client"
NONCE, CODE, CODE_VERIFIER = "nonce-of-this-sign-in", "code-of-this-sign-in", "verifier-of-this-sign-in"
ACCESS_TOKEN = "access-token-of-this-sign-in"
REDIRECT_URI = "https://condau.example/sign-in/issuer"
SECRETS = (CLIENT_SECRET, NONCE, CODE, CODE_VERIFIER, ACCESS_TOKEN)
ENDPOINTS = ("authorization", "token", "userinfo", "introspection", "end_session")

Prove = Callable[..., Awaitable[Verified]]


def code(**changes: Any) -> CodeToRedeem:
    """What comes back from a sign-in and belongs to it."""
    honest: dict[str, Any] = {
        "code": CODE,
        "code_verifier": CODE_VERIFIER,
        "nonce": NONCE,
        "redirect_uri": REDIRECT_URI,
    }
    return CodeToRedeem(**honest | changes)


def as_answer(body: object, status: int = 200, media_type: str = "application/json") -> Answer:
    """An answer; what is neither bytes nor an answer becomes JSON."""
    if isinstance(body, Answer):
        return body
    return Answer(status, body if isinstance(body, bytes) else json.dumps(body).encode(), media_type)


def without_omitted(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not OMIT}


class OidcHouse(TestIssuer):
    """A standard provider with all its endpoints."""

    kind = "oidc"
    # claim of a person → under which name this kind gives it
    names: Mapping[str, str] = {name: name for name in ("personal_id", "name", "birthdate", "gender", "acr")}
    secrets = SECRETS

    def __init__(self, algorithm: str = "ES256", **settings: Any) -> None:
        kinds = ("jwt_access_token", "opaque_access_token", "sign_in")
        settings = {"kind": self.kind, "token_kinds": kinds} | settings
        settings.setdefault("own_client", OwnClient(client_id=CLIENT_ID, client_secret=CLIENT_SECRET))
        super().__init__(ISSUER, algorithm=algorithm, **settings)
        self.discovery |= {f"{name}_endpoint": f"{ISSUER}/{name}" for name in ENDPOINTS}
        self.asked: list[Ask] = []
        self.told: dict[str, object] = {}
        self.ways: dict[str, Prove] = {
            "a signed access token": self.by_jwt,
            "an opaque access token": self.by_opaque,
            "a sign-in": self.by_sign_in,
            "a sign-in and its user info": self.by_userinfo,
        }

    def person(self, **overrides: Any) -> dict[str, Any]:
        """What this kind says about the honest citizen, under its own names."""
        honest = {given: self.honest(standard) for standard, given in self.names.items()}
        return without_omitted(honest | overrides)

    def honest(self, standard: str) -> Any:
        return super().claims()[standard]

    def claims(self, at: Any = NOW, **overrides: Any) -> dict[str, Any]:
        standard = super().claims(at)
        rest = {name: value for name, value in standard.items() if name not in self.names}
        return without_omitted(rest | self.person() | overrides)

    def id_claims(self, **overrides: Any) -> dict[str, Any]:
        """An honest ID token's payload."""
        beyond = {"client_id": OMIT, "scope": OMIT, "jti": OMIT, "aud": CLIENT_ID, "nonce": NONCE}
        return self.claims(**beyond | {"auth_time": int(NOW.timestamp()) - 90} | overrides)

    def id_token(self, header: Mapping[str, Any] | None = None, **overrides: Any) -> str:
        payload = json.dumps(self.id_claims(**overrides)).encode()
        return self.sign(payload, {"typ": "JWT"} | dict(header or {}))

    def logout_token(self, header: Mapping[str, Any] | None = None, **overrides: Any) -> str:
        now = int(NOW.timestamp())
        honest = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now - 1,
            "exp": now + 119,
            "jti": "logout-1",
            "sub": "subject-1",
            "sid": "session-1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        payload = json.dumps(without_omitted(honest | overrides)).encode()
        return self.sign(payload, {"typ": "logout+jwt"} | dict(header or {}))

    async def fetch(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        endpoint = urlsplit(ask.address).path.removeprefix("/")
        told = self.told.get(endpoint)
        if callable(told):
            answer: Answer = await told(ask)
            return answer
        if endpoint in self.told:
            return as_answer(told)
        if endpoint == "introspection":
            return as_answer({"active": False})
        if endpoint in ENDPOINTS:
            raise ProviderUnavailable
        return await super().fetch(ask)

    def issuers(self) -> TrustedIssuers:
        return TrustedIssuers([self.trusted], fetch=self.fetch, clock=lambda: 0.0)

    def provider(self) -> Provider:
        metadata = IssuerMetadata(self.trusted, self.fetch, clock=lambda: 0.0)
        return PROVIDERS[self.kind](self.trusted, metadata, self.fetch)

    async def by_jwt(self, **overrides: Any) -> Verified:
        return await verify_token(self.mint(**overrides), self.issuers(), NOW)

    async def by_opaque(self, **overrides: Any) -> Verified:
        self.told.setdefault("introspection", {"active": True, "token_type": "Bearer"} | self.claims(**overrides))
        return await verify_token("opaque-token", self.issuers(), NOW)

    def granted(self, **overrides: Any) -> dict[str, Any]:
        """What the token endpoint answers."""
        return {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": self.id_token(**overrides)}

    async def redeem(self, **changes: Any) -> Granted:
        return await self.provider().redeem(code(**changes), NOW)

    async def by_sign_in(self, **overrides: Any) -> Verified:
        self.told.setdefault("token", self.granted(**overrides))
        self.told.setdefault("userinfo", {"sub": "subject-1"})
        return await self.person_of(await self.redeem())

    async def by_userinfo(self, **overrides: Any) -> Verified:
        """The person's claims come from the user-info endpoint, all but the level."""
        only_there = {given: OMIT for standard, given in self.names.items() if standard != "acr"}
        in_id_token = {name: value for name, value in overrides.items() if name not in only_there}
        self.told.setdefault("token", self.granted(**only_there | in_id_token))
        self.told.setdefault("userinfo", {"sub": "subject-1"} | self.person(**overrides))
        return await self.person_of(await self.redeem())

    async def person_of(self, granted: Granted) -> Verified:
        return await make_person(granted.claims, self.provider(), nobody_registered, NOW, client_id=CLIENT_ID)


class PortalHouse(OidcHouse):
    """The national portal: its names, its dates; no opaque tokens are known of it."""

    kind = "national_portal"
    names: Mapping[str, str] = {
        "personal_id": "SoDinhDanh",
        "name": "HoVaTen",
        "birthdate": "NgayThangNamSinh",
        "acr": "acr",
    }

    def __init__(self, algorithm: str = "ES256", **settings: Any) -> None:
        levels = LEVELS | {"LoA1": AssuranceLevel.LEVEL_2}
        super().__init__(algorithm, **{"token_kinds": ("jwt_access_token", "sign_in"), "levels": levels} | settings)
        del self.ways["an opaque access token"]

    def honest(self, standard: str) -> Any:
        return {"birthdate": "19940308", "acr": "LoA1"}.get(standard) or super().honest(standard)

    def claims(self, at: Any = NOW, **overrides: Any) -> dict[str, Any]:
        return super().claims(at, **{"TechID": "tech-1", "loginIdp": "idp-1"} | overrides)


@functools.cache
def envelope_key(bits: int = 2048, whose: str = "ours") -> rsa.RSAPrivateKey:
    """Made once for everybody who is named."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: Any) -> bytes:
    raw: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return raw


OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)


def enclose(content: object, **changes: Any) -> dict[str, Any]:
    """An envelope; aes_key, wrapped_key and sealed replace its parts, other names its members."""
    aes_key = changes.pop("aes_key", os.urandom(32))
    nonce = changes.pop("nonce", os.urandom(12))
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    wrapped = changes.pop("wrapped_key", None) or envelope_key().public_key().encrypt(aes_key, OAEP)
    sealed = changes.pop("sealed", None) or nonce + AESGCM(aes_key).encrypt(nonce, raw, None)
    honest = {"data": base64.b64encode(sealed).decode(), "key": base64.b64encode(wrapped).decode()}
    return without_omitted(honest | changes)


class VneidHouse:
    """VNeID, as far as it is known: two endpoints and their envelopes."""

    kind = "vneid"
    names: Mapping[str, str] = {
        "personal_id": "citizenPid",
        "name": "fullName",
        "birthdate": "birthDate",
        "acr": "accountLevel",
    }
    secrets = (*SECRETS, "PRIVATE KEY", encode(envelope_key().private_numbers().d.to_bytes(256))[:40])

    def __init__(self, **settings: Any) -> None:
        self.trusted = TrustedIssuer(**self.settings(**settings))
        self._provider: Provider | None = None
        self.asked: list[Ask] = []
        self.told: dict[str, object] = {}
        self.ways: dict[str, Prove] = {"a sign-in": self.by_sign_in}

    @staticmethod
    def settings(**changes: Any) -> dict[str, Any]:
        honest: dict[str, Any] = {
            "name": "vneid",
            "kind": "vneid",
            "issuer": ISSUER,
            "audiences": ("https://condau.example/api",),
            "algorithms": ("ES256",),
            "people": "citizens",
            "token_kinds": ("sign_in",),
            "endpoints": Endpoints(**{name: f"{ISSUER}/{name}" for name in ("authorization", "token", "userinfo")}),
            "own_client": OwnClient(client_id=CLIENT_ID, client_secret=CLIENT_SECRET),
            "envelope_key": pem(envelope_key()),
            "account_types": ("CITIZEN",),
            "levels": {"1": AssuranceLevel.LEVEL_1, "2": AssuranceLevel.LEVEL_2},
        }
        return without_omitted(honest | changes)

    def person(self, **overrides: Any) -> dict[str, Any]:
        honest = {
            "citizenPid": "001194000001",
            "fullName": "Nguyễn Thị Minh Anh",
            "birthDate": "1994-03-08",
            "accountType": "CITIZEN",
            "accountLevel": "2",
        }
        return without_omitted(honest | overrides)

    async def fetch(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        return as_answer(self.told[urlsplit(ask.address).path.removeprefix("/")])

    def issuers(self) -> TrustedIssuers:
        return TrustedIssuers([self.trusted], fetch=self.fetch, clock=lambda: 0.0)

    def provider(self) -> Provider:
        """The same one each time: reading its RSA key takes long."""
        if self._provider is None:
            metadata = IssuerMetadata(self.trusted, self.fetch, clock=lambda: 0.0)
            self._provider = PROVIDERS[self.kind](self.trusted, metadata, self.fetch)
        return self._provider

    async def redeem(self, **changes: Any) -> Granted:
        return await self.provider().redeem(code(**changes), NOW)

    async def by_sign_in(self, **overrides: Any) -> Verified:
        self.told.setdefault("token", enclose({"access_token": ACCESS_TOKEN, "token_type": "Bearer"}))
        self.told.setdefault("userinfo", enclose(self.person(**overrides)))
        return await self.person_of(await self.redeem())

    async def person_of(self, granted: Granted) -> Verified:
        return await make_person(granted.claims, self.provider(), nobody_registered, NOW, client_id=CLIENT_ID)


House = OidcHouse | VneidHouse

HOUSES: dict[str, Callable[[], House]] = {
    "oidc": OidcHouse,
    "national_portal": PortalHouse,
    "vneid": VneidHouse,
}
