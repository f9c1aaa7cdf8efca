"""Keys: rotation, floods, outages, lying and leaking issuers. The clock is the test's; nothing waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from identity.errors import (
    AlgorithmNotAllowed,
    BadSignature,
    IdentityError,
    ProviderUnavailable,
    UnknownKey,
    UnusableKey,
)
from identity.fetch import Answer, Ask
from identity.key_set import parse_key_set
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import verify_token
from tests.identity.issuer import NOW, TestIssuer, trust


class Clock:
    """Seconds that only a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def loads(issuer: TestIssuer) -> int:
    """How often the issuer was asked for its keys."""
    return sum(address.endswith("openid-configuration") for address in issuer.fetched)


async def test_keys_are_fetched_once_and_then_nothing_suspends() -> None:
    issuer = TestIssuer()
    issuers = trust(issuer)
    await verify_token(issuer.mint(), issuers, NOW)
    verifying = verify_token(issuer.mint(), issuers, NOW)
    with pytest.raises(StopIteration):  # ran to its end without giving way to the event loop once
        verifying.send(None)
    assert loads(issuer) == 1


async def test_a_token_of_a_new_key_is_accepted_right_after_the_first_load() -> None:
    issuer, clock = TestIssuer(), Clock()
    issuers = trust(issuer, clock=clock)
    await verify_token(issuer.mint(), issuers, NOW)
    issuer.rotate()
    assert await verify_token(issuer.mint(), issuers, NOW)
    assert loads(issuer) == 2


async def test_rotation_while_requests_run_refuses_no_honest_token() -> None:
    issuer, clock = TestIssuer(), Clock()
    issuers = trust(issuer, clock=clock)
    for _ in range(5):
        old = [issuer.mint() for _ in range(20)]
        await asyncio.gather(*(verify_token(token, issuers, NOW) for token in old))
        issuer.rotate(keep_old=True)
        mixed = [*old, *(issuer.mint() for _ in range(20))]
        assert len(await asyncio.gather(*(verify_token(token, issuers, NOW) for token in mixed))) == 40
        clock.seconds += 60
    assert loads(issuer) == 6


async def test_a_flood_of_unknown_keys_asks_once_a_minute() -> None:
    issuer, clock = TestIssuer(), Clock()
    issuers = trust(issuer, clock=clock)
    honest = issuer.mint()
    await verify_token(honest, issuers, NOW)
    issuer.fetched.clear()

    async def refused(number: int) -> int | None:
        with pytest.raises(UnknownKey) as refusal:
            await verify_token(issuer.mint(header={"kid": f"invented-{number}"}), issuers, NOW)
        return refusal.value.retry_after_seconds

    for minute in range(3):
        flood = await asyncio.gather(*(refused(number) for number in range(3_334)))
        assert loads(issuer) == minute + 1
        assert set(flood) <= {None, 60}
        assert await verify_token(honest, issuers, NOW)
        clock.seconds += 59.5
        assert await refused(0) == 1
        assert loads(issuer) == minute + 1
        clock.seconds += 0.5


async def test_a_rotation_during_a_flood_is_seen_by_the_next_minute() -> None:
    issuer, clock = TestIssuer(), Clock()
    issuers = trust(issuer, clock=clock)
    await verify_token(issuer.mint(), issuers, NOW)
    with pytest.raises(UnknownKey):
        await verify_token(issuer.mint(header={"kid": "invented"}), issuers, NOW)
    issuer.rotate()
    clock.seconds += 20
    with pytest.raises(UnknownKey) as refusal:
        await verify_token(issuer.mint(), issuers, NOW)
    assert refusal.value.retry_after_seconds == 40  # an honest caller is told when to come back
    clock.seconds += 40
    assert await verify_token(issuer.mint(), issuers, NOW)


async def test_who_waited_for_an_older_answer_waits_for_the_next_one_too() -> None:
    issuer, clock = TestIssuer(jwks_lifetime_seconds=300), Clock()
    issuers = trust(issuer, clock=clock)
    old = issuer.mint()
    await verify_token(old, issuers, NOW)
    goes_on, fetch = asyncio.Event(), issuer.fetch

    async def answer_as_of_now(ask: Ask) -> Answer:
        answer = await fetch(ask)
        if ask.address.endswith("/jwks"):
            await goes_on.wait()
        return answer

    issuer.fetch = answer_as_of_now  # type: ignore[method-assign]  # a slow provider
    clock.seconds += 300
    await verify_token(old, issuers, NOW)  # starts a renewal
    await asyncio.sleep(0.01)  # the key set as it was is on its way
    issuer.rotate(keep_old=True)
    waiting = [asyncio.create_task(verify_token(issuer.mint(), issuers, NOW)) for _ in range(3)]
    await asyncio.sleep(0.01)
    goes_on.set()
    assert len(await asyncio.gather(*waiting)) == 3


