"""Settings that would let nobody in, or anybody, are refused at start."""

from __future__ import annotations

import math
from typing import Any

import pytest

from identity.citizen import AssuranceLevel
from identity.errors import MisconfiguredIssuer, UntrustedIssuer
from identity.trusted_issuer import MAX_PERIOD_SECONDS, ClaimNames, Endpoints, OwnClient, TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from tests.identity.issuer import LEVELS

PERIODS = ("jwks_lifetime_seconds", "jwks_outage_seconds", "jwks_retry_seconds", "jwks_refetch_seconds")


def settings(**changes: Any) -> dict[str, Any]:
    return {
        "name": "vneid",
        "issuer": "https://issuer.example",
        "audiences": ("https://condau.example/api",),
        "algorithms": ("ES256",),
        "people": "citizens",
        "levels": LEVELS,
    } | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"audiences": ()},
        {"audiences": ("",)},
        {"audiences": ("  ",)},
        {"audiences": "https://condau.example/api"},
        {"issuer": ""},
        {"issuer": "http://issuer.example"},
        {"issuer": "https://issuer.example?x=1"},
        {"issuer": "https://issuer.example#x"},
        {"issuer": "https://issuer.example/a|b"},
        {"issuer": "https://user@issuer.example"},
        {"issuer": "https://issuer.example\n"},
        {"issuer": "issuer.example"},
        {"issuer": "https://xn--a"},
        {"issuer": "https://issuer.example:70000"},
        {"issuer": "https://is[suer.example"},
        {"people": "robots"},
        {"algorithms": ()},
        {"algorithms": "ES256"},
        {"algorithms": ("none",)},
        {"algorithms": ("HS256",)},
        {"algorithms": ("ES256", "RS256")},
        {"algorithms": ("RS256", "PS256")},
        {"algorithms": ("ES256", "es256")},
        {"levels": {}},
        {"levels": {"level-2": 2}},
        {"leeway_seconds": -1},
        {"leeway_seconds": 301},
        {"max_age_seconds": 0},
        {"jwks_lifetime_seconds": 0},
        {"jwks_retry_seconds": 0},
        {"jwks_refetch_seconds": 0},
        {"jwks_outage_seconds": 1},
        {"max_age_seconds": MAX_PERIOD_SECONDS + 1},
        *({name: wrong} for name in PERIODS for wrong in (-1, math.nan, -math.inf, math.inf, 1e15)),
        {"jwks_lifetime_seconds": math.inf, "jwks_outage_seconds": math.inf},
        {"jwks_lifetime_seconds": 1e15, "jwks_outage_seconds": 1e15},
        {"name": "VNeID"},
        {"name": "-vneid"},
        {"name": "vn/eid"},
        {"name": "v" * 65},
        {"token_kinds": ()},
        {"token_kinds": "sign_in"},
        {"token_kinds": ("id_token",)},
        {"token_kinds": ("sign_in",)},
        {"token_kinds": ("sign_in",), "own_client": OwnClient(client_id=" ")},
        {"token_kinds": ("sign_in",), "own_client": OwnClient(client_id="condau"), "people": "machines"},
        {"token_kinds": ("opaque_access_token",), "own_client": OwnClient(client_id="condau")},
        {"jwt_type": "jwt"},
        {"jwt_type": "JWT", "audiences": ("condau",), "own_client": OwnClient(client_id="condau")},
        {"unit_and_roles": "claims"},
        {"endpoints": Endpoints(token="http://issuer.example/token")},
        {"endpoints": Endpoints(token="https://xn--a/token")},
        {"endpoints": Endpoints(userinfo="https://user@issuer.example/userinfo")},
        {"endpoints": Endpoints(jwks="https://issuer.example/jwks"), "pinned_keys": b"{}"},
        {"account_types": "CITIZEN"},
    ],
    ids=str,
)
def test_contradictory_settings_are_refused(changes: dict[str, Any]) -> None:
    TrustedIssuer(**settings())
    with pytest.raises(MisconfiguredIssuer):
        TrustedIssuer(**settings(**changes))


def test_periods_may_be_as_long_as_is_said() -> None:
    longest = dict.fromkeys((*PERIODS, "max_age_seconds"), MAX_PERIOD_SECONDS)
    assert TrustedIssuer(**settings(**longest)).jwks_outage_seconds == MAX_PERIOD_SECONDS


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(TypeError):
        TrustedIssuer(**settings(verify_signature=False))
    with pytest.raises(TypeError):
        ClaimNames(full_name="x")  # type: ignore[call-arg]  # unknown on purpose


def test_settings_do_not_change_afterwards() -> None:
    levels = dict(LEVELS)
    trusted = TrustedIssuer(**settings(levels=levels))
    levels["level-0"] = AssuranceLevel.LEVEL_2
    assert "level-0" not in trusted.levels
    with pytest.raises(TypeError):
        trusted.levels["level-0"] = AssuranceLevel.LEVEL_2  # type: ignore[index]  # read-only is the point


def test_nobody_trusted_is_refused() -> None:
    with pytest.raises(MisconfiguredIssuer, match="nobody"):
        TrustedIssuers([])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "other"}, "address"),
        ({"issuer": "https://other.example"}, "named"),
        ({"name": "other", "issuer": "https://other.example", "kind": "saml"}, "kind"),
    ],
)
def test_issuers_that_cannot_be_told_apart_are_refused(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(MisconfiguredIssuer, match=reason):
        TrustedIssuers([TrustedIssuer(**settings()), TrustedIssuer(**settings(**changes))])


def test_two_issuers_of_opaque_tokens_are_refused() -> None:
    """An opaque token does not say whose it is, and would be shown to the wrong one."""
    opaque = {
        "token_kinds": ("opaque_access_token",),
        "own_client": OwnClient(client_id="condau", client_secret="not said to anybody else"),
    }
    other = {"name": "other", "issuer": "https://other.example"}
    TrustedIssuers([TrustedIssuer(**settings(**opaque)), TrustedIssuer(**settings(**other))])
    with pytest.raises(MisconfiguredIssuer, match="opaque"):
        TrustedIssuers([TrustedIssuer(**settings(**opaque)), TrustedIssuer(**settings(**opaque, **other))])


def test_settings_do_not_print_secrets() -> None:
    trusted = TrustedIssuer(
        **settings(
            own_client=OwnClient(client_id="condau", client_secret="a secret"),
            envelope_key=b"a key",
            pinned_keys=b"a set",
        )
    )
    assert not [secret for secret in ("a secret", "a key", "a set") if secret in repr(trusted)]


def test_issuers_are_listed_and_found_by_their_exact_address() -> None:
    trusted = TrustedIssuer(**settings())
    issuers = TrustedIssuers([trusted])
    assert list(issuers) == [trusted]
    assert issuers.provider_of("https://issuer.example").trusted is trusted
    with pytest.raises(UntrustedIssuer):
        issuers.provider_of("https://issuer.example/")
