"""What an issuer publishes: by discovery, by address or pinned, and how often it is asked for each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from identity.errors import MisconfiguredIssuer, ProviderUnavailable, UnknownKey
from identity.issuer_metadata import EndpointName, IssuerMetadata
from identity.trusted_issuer import Endpoints
from identity.verify_token import verify_token
from tests.identity.issuer import NOW, TestIssuer, trust
from tests.identity.shared import Clocks

ADDRESS = "https://issuer.example"
NAMES: tuple[EndpointName, ...] = ("authorization", "token", "userinfo", "introspection", "end_session")
ALL_PINNED = {name: f"https://pinned.example/{name}" for name in NAMES}


def metadata_of(issuer: TestIssuer, clocks: Clocks | None = None) -> IssuerMetadata:
    clocks = clocks or Clocks()
    return IssuerMetadata(issuer.trusted, issuer.fetch, clock=clocks, now=clocks.now)


def discovering(**settings: Any) -> TestIssuer:
    issuer = TestIssuer(ADDRESS, **settings)
    issuer.discovery |= {f"{name}_endpoint": f"{ADDRESS}/{name}" for name in NAMES}
    issuer.discovery["authorization_response_iss_parameter_supported"] = True
    return issuer


async def test_endpoints_come_from_one_discovery_document() -> None:
    issuer, clocks = discovering(jwks_lifetime_seconds=300), Clocks()
    metadata = metadata_of(issuer, clocks)
    for _ in range(3):
        assert [await metadata.endpoint(name) for name in NAMES] == [f"{ADDRESS}/{name}" for name in NAMES]
        assert await metadata.names_itself()
    assert len(issuer.fetched) == 1
    clocks.seconds += 600
    await metadata.endpoint("token")
    assert len(issuer.fetched) == 2


async def test_callers_at_one_time_share_one_discovery() -> None:
    issuer = discovering()
    metadata = metadata_of(issuer)
    await asyncio.gather(*(metadata.endpoint("token") for _ in range(20)), metadata.names_itself())
    assert len(issuer.fetched) == 1


async def test_the_last_good_discovery_outlives_an_outage_up_to_the_limit() -> None:
    issuer, clocks = discovering(jwks_lifetime_seconds=300, jwks_outage_seconds=3600), Clocks()
    metadata = metadata_of(issuer, clocks)
    await metadata.endpoint("token")
    issuer.available = False
    clocks.seconds += 3599
    assert await metadata.endpoint("token") == f"{ADDRESS}/token"
    clocks.seconds += 1
    with pytest.raises(ProviderUnavailable):
        await metadata.endpoint("token")


async def test_a_document_that_begins_to_lie_is_not_taken() -> None:
    issuer, clocks = discovering(jwks_lifetime_seconds=300, jwks_outage_seconds=3600), Clocks()
    metadata = metadata_of(issuer, clocks)
    await metadata.endpoint("token")
    issuer.discovery |= {"issuer": "https://evil.example", "token_endpoint": "https://evil.example/token"}
    clocks.seconds += 600
    assert await metadata.endpoint("token") == f"{ADDRESS}/token"
    clocks.seconds += 3000
    with pytest.raises(ProviderUnavailable, match="names another issuer"):
        await metadata.endpoint("token")


async def test_an_endpoint_that_nobody_names_is_none_and_an_unsafe_one_an_error() -> None:
    issuer = TestIssuer(ADDRESS)
    issuer.discovery |= {"token_endpoint": "http://issuer.example/token", "userinfo_endpoint": "https://localhost/"}
    metadata = metadata_of(issuer)
    assert await metadata.endpoint("end_session") is None
    assert not await metadata.names_itself()
    for name in NAMES[1:3]:
        with pytest.raises(ProviderUnavailable):
            await metadata.endpoint(name)


async def test_a_pinned_endpoint_wins_over_discovery() -> None:
    issuer = discovering(endpoints=Endpoints(token="https://pinned.example/token"))
    metadata = metadata_of(issuer)
    assert await metadata.endpoint("token") == "https://pinned.example/token"
    assert issuer.fetched == []
    assert await metadata.endpoint("userinfo") == f"{ADDRESS}/userinfo"


async def test_keys_at_an_address_are_had_without_discovery() -> None:
    issuer = TestIssuer(ADDRESS, endpoints=Endpoints(jwks=f"{ADDRESS}/jwks"))
    assert await verify_token(issuer.mint(), trust(issuer), NOW)
    assert issuer.fetched == [f"{ADDRESS}/jwks"]


async def test_a_flood_costs_an_issuer_with_an_address_one_request_a_minute() -> None:
    issuer = TestIssuer(ADDRESS, endpoints=Endpoints(jwks=f"{ADDRESS}/jwks"))
    issuers = trust(issuer)
    await verify_token(issuer.mint(), issuers, NOW)
    for number in range(100):
        with pytest.raises(UnknownKey):
            await verify_token(issuer.mint(header={"kid": f"invented-{number}"}), issuers, NOW)
    assert len(issuer.fetched) == 2


def pinned(*jwks: dict[str, Any] | str, **settings: Any) -> TestIssuer:
    return TestIssuer(ADDRESS, pinned_keys=json.dumps({"keys": jwks}).encode(), **settings)


async def test_pinned_keys_verify_and_nothing_is_fetched() -> None:
    key = TestIssuer(ADDRESS)
    issuer = pinned(key.public_jwk(), endpoints=Endpoints(**ALL_PINNED))
    issuers, metadata = trust(issuer), metadata_of(issuer)
    assert await verify_token(key.mint(), issuers, NOW)
    with pytest.raises(UnknownKey) as refusal:
        await verify_token(key.mint(header={"kid": "unknown"}), issuers, NOW)
    assert refusal.value.retry_after_seconds is None
    assert [await metadata.endpoint(name) for name in NAMES] == list(ALL_PINNED.values())
    assert not await metadata.names_itself()
    assert issuer.fetched == []


async def test_an_issuer_of_which_a_part_is_pinned_still_says_whether_it_names_itself() -> None:
    key = TestIssuer(ADDRESS)
    for endpoints in (Endpoints(), Endpoints(token=ALL_PINNED["token"])):
        issuer = pinned(key.public_jwk(), endpoints=endpoints)
        issuer.discovery["authorization_response_iss_parameter_supported"] = True
        assert await metadata_of(issuer).names_itself()


def _weak(_: dict[str, Any]) -> list[Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return [RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "weak"}]


MISTAKES: dict[str, Callable[[dict[str, Any]], list[Any]]] = {
    "none": lambda _: [],
    "one name twice": lambda jwk: [jwk, jwk],
    "no name": lambda jwk: [jwk, {name: value for name, value in jwk.items() if name != "kid"}],
    "private half": lambda jwk: [jwk, jwk | {"kid": "leaked", "d": "AA"}],
    "weak": _weak,
    "for encryption": lambda jwk: [jwk, jwk | {"kid": "other", "use": "enc"}],
    "symmetric": lambda jwk: [jwk, {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}],
    "no key at all": lambda jwk: [jwk, "key"],
    "too many": lambda jwk: [jwk | {"kid": f"key-{number}"} for number in range(65)],
    "for another algorithm": lambda jwk: [jwk | {"alg": "ES384"}],
}


@pytest.mark.parametrize("make", MISTAKES.values(), ids=MISTAKES)
def test_pinned_keys_that_cannot_be_used_are_refused_at_start(make: Callable[[dict[str, Any]], list[Any]]) -> None:
    issuer = pinned(*make(TestIssuer(ADDRESS).public_jwk()), name="ministry")
    with pytest.raises(MisconfiguredIssuer, match="'ministry': pinned_keys"):
        trust(issuer)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"not json", b'{"keys": 1}', b'{"keys": [], "keys": []}'])
def test_a_file_that_is_no_key_set_is_refused_at_start(raw: bytes) -> None:
    with pytest.raises(MisconfiguredIssuer, match="pinned_keys"):
        trust(TestIssuer(ADDRESS, pinned_keys=raw))
