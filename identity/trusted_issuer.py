"""What an operator says about one issuer. Contradictions are refused at start, not at the first token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Final, Literal

from identity.algorithms import ALGORITHMS
from identity.citizen import AssuranceLevel
from identity.errors import MisconfiguredIssuer
from identity.fetch import is_safe_address

People = Literal["citizens", "officials", "machines"]
TokenKind = Literal["jwt_access_token", "opaque_access_token", "sign_in"]

MAX_PERIOD_SECONDS: Final = 30 * 86_400
"""The longest period that settings may name: evidence and keys older than that count nowhere."""

_PEOPLE = ("citizens", "officials", "machines")
_TOKEN_KINDS = ("jwt_access_token", "opaque_access_token", "sign_in")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimNames:
    """Under which name this issuer gives each claim; the defaults are the standard names used everywhere else."""

    personal_id: str = "personal_id"
    name: str = "name"
    birthdate: str = "birthdate"
    gender: str = "gender"
    acr: str = "acr"
    unit: str = "unit"
    roles: str = "roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Addresses at the issuer that its discovery document does not give, or that are pinned against it.

    authorization, token, userinfo, introspection, end_session: as in OpenID Connect Discovery 1.0 section 3 and
    RFC 8414 section 2. jwks: where the key set is.
    """

    authorization: str | None = None
    token: str | None = None
    userinfo: str | None = None
    introspection: str | None = None
    end_session: str | None = None
    jwks: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnClient:
    """This service as it is registered at the issuer: for sign-in on our pages and for asking about opaque tokens.

    client_secret: None for a public client, which PKCE protects alone. scopes: asked for at sign-in.
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ("openid",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedIssuer:
    """One issuer, pinned.

    name: short, of a-z, 0-9 and hyphens; for settings, metrics and addresses of our own. title: how people call it;
    the name where it is empty. kind: the adapter in
    `identity.providers`. issuer: exact `iss`. audiences: how the issuer names this service in `aud`, any of them.
    algorithms: accepted `alg` values, all of one family. people: whom it vouches for. token_kinds: what is taken for
    evidence. jwt_type: `typ` of its JWT access tokens; "JWT" is for issuers older than RFC 9068, whose ID
    tokens are then told apart by their claims. pinned_keys: a JWK Set, then none is ever fetched. levels: `acr` value
    to level, any other value is refused. Needed for citizens; for officials an empty map asks nothing about their
    sign-in, any other demands level 2 of them. max_age_seconds: longest time since `iat`.
    single_use_tokens: an access token is accepted once. unit_and_roles: where those of officials come from: "either"
    takes the officials' register where it knows the person and the claims elsewhere, "register" the register alone.
    own_client: needed for sign-in and opaque tokens. envelope_key: PEM of the private RSA key to which the provider
    encrypts its answers; account_types: the values of `accountType` that are a citizen's (VNeID only). The jwks_*
    periods are explained at `IssuerKeys`; none is longer than `MAX_PERIOD_SECONDS`.
    Raises MisconfiguredIssuer.
    """

    name: str
    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    people: People
    kind: str = "oidc"
    title: str = ""
    token_kinds: tuple[TokenKind, ...] = ("jwt_access_token",)
    jwt_type: Literal["at+jwt", "JWT"] = "at+jwt"
    endpoints: Endpoints = field(default_factory=Endpoints)
    pinned_keys: bytes | None = field(default=None, repr=False)
    own_client: OwnClient | None = None
    envelope_key: bytes | None = field(default=None, repr=False)
    account_types: tuple[str, ...] = ()
    claims: ClaimNames | None = None
    levels: Mapping[str, AssuranceLevel] = field(default_factory=dict)
    leeway_seconds: int = 30
    max_age_seconds: int = 3600
    single_use_tokens: bool = False
    unit_and_roles: Literal["either", "register"] = "either"
    jwks_lifetime_seconds: float = 300
    jwks_outage_seconds: float = 86_400
    jwks_retry_seconds: float = 5
    jwks_refetch_seconds: float = 60

    @property
    def shown_name(self) -> str:
        """For people who choose where to sign in."""
        return self.title or self.name

    def __post_init__(self) -> None:
        self._check_names()
        object.__setattr__(self, "algorithms", _one_family(self.name, self.algorithms))
        if self.people == "citizens" and not self.levels:
            raise self._wrong("no level is mapped, nobody could be accepted")
        if not all(isinstance(level, AssuranceLevel) for level in self.levels.values()):
            raise self._wrong("levels must map to assurance levels")
        object.__setattr__(self, "levels", MappingProxyType(dict(self.levels)))
        self._check_keys_and_client()
        if not 0 <= self.leeway_seconds <= 300:
            raise self._wrong("leeway_seconds must lie between 0 and 300")
        asking = (self.jwks_lifetime_seconds, self.jwks_retry_seconds, self.jwks_refetch_seconds)
        periods = (self.max_age_seconds, self.jwks_outage_seconds, *asking)
        if not all(0 < seconds <= MAX_PERIOD_SECONDS for seconds in periods):  # which NaN isn't either
            raise self._wrong("periods must be positive and at most 30 days")
        if self.jwks_outage_seconds < self.jwks_lifetime_seconds:
            raise self._wrong("jwks_outage_seconds must be no less than jwks_lifetime_seconds")

    def _check_names(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise self._wrong("a name has 1 to 64 of a-z, 0-9 and inner hyphens")
        audiences = self.audiences
        # a plain string would be read letter by letter
        if _is_text(audiences) or not audiences or not all(one and one == one.strip() for one in audiences):
            raise self._wrong("audiences must be a list of names, and not empty")
        object.__setattr__(self, "audiences", tuple(audiences))
        if not is_safe_address(self.issuer) or any(sign in self.issuer for sign in "|?# \t\r\n"):
            raise self._wrong("issuer must be a plain https address")
        if self.people not in _PEOPLE:
            raise self._wrong(f"people must be one of {', '.join(_PEOPLE)}")
        if _is_text(self.token_kinds) or not self.token_kinds or not set(self.token_kinds) <= set(_TOKEN_KINDS):
            raise self._wrong(f"token_kinds must be some of {', '.join(_TOKEN_KINDS)}")
        if _is_text(self.account_types):
            raise self._wrong("account_types must be a list")
        object.__setattr__(self, "account_types", tuple(self.account_types))
        object.__setattr__(self, "token_kinds", tuple(self.token_kinds))
        if self.jwt_type not in ("at+jwt", "JWT"):
            raise self._wrong("jwt_type must be 'at+jwt' or 'JWT'")
        if self.unit_and_roles not in ("either", "register"):
            raise self._wrong("unit_and_roles must be 'either' or 'register'")

    def _check_keys_and_client(self) -> None:
        for one in fields(self.endpoints):
            address = getattr(self.endpoints, one.name)
            if address is not None and not is_safe_address(address):
                raise self._wrong(f"endpoints.{one.name} must be an https address")
        if self.pinned_keys is not None and self.endpoints.jwks is not None:
            raise self._wrong("keys are either pinned or fetched, not both")
        needs_client = [kind for kind in ("opaque_access_token", "sign_in") if kind in self.token_kinds]
        if needs_client and (self.own_client is None or not self.own_client.client_id.strip()):
            raise self._wrong(f"{needs_client[0]} needs own_client with a client_id")
        if "opaque_access_token" in self.token_kinds and not (self.own_client and self.own_client.client_secret):
            raise self._wrong("opaque_access_token needs a client_secret: introspection answers to nobody unknown")
        own = self.own_client
        if self.jwt_type == "JWT" and own is not None and own.client_id in self.audiences:
            raise self._wrong("our client_id is no audience of access tokens: ID tokens would pass for them")
        if "sign_in" in self.token_kinds and self.people == "machines":
            raise self._wrong("machines do not sign in on pages")

    def _wrong(self, what: str) -> MisconfiguredIssuer:
        return MisconfiguredIssuer(f"trusted issuer {self.name!r}: {what}")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _one_family(name: str, algorithms: Iterable[str]) -> tuple[str, ...]:
    # a plain string would be read letter by letter
    listed = () if _is_text(algorithms) else tuple(algorithms)
    if not listed:
        raise MisconfiguredIssuer(f"trusted issuer {name!r}: algorithms must be a list, and not empty")
    unknown = [algorithm for algorithm in listed if algorithm not in ALGORITHMS]
    if unknown:
        raise MisconfiguredIssuer(f"trusted issuer {name!r}: algorithms {unknown} are not supported")
    if len({ALGORITHMS[algorithm].family for algorithm in listed}) > 1:
        raise MisconfiguredIssuer(f"trusted issuer {name!r}: algorithms mix families, pin one")
    return listed