async def test_a_renewal_that_fails_is_no_answer_about_an_unknown_key() -> None:
    issuer, clock = TestIssuer(jwks_lifetime_seconds=300, jwks_retry_seconds=5), Clock()
    issuers = trust(issuer, clock=clock)
    await verify_token(issuer.mint(), issuers, NOW)
    issuer.rotate()
    issuer.available = False
    clock.seconds += 300
    with pytest.raises(ProviderUnavailable) as refusal:
        await verify_token(issuer.mint(), issuers, NOW)
    assert refusal.value.retry_after_seconds == 5
    issuer.available = True
    clock.seconds += 5
    assert await verify_token(issuer.mint(), issuers, NOW)


async def test_a_key_set_that_shrinks_to_nothing_ends_the_last_good_one_soon() -> None:
    issuer, clock = TestIssuer(jwks_lifetime_seconds=300), Clock()
    issuers = trust(issuer, clock=clock)
    token, published = issuer.mint(), issuer.jwks
    await verify_token(token, issuers, NOW)
    issuer.jwks = {"keys": []}
    clock.seconds += 300
    for _ in range(2):  # for a blunder at the issuer there is time
        assert await verify_token(token, issuers, NOW)
        await asyncio.sleep(0.01)
        clock.seconds += 149
    clock.seconds += 2
    for available in (True, False):  # an outage after it prolongs nothing
        issuer.available = available
        with pytest.raises(ProviderUnavailable):
            await verify_token(token, issuers, NOW)
        clock.seconds += 5
    issuer.available, issuer.jwks = True, published
    clock.seconds += 5
    assert await verify_token(token, issuers, NOW)


async def test_a_withdrawn_key_dies_with_the_set_that_lacks_it() -> None:
    issuer, clock = TestIssuer(jwks_lifetime_seconds=300), Clock()
    issuers = trust(issuer, clock=clock)
    stolen = issuer.mint()
    await verify_token(stolen, issuers, NOW)
    issuer.rotate()
    assert await verify_token(issuer.mint(), issuers, NOW)
    with pytest.raises(UnknownKey):
        await verify_token(stolen, issuers, NOW)


async def test_known_keys_do_not_wait_for_a_fetch_that_hangs() -> None:
    issuer, clock = TestIssuer(), Clock()
    issuers = trust(issuer, clock=clock)
    honest = issuer.mint()
    await verify_token(honest, issuers, NOW)
    goes_on = asyncio.Event()
    fetch = issuer.fetch

    async def hang(ask: Ask) -> Answer:
        await goes_on.wait()
        return await fetch(ask)

    issuer.fetch = hang  # type: ignore[method-assign]  # a provider that became slow
    issuer.rotate(keep_old=True)
    waiting = [asyncio.create_task(verify_token(issuer.mint(), issuers, NOW)) for _ in range(50)]
    await asyncio.sleep(0)
    assert await verify_token(honest, issuers, NOW)
    waiting[0].cancel()  # whoever started the fetch may go away without taking it from the others
    await asyncio.sleep(0)
    goes_on.set()
    assert len(await asyncio.gather(*waiting[1:])) == 49
    assert loads(issuer) == 2


async def test_the_first_tokens_share_one_fetch() -> None:
    issuer = TestIssuer()
    issuers = trust(issuer)
    await asyncio.gather(*(verify_token(issuer.mint(), issuers, NOW) for _ in range(50)))
    assert loads(issuer) == 1


async def test_keys_are_renewed_in_the_background_when_they_age() -> None:
    issuer, clock = TestIssuer(jwks_lifetime_seconds=300), Clock()
    issuers = trust(issuer, clock=clock)
    token = issuer.mint()
    await verify_token(token, issuers, NOW)
    clock.seconds += 300
    await verify_token(token, issuers, NOW)
    await asyncio.sleep(0.01)
    assert loads(issuer) == 2


