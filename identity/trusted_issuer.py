"""What an operator says about one issuer. Contradictions are refused at start, not at the first token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from identity.algorithms import ALGORITHMS
from identity.citizen import AssuranceLevel
from identity.errors import MisconfiguredIssuer
from identity.fetch import is_safe_address

People = Literal["citizens", "officials"]


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
class TrustedIssuer:
    """One issuer, pinned.

    name: short, for settings and metrics. kind: the adapter in `identity.providers`. issuer: exact `iss`.
    audience: how the issuer names this service in `aud`. algorithms: accepted `alg` values, all of one family.
    people: whom it vouches for. levels: `acr` value to level, any other value is refused (citizens only).
    max_age_seconds: longest time since `iat`. The jwks_* periods are explained at `IssuerKeys`.
    Raises MisconfiguredIssuer.
    """

    name: str
    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    people: People
    kind: str = "oidc"
    claims: ClaimNames = field(default_factory=ClaimNames)
    levels: Mapping[str, AssuranceLevel] = field(default_factory=dict)
    leeway_seconds: int = 30
    max_age_seconds: int = 3600
    jwks_lifetime_seconds: float = 300
    jwks_outage_seconds: float = 86_400
    jwks_retry_seconds: float = 5
    jwks_refetch_seconds: float = 60

    def __post_init__(self) -> None:
        for value, what in ((self.name, "name"), (self.audience, "audience")):
            if not value.strip():
                raise MisconfiguredIssuer(f"trusted issuer {self.name!r}: {what} is empty")
        if not is_safe_address(self.issuer) or any(sign in self.issuer for sign in "|?# \t\r\n"):
            raise MisconfiguredIssuer(f"trusted issuer {self.name!r}: issuer must be a plain https address")
        if self.people not in ("citizens", "officials"):
            raise MisconfiguredIssuer(f"trusted issuer {self.name!r}: people must be 'citizens' or 'officials'")
        object.__setattr__(self, "algorithms", _one_family(self.name, self.algorithms))
        if self.people == "citizens" and not self.levels:
            raise MisconfiguredIssuer(f"trusted issuer {self.name!r}: no level is mapped, nobody could be accepted")
        if not all(isinstance(level, AssuranceLevel) for level in self.levels.values()):
            raise MisconfiguredIssuer(f"trusted issuer {self.name!r}: levels must map to assurance levels")
        object.__setattr__(self, "levels", MappingProxyType(dict(self.levels)))
        if not 0 <= self.leeway_seconds <= 300:
            raise MisconfiguredIssuer(f"trusted issuer {self.name!r}: leeway_seconds must lie between 0 and 300")
        periods = (self.jwks_lifetime_seconds, self.jwks_retry_seconds, self.jwks_refetch_seconds)
        if self.max_age_seconds <= 0 or min(periods) <= 0 or self.jwks_outage_seconds < self.jwks_lifetime_seconds:
            raise MisconfiguredIssuer(f"trusted issuer {self.name!r}: periods must be positive, the outage the longest")


def _one_family(name: str, algorithms: Iterable[str]) -> tuple[str, ...]:
    # a plain string would be read letter by letter
    listed = () if isinstance(algorithms, str) else tuple(algorithms)
    if not listed:
        raise MisconfiguredIssuer(f"trusted issuer {name!r}: algorithms must be a list, and not empty")
    unknown = [algorithm for algorithm in listed if algorithm not in ALGORITHMS]
    if unknown:
        raise MisconfiguredIssuer(f"trusted issuer {name!r}: algorithms {unknown} are not supported")
    if len({ALGORITHMS[algorithm].family for algorithm in listed}) > 1:
        raise MisconfiguredIssuer(f"trusted issuer {name!r}: algorithms mix families, pin one")
    return listed
