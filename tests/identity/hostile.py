"""How hostile tokens are made.

A case makes its token from an issuer that would otherwise be believed; unless a case is about the signature, the token
is *properly signed*, so that nothing but the named check can be what refuses it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.identity.issuer import NOW, TestIssuer, encode

NOW_SECONDS = int(NOW.timestamp())
CANARY = "https://canary.example/keys"
"""Named by many tokens, asked by nobody."""

Case = Callable[[TestIssuer], str]
Corpus = dict[str, tuple[str, Case]]
"""What a case is called → the code of the error that it must get, and how it is made."""


def header(**changes: Any) -> Case:
    """Other header parameters."""
    return lambda issuer: issuer.mint(header=changes)


def claims(**changes: Any) -> Case:
    """Other claims, under the standard names."""
    return lambda issuer: issuer.mint(**changes)


def segments(change: Callable[[list[str]], str]) -> Case:
    """An honest token's three segments, put together differently."""
    return lambda issuer: change(issuer.mint().split("."))


def raw_claims(change: Callable[[str], str]) -> Case:
    """The payload's JSON, changed as text and signed."""
    return lambda issuer: issuer.sign(change(json.dumps(issuer.claims())).encode())


def raw_header(written: str) -> Case:
    """The header's JSON as it is given, over honest claims, signed; $alg, $kid and $typ are filled in."""

    def case(issuer: TestIssuer) -> str:
        filled = written.replace("$kid", issuer.key_id).replace("$alg", issuer.algorithm)
        filled = filled.replace("$typ", issuer.trusted.jwt_type)
        return issuer.sign_raw(filled.encode("utf-8", "surrogatepass"), json.dumps(issuer.claims()).encode())

    return case


def with_signature(make: Callable[[TestIssuer, bytes], bytes]) -> Case:
    """An honest token under another signature, made from its signing input."""

    def case(issuer: TestIssuer) -> str:
        signing_input = issuer.mint().rpartition(".")[0]
        return f"{signing_input}.{encode(make(issuer, signing_input.encode()))}"

    return case