async def test_a_withdrawn_key_dies_even_after_a_long_silence() -> None:
    issuer, clock = TestIssuer(jwks_lifetime_seconds=300), Clock()
    issuers = trust(issuer, clock=clock)
    stolen = issuer.mint()
    await verify_token(stolen, issuers, NOW)
    issuer.rotate()
    clock.seconds += 600
    with pytest.raises(UnknownKey):
        await verify_token(stolen, issuers, NOW)


async def test_the_last_good_keys_outlive_an_outage_up_to_the_limit() -> None:
    issuer, clock = TestIssuer(jwks_outage_seconds=3600), Clock()
    issuers = trust(issuer, clock=clock)
    token = issuer.mint()
    await verify_token(token, issuers, NOW)
    issuer.available = False
    for _ in range(11):
        clock.seconds += 300
        assert await verify_token(token, issuers, NOW)
        await asyncio.sleep(0)
    clock.seconds += 300
    with pytest.raises(ProviderUnavailable):
        await verify_token(token, issuers, NOW)
    issuer.available = True
    clock.seconds += 5
    assert await verify_token(token, issuers, NOW)


async def test_tokens_do_not_wait_for_a_provider_that_is_known_to_be_down() -> None:
    issuer, clock = TestIssuer(jwks_lifetime_seconds=300), Clock()
    issuers = trust(issuer, clock=clock)
    token = issuer.mint()
    await verify_token(token, issuers, NOW)
    issuer.available = False
    clock.seconds += 900
    await verify_token(token, issuers, NOW)  # waits, and learns of the outage
    clock.seconds += 900
    with pytest.raises(StopIteration):
        verify_token(token, issuers, NOW).send(None)
    await asyncio.sleep(0.01)
    assert loads(issuer) == 3  # it is still being tried, behind the tokens' back


async def test_an_unknown_key_in_the_very_first_token_asks_once() -> None:
    issuer = TestIssuer()
    with pytest.raises(UnknownKey) as refusal:
        await verify_token(issuer.mint(header={"kid": "invented"}), trust(issuer), NOW)
    assert refusal.value.retry_after_seconds is None
    assert loads(issuer) == 1


async def test_a_provider_that_is_down_is_not_asked_for_every_token() -> None:
    issuer, clock = TestIssuer(jwks_retry_seconds=5), Clock()
    issuer.available = False
    issuers = trust(issuer, clock=clock)
    for _ in range(100):
        with pytest.raises(ProviderUnavailable) as refusal:
            await verify_token(issuer.mint(), issuers, NOW)
        assert refusal.value.retry_after_seconds == 5
    assert loads(issuer) == 1
    issuer.available = True
    clock.seconds += 5
    assert await verify_token(issuer.mint(), issuers, NOW)


async def test_an_unknown_key_during_an_outage_is_not_called_invalid() -> None:
    issuer, clock = TestIssuer(), Clock()
    issuers = trust(issuer, clock=clock)
    await verify_token(issuer.mint(), issuers, NOW)
    issuer.rotate()
    issuer.available = False
    with pytest.raises(ProviderUnavailable) as refusal:
        await verify_token(issuer.mint(), issuers, NOW)
    assert refusal.value.retry_after_seconds == 60


def test_the_cache_survives_a_change_of_event_loop() -> None:
    issuer = TestIssuer()
    issuers = trust(issuer)
    asyncio.run(verify_token(issuer.mint(), issuers, NOW))
    issuer.rotate()
    assert asyncio.run(verify_token(issuer.mint(), issuers, NOW))


