"""Access tokens verified per second, from the text in the header to a verified citizen, beside bare PyJWT.

PyJWT gets a public key that is ready for use, and is asked for signature, required claims, audience, issuer and
time. In the details stands bare `cryptography`: the same key's `verify` over bytes that were taken apart before.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from statistics import median
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.measurement import Measurement, Run
from identity.verify_token import verify_token
from tests.identity.issuer import AUDIENCE, TestIssuer, trust

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")
PEOPLE = 256
REQUIRED = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]
# long enough that none runs out while it is measured
LIFETIME = timedelta(minutes=50)
_FAMILY, _GIVEN = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng"), ("Minh Anh", "Thu Hà", "Đức", "Văn Bình")


def measure(say: Callable[[str], None], *, turns: int = 41, tokens: int = 200) -> list[Measurement]:
    """Each algorithm in turns of `tokens` verifications by each side, one side right after the other."""
    return [asyncio.run(_measure_one(algorithm, say, turns, tokens)) for algorithm in ALGORITHMS]


async def _measure_one(algorithm: str, say: Callable[[str], None], turns: int, tokens: int) -> Measurement:
    issuer = TestIssuer(algorithm=algorithm)
    issuers = trust(issuer)
    prepared = [_prepare(issuer, number) for number in range(PEOPLE)]
    decode = partial(
        jwt.decode,
        key=_public(issuer),
        algorithms=[algorithm],
        audience=AUDIENCE,
        issuer=issuer.issuer,
        leeway=issuer.trusted.leeway_seconds,
        options={"require": REQUIRED},
    )
    for one in prepared:
        person = await verify_token(one.token, issuers, datetime.now(UTC))
        claims = decode(one.token)
        one.verify()
        if (person.issuer, person.subject) != (claims["iss"], claims["sub"]):
            raise AssertionError("both sides must find the same person")
    seconds: dict[str, list[float]] = {"ours": [], "pyjwt": [], "cryptography": []}
    for turn in range(turns):
        chosen = [prepared[(turn * tokens + number) % PEOPLE] for number in range(tokens)]
        first = time.perf_counter()
        for one in chosen:
            # one running loop, keys cached: nothing suspends, so that an await costs what a call costs
            await verify_token(one.token, issuers, datetime.now(UTC))
        second = time.perf_counter()
        for one in chosen:
            decode(one.token)
        third = time.perf_counter()
        for one in chosen:
            one.verify()
        fourth = time.perf_counter()
        for name, took in zip(seconds, (second - first, third - second, fourth - third), strict=True):
            seconds[name].append(took / tokens)
    runs = [
        Run(ours=1 / ours, baseline=1 / baseline)
        for ours, baseline in zip(seconds["ours"], seconds["pyjwt"], strict=True)
    ]
    details = _details(seconds, prepared, tokens)
    measured = Measurement(
        name=f"identity-{algorithm.lower()}",
        unit="tokens/s",
        ours_is=f"verify_token: {algorithm}, strict parse, all checks, a verified citizen; keys cached",
        baseline_is="jwt.decode with a prepared public key, required claims, audience, issuer, leeway",
        runs=runs,
        details=details,
    )
    say(
        f"{measured.name}: {measured.ours:,.0f} against {measured.baseline:,.0f} tokens/s, {measured.ratio:.2f} of "
        f"PyJWT, {details['ratio_to_cryptography']:.2f} of bare cryptography"
    )
    return measured


def _details(seconds: dict[str, list[float]], prepared: Sequence[_Prepared], tokens: int) -> dict[str, Any]:
    quietest = {name: min(each) for name, each in seconds.items()}
    to_cryptography = median(bare / ours for ours, bare in zip(seconds["ours"], seconds["cryptography"], strict=True))
    return {
        "tokens_per_turn": tokens,
        "token_characters": round(median(len(one.token) for one in prepared)),
        "versions": {name: version(name) for name in ("pyjwt", "cryptography")},
        "ratio_by_quietest": round(quietest["pyjwt"] / quietest["ours"], 3),
        "ratio_to_cryptography": round(to_cryptography, 3),
        "cryptography_per_second": round(1 / median(seconds["cryptography"]), 2),
        **{f"{name}_quietest_microseconds": round(each * 1e6, 2) for name, each in quietest.items()},
    }


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A token, and its signature's check by `cryptography` alone with everything taken apart before."""

    token: str
    verify: Callable[[], None]


def _prepare(issuer: TestIssuer, number: int) -> _Prepared:
    claims = issuer.claims(
        datetime.now(UTC),
        sub=f"{number:08x}-5d1c-4b7e-9a31-{number * 7919:012x}",
        jti=f"{number * 104729:032x}",
        exp=int((datetime.now(UTC) + LIFETIME).timestamp()),
        auth_time=int(datetime.now(UTC).timestamp()) - 90,
        name=f"{_FAMILY[number % 7]} {_GIVEN[number % 4]}",
        personal_id=f"001194{number:06d}",
    )
    # as JSON.stringify and Jackson write it, which most providers are made with
    token = issuer.sign(json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode())
    signing_input, _, encoded = token.rpartition(".")
    signature = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    return _Prepared(token, _bare_check(_public(issuer), issuer.algorithm, signing_input.encode(), signature))


def _public(issuer: TestIssuer) -> Any:
    return issuer.private_key.public_key()


def _bare_check(public_key: Any, algorithm: str, signed: bytes, signature: bytes) -> Callable[[], None]:
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        half = len(signature) // 2
        in_der = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
        return partial(public_key.verify, in_der, signed, ec.ECDSA(SHA256()))
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return partial(public_key.verify, signature, signed)
    assert isinstance(public_key, rsa.RSAPublicKey)
    pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=SHA256.digest_size)
    return partial(public_key.verify, signature, signed, pss if algorithm == "PS256" else padding.PKCS1v15(), SHA256())