def test_a_load_that_hangs_in_one_event_loop_does_not_concern_another() -> None:
    issuer = TestIssuer()
    issuers = trust(issuer)
    fetch, goes_on = issuer.fetch, asyncio.Event()

    async def hang(ask: Ask) -> Answer:
        await goes_on.wait()
        return await fetch(ask)

    issuer.fetch = hang  # type: ignore[method-assign]  # a provider that became slow
    elsewhere = asyncio.new_event_loop()
    hanging = elsewhere.create_task(verify_token(issuer.mint(), issuers, NOW))
    elsewhere.run_until_complete(asyncio.sleep(0))
    issuer.fetch = fetch  # type: ignore[method-assign]
    assert asyncio.run(verify_token(issuer.mint(), issuers, NOW))
    goes_on.set()
    assert elsewhere.run_until_complete(hanging)
    elsewhere.close()


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://evil.example"},
        {"issuer": "https://issuer.example/"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": ["https://issuer.example/jwks"]},
        {"jwks_uri": "http://issuer.example/jwks"},
        {"jwks_uri": "https://127.0.0.1/jwks"},
        {"jwks_uri": "http://localhost/jwks"},
        {"jwks_uri": "https://2130706433/jwks"},
        {"jwks_uri": "https://[::ffff:127.0.0.1]/jwks"},
        {"jwks_uri": "https://user@issuer.example/jwks"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://"},
        {"jwks_uri": "https://[::1/jwks"},
        {"jwks_uri": "https://xn--a/jwks"},
        {"jwks_uri": "https://issuer.example:70000/jwks"},
    ],
)
async def test_a_lying_discovery_document_is_not_followed(lie: dict[str, Any]) -> None:
    issuer = TestIssuer()
    issuer.discovery |= lie
    with pytest.raises(ProviderUnavailable):
        await verify_token(issuer.mint(), TrustedIssuers([issuer.trusted], fetch=issuer.fetch), NOW)
    assert len(issuer.fetched) == 1  # its fetch would have given the keys


Jwk = dict[str, Any]


def _weak_rsa() -> Jwk:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)


def _exponent_3() -> Jwk:
    key = rsa.generate_private_key(public_exponent=3, key_size=2048)
    return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)


def _curve(curve: ec.EllipticCurve) -> Callable[[Jwk], Jwk]:
    return lambda _: ECAlgorithm.to_jwk(ec.generate_private_key(curve).public_key(), as_dict=True)


UNUSABLE: dict[str, Callable[[Jwk], Jwk]] = {
    "for encryption": lambda jwk: jwk | {"use": "enc"},
    "for signing only": lambda jwk: jwk | {"key_ops": ["sign"]},
    "key_ops is text": lambda jwk: jwk | {"key_ops": "verify"},
    "key_ops empty": lambda jwk: jwk | {"key_ops": []},
    "use is a list": lambda jwk: jwk | {"use": ["sig"]},
    "broken private half published": lambda jwk: jwk | {"d": "AA"},
    "symmetric": lambda _: {"kty": "oct", "k": "c2VjcmV0"},
    "alg none": lambda jwk: jwk | {"alg": "none"},
    "alg HS256": lambda jwk: jwk | {"alg": "HS256"},
    "alg is a list": lambda jwk: jwk | {"alg": ["ES256"]},
    "unknown type": lambda jwk: jwk | {"kty": "XX"},
    "type is a list": lambda jwk: jwk | {"kty": ["EC"]},
    "unknown curve": lambda jwk: jwk | {"crv": "P-257"},
    "secp256k1": _curve(ec.SECP256K1()),
    "point not on the curve": lambda jwk: jwk | {"x": jwk["y"], "y": jwk["x"]},
    "coordinate too short": lambda jwk: jwk | {"x": "AA"},
    "coordinate is a number": lambda jwk: jwk | {"x": 1},
    "coordinate missing": lambda jwk: {name: value for name, value in jwk.items() if name != "y"},
    "RSA of 1024 bits": lambda _: _weak_rsa(),
    "RSA with exponent 3": lambda _: _exponent_3(),
    "RSA without modulus": lambda _: {"kty": "RSA", "e": "AQAB"},
    "RSA of nothing": lambda _: {"kty": "RSA", "n": "", "e": ""},
}


@pytest.mark.parametrize("spoil", UNUSABLE.values(), ids=UNUSABLE)
async def test_an_unusable_key_is_refused_and_the_others_still_serve(spoil: Callable[[Jwk], Jwk]) -> None:
    issuer = TestIssuer()
    honest, good = issuer.mint(), issuer.public_jwk()
    issuer.rotate()
    spoiled = spoil(issuer.public_jwk()) | {"kid": issuer.key_id}
    issuer.jwks = {"keys": [good, spoiled]}
    issuers = trust(issuer)
    assert await verify_token(honest, issuers, NOW)
    with pytest.raises(UnusableKey):
        await verify_token(issuer.mint(), issuers, NOW)


async def test_a_key_whose_private_half_is_published_is_refused() -> None:
    issuer = TestIssuer()
    honest, good = issuer.mint(), issuer.public_jwk()
    issuer.rotate()
    leaked = ECAlgorithm.to_jwk(issuer.private_key, as_dict=True) | {"kid": issuer.key_id}
    leaked.pop("key_ops", None)
    issuer.jwks = {"keys": [good, leaked]}
    assert await verify_token(honest, trust(issuer), NOW)
    with pytest.raises(UnusableKey):
        await verify_token(issuer.mint(), trust(issuer), NOW)


async def test_a_set_of_too_many_keys_is_not_read() -> None:
    issuer = TestIssuer()
    issuer.jwks["keys"] += [{}] * 63
    assert await verify_token(issuer.mint(), trust(issuer), NOW)
    issuer.jwks["keys"] += [{}]
    with pytest.raises(ProviderUnavailable):
        await verify_token(issuer.mint(), trust(issuer), NOW)


async def test_two_keys_of_one_name_are_both_refused() -> None:
    issuer = TestIssuer()
    token, first = issuer.mint(), issuer.public_jwk()
    issuer.rotate()
    issuer.jwks = {"keys": [first, issuer.public_jwk(), issuer.public_jwk() | {"kid": first["kid"]}]}
    with pytest.raises(UnusableKey):
        await verify_token(token, trust(issuer), NOW)
    assert await verify_token(issuer.mint(), trust(issuer), NOW)


@pytest.mark.parametrize(
    ("signed_with", "pinned", "key_says"),
    [
        ("RS256", ("ES256",), {}),  # another type of key
        ("ES384", ("ES256",), {}),  # another curve
        ("RS256", ("RS512",), {"alg": "RS256"}),  # another algorithm than the key's own
        ("RS256", ("PS256",), {"alg": "RS256"}),
    ],
)
async def test_the_algorithm_must_fit_the_key(signed_with: str, pinned: tuple[str, ...], key_says: Jwk) -> None:
    issuer = TestIssuer(algorithm=signed_with, algorithms=pinned)
    jwk = issuer.public_jwk()
    del jwk["alg"]
    issuer.jwks = {"keys": [jwk | key_says]}
    with pytest.raises(AlgorithmNotAllowed):
        await verify_token(issuer.mint(header={"alg": pinned[0]}), trust(issuer), NOW)


async def test_an_rsa_key_of_no_named_algorithm_serves_only_the_pinned_one() -> None:
    issuer = TestIssuer(algorithm="RS256", algorithms=("RS256", "RS512"))
    issuer.jwks["keys"][0].pop("alg")
    assert await verify_token(issuer.mint(), trust(issuer), NOW)
    with pytest.raises(BadSignature):
        await verify_token(issuer.mint(header={"alg": "RS512"}), trust(issuer), NOW)
    with pytest.raises(AlgorithmNotAllowed):
        await verify_token(issuer.mint(header={"alg": "PS256"}), trust(issuer), NOW)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": []}',
        b'{"keys": [1, null, [], {}]}',
        b'{"keys": [{"kid": 1, "kty": "EC"}]}',
        b'{"keys": [], "keys": []}',
        b"<html></html>",
        b"\xff\xfe",
    ],
)
def test_a_document_without_a_usable_key_is_an_outage_not_an_empty_set(document: bytes) -> None:
    with pytest.raises(ProviderUnavailable):
        parse_key_set(document)


async def test_a_fault_in_loading_is_not_hidden() -> None:
    issuer, clock = TestIssuer(), Clock()
    issuers, fetch = trust(issuer, clock=clock), issuer.fetch
    token, asked = issuer.mint(), 0

    async def fault(ask: Ask) -> Answer:
        nonlocal asked
        asked += 1
        raise ZeroDivisionError

    issuer.fetch = fault  # type: ignore[method-assign]  # a fault of ours
    with pytest.raises(ZeroDivisionError):
        await verify_token(token, issuers, NOW)
    with pytest.raises(ProviderUnavailable):  # nor repeated for every token
        await verify_token(token, issuers, NOW)
    assert asked == 1
    issuer.fetch = fetch  # type: ignore[method-assign]
    clock.seconds += 5
    assert await verify_token(token, issuers, NOW)


def test_every_refusal_is_a_leaf_with_a_code_of_its_own() -> None:
    leaves = IdentityError.__subclasses__()
    assert len({leaf.code for leaf in leaves}) == len(leaves)
    assert all(not leaf.__subclasses__() and leaf.code != IdentityError.code for leaf in leaves)
