"""Hostile proofs of possession, each with the code of the one reason for which it must be refused.

A case makes a proof for a token that is bound to the holder's key. Unless a case is about the signature, the proof is
*properly signed* by that key, so that nothing but the named check can be what refuses it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from tests.identity.hostile_tokens import _not_canonical
from tests.identity.issuer import NOW, OMIT, encode
from tests.identity.proofs import ADDRESS, METHOD, ProofHolder

NOW_SECONDS = int(NOW.timestamp())
Case = Callable[[ProofHolder, str], str]
_INVALID = "invalid_dpop_proof"


def _header(**header: Any) -> Case:
    return lambda holder, token: holder.prove(token, header=header)


def _claims(**claims: Any) -> Case:
    return lambda holder, token: holder.prove(token, **claims)


def _jwk(**members: Any) -> Case:
    """Further members leave the thumbprint as it is."""
    return lambda holder, token: holder.prove(token, header={"jwk": holder.jwk | members})


def _segments(change: Callable[[list[str]], str]) -> Case:
    return lambda holder, token: change(holder.prove(token).split("."))


def _raw(change_header: Callable[[str], str], change_claims: Callable[[str], str]) -> Case:
    def case(holder: ProofHolder, token: str) -> str:
        header = json.dumps({"typ": "dpop+jwt", "alg": holder.algorithm, "jwk": holder.jwk})
        claims = json.dumps(holder.claims(token))
        return holder.sign(change_header(header).encode(), change_claims(claims).encode())

    return case


def _same(text: str) -> str:
    return text


def _signed_by_public_key(holder: ProofHolder, token: str) -> str:
    """The classic confusion: HMAC keyed with the public key beside it."""
    header = encode(json.dumps({"typ": "dpop+jwt", "alg": "HS256", "jwk": holder.jwk}).encode())
    signing_input = f"{header}.{encode(json.dumps(holder.claims(token)).encode())}"
    tag = hmac.digest(json.dumps(holder.jwk).encode(), signing_input.encode(), hashlib.sha256)
    return f"{signing_input}.{encode(tag)}"


def _unsigned(holder: ProofHolder, token: str) -> str:
    header = encode(json.dumps({"typ": "dpop+jwt", "alg": "none", "jwk": holder.jwk}).encode())
    return f"{header}.{encode(json.dumps(holder.claims(token)).encode())}."


def _of_a_stranger(holder: ProofHolder, token: str) -> str:
    """Perfect, but for a key that the token is not bound to: what a thief can make."""
    return ProofHolder(holder.algorithm).prove(token)


def _signed_by_a_stranger(holder: ProofHolder, token: str) -> str:
    return ProofHolder(holder.algorithm).prove(token, header={"jwk": holder.jwk})


def _changed_after_signing(holder: ProofHolder, token: str) -> str:
    header, _, signature = holder.prove(token).split(".")
    return f"{header}.{encode(json.dumps(holder.claims(token, jti='another')).encode())}.{signature}"


PROOFS: dict[str, tuple[str, Case]] = {
    # form
    "empty": (_INVALID, lambda _, __: ""),
    "no proof at all": (_INVALID, lambda _, __: "proof"),
    "two proofs in one header": (_INVALID, lambda h, t: f"{h.prove(t)}, {h.prove(t)}"),
    "two proofs without a blank": (_INVALID, lambda h, t: f"{h.prove(t)},{h.prove(t)}"),
    "two segments": (_INVALID, _segments(lambda s: ".".join(s[:2]))),
    "four segments": (_INVALID, _segments(lambda s: ".".join([*s, s[2]]))),
    "five segments, a JWE": (_INVALID, _segments(lambda s: ".".join([*s, s[0], s[0]]))),
    "JSON serialisation": (
        _INVALID,
        _segments(lambda s: json.dumps({"protected": s[0], "payload": s[1], "signature": s[2]})),
    ),
    "a space before": (_INVALID, _segments(lambda s: " " + ".".join(s))),
    "a newline after": (_INVALID, _segments(lambda s: ".".join(s) + "\n")),
    "padding": (_INVALID, _segments(lambda s: ".".join(s) + "==")),
    "the other base64 alphabet": (_INVALID, _segments(lambda s: f"{s[0]}.{s[1]}.+/{s[2][2:]}")),
    "unused bits set in the signature": (_INVALID, _segments(lambda s: f"{s[0]}.{s[1]}.{_not_canonical(s[2])}")),
    "more than 8 KiB": (_INVALID, _claims(padding="x" * 8192)),
    "the access token itself": (_INVALID, lambda _, token: token),
    # JSON
    "header with a duplicate member": (_INVALID, _raw(lambda h: h[:-1] + ', "typ": "dpop+jwt"}', _same)),
    "key with a duplicate member": (_INVALID, _raw(lambda h: h.replace('"crv"', '"crv": "P-384", "crv"'), _same)),
    "claims with a duplicate member": (_INVALID, _raw(_same, lambda c: c[:-1] + ', "jti": "other"}')),
    "claims with NaN": (_INVALID, _raw(_same, lambda c: c[:-1] + ', "x": NaN}')),
    "claims with a lone surrogate": (_INVALID, _raw(_same, lambda c: c[:-1] + ', "x": "\\ud800"}')),
    "claims are a list": (_INVALID, _raw(_same, lambda c: f"[{c}]")),
    "claims after claims": (_INVALID, _raw(_same, lambda c: c + c)),
    # header
    "without typ": (_INVALID, _header(typ=OMIT)),
    "typ of any JWT": (_INVALID, _header(typ="JWT")),
    "typ of an access token": (_INVALID, _header(typ="at+jwt")),
    "typ in capitals": (_INVALID, _header(typ="DPoP+JWT")),
    "typ is a list": (_INVALID, _header(typ=["dpop+jwt"])),
    "without alg": (_INVALID, _header(alg=OMIT)),
    "alg none without signature": (_INVALID, _unsigned),
    "alg none": (_INVALID, _header(alg="none")),
    "alg in small letters": (_INVALID, _header(alg="es256")),
    "alg of another kind of key": (_INVALID, _header(alg="RS256")),
    "alg of another curve": (_INVALID, _header(alg="ES384")),
    "alg is a number": (_INVALID, _header(alg=256)),
    "alg is a list": (_INVALID, _header(alg=["ES256"])),
    "HMAC with the public key": (_INVALID, _signed_by_public_key),
    "without jwk": (_INVALID, _header(jwk=OMIT)),
    "jwk is null": (_INVALID, _header(jwk=None)),
    "jwk is text": (_INVALID, lambda h, t: h.prove(t, header={"jwk": json.dumps(h.jwk)})),
    "jwk is a list": (_INVALID, lambda h, t: h.prove(t, header={"jwk": [h.jwk]})),
    "jwk is empty": (_INVALID, _header(jwk={})),
    "jwk lacks a coordinate": (
        _INVALID,
        lambda h, t: h.prove(t, header={"jwk": {n: v for n, v in h.jwk.items() if n != "y"}}),
    ),
    "jwk with its private half": (_INVALID, lambda h, t: h.prove(t, header={"jwk": h.private_jwk})),
    "jwk with an empty private half": (_INVALID, _jwk(d="")),
    "jwk with a shared secret": (_INVALID, _jwk(k="AAAA")),
    "jwk for encryption": (_INVALID, _jwk(use="enc")),
    "jwk that only signs": (_INVALID, _jwk(key_ops=["sign"])),
    "jwk for another algorithm": (_INVALID, _jwk(alg="ES384")),
    "jwk of no algorithm": (_INVALID, _jwk(alg="none")),
    "a key name beside": (_INVALID, _header(kid="key-1")),
    "crit beside": (_INVALID, _header(crit=["exp"])),
    "jku beside": (_INVALID, _header(jku="https://evil.example/jwks")),
    "x5c beside": (_INVALID, _header(x5c=["AAAA"])),
    "b64 beside": (_INVALID, _header(b64=False)),
    # signature
    "of a stranger's key": (_INVALID, _of_a_stranger),
    "signed by a stranger": (_INVALID, _signed_by_a_stranger),
    "changed after signing": (_INVALID, _changed_after_signing),
    "signature of zeros": (_INVALID, _segments(lambda s: f"{s[0]}.{s[1]}.{encode(bytes(64))}")),
    "signature cut": (_INVALID, _segments(lambda s: f"{s[0]}.{s[1]}.{s[2][:40]}")),
    # jti
    "without jti": (_INVALID, _claims(jti=OMIT)),
    "jti is empty": (_INVALID, _claims(jti="")),
    "jti is a number": (_INVALID, _claims(jti=1)),
    "jti too long": (_INVALID, _claims(jti="j" * 256)),
    "jti with a control character": (_INVALID, _claims(jti="a\u0000b")),
    "jti beyond ASCII": (_INVALID, _claims(jti="một")),
    # htm
    "without htm": (_INVALID, _claims(htm=OMIT)),
    "htm of another method": (_INVALID, _claims(htm="GET")),
    "htm in small letters": (_INVALID, _claims(htm=METHOD.lower())),
    "htm is a list": (_INVALID, _claims(htm=[METHOD])),
    # htu
    "without htu": (_INVALID, _claims(htu=OMIT)),
    "htu is a list": (_INVALID, _claims(htu=[ADDRESS])),
    "htu of another path": (_INVALID, _claims(htu="https://condau.example/v1/applications/1")),
    "htu with a slash more": (_INVALID, _claims(htu=ADDRESS + "/")),
    "htu with the path in capitals": (_INVALID, _claims(htu="https://condau.example/V1/applications")),
    "htu with an encoded slash": (_INVALID, _claims(htu="https://condau.example/v1%2Fapplications")),
    "htu of another host": (_INVALID, _claims(htu="https://evil.example/v1/applications")),
    "htu of a host that begins alike": (_INVALID, _claims(htu="https://condau.example.evil.example/v1/applications")),
    "htu with ours as user name": (_INVALID, _claims(htu="https://condau.example@evil.example/v1/applications")),
    "htu with any user name": (_INVALID, _claims(htu="https://me@condau.example/v1/applications")),
    "htu without TLS": (_INVALID, _claims(htu="http://condau.example/v1/applications")),
    "htu of another port": (_INVALID, _claims(htu="https://condau.example:8443/v1/applications")),
    "htu without scheme": (_INVALID, _claims(htu="//condau.example/v1/applications")),
    "htu without host": (_INVALID, _claims(htu="/v1/applications")),
    "htu with backslashes": (_INVALID, _claims(htu="https:\\\\condau.example\\v1\\applications")),
    "htu with a blank": (_INVALID, _claims(htu=f" {ADDRESS}")),
    "htu with a newline": (_INVALID, _claims(htu=f"{ADDRESS}\n")),
    "htu with a broken escape": (_INVALID, _claims(htu=f"{ADDRESS}?%zz")),
    "htu too long": (_INVALID, _claims(htu=f"{ADDRESS}?{'x' * 2048}")),
    "htu beyond ASCII": (_INVALID, _claims(htu="https://condau.example/v1/applications?ệ")),
    # iat
    "without iat": (_INVALID, _claims(iat=OMIT)),
    "iat with a fraction": (_INVALID, _claims(iat=NOW_SECONDS + 0.5)),
    "iat is text": (_INVALID, _claims(iat=str(NOW_SECONDS))),
    "iat is true": (_INVALID, _claims(iat=True)),
    "iat is huge": (_INVALID, _claims(iat=10**30)),
    "iat is negative": (_INVALID, _claims(iat=-1)),
    # ath
    "without ath": (_INVALID, _claims(ath=OMIT)),
    "ath of another token": (_INVALID, lambda h, t: h.prove(f"{t}x")),
    "ath is empty": (_INVALID, _claims(ath="")),
    "ath is null": (_INVALID, _claims(ath=None)),
    "ath is the token": (_INVALID, lambda h, t: h.prove(t, ath=t)),
    "ath in hexadecimal": (_INVALID, lambda h, t: h.prove(t, ath=hashlib.sha256(t.encode()).hexdigest())),
    "ath with padding": (_INVALID, lambda h, t: h.prove(t, ath=h.claims(t)["ath"] + "=")),
    "ath of half the digest": (_INVALID, lambda h, t: h.prove(t, ath=encode(hashlib.sha256(t.encode()).digest()[:16]))),
    "ath beyond ASCII": (_INVALID, _claims(ath="ệ" * 43)),
    "exp has passed": (_INVALID, _claims(exp=NOW_SECONDS - 30)),
    "exp is text": (_INVALID, _claims(exp="never")),
    "nbf in the future": (_INVALID, _claims(nbf=NOW_SECONDS + 31)),
    "nbf is text": (_INVALID, _claims(nbf="soon")),
}
"""Refused whatever the server's nonces; the holder signs with ES256."""

OUT_OF_TIME: dict[str, tuple[str, Case]] = {
    "iat too long ago": (_INVALID, _claims(iat=NOW_SECONDS - 91)),
    "iat in the future": (_INVALID, _claims(iat=NOW_SECONDS + 31)),
}
"""Refused where no nonce tells the proof's age."""

NONCES: dict[str, tuple[str, Case]] = {
    "without nonce": ("use_dpop_nonce", _claims()),
    "nonce is null": ("use_dpop_nonce", _claims(nonce=None)),
    "nonce is a number": ("use_dpop_nonce", _claims(nonce=7)),
    "nonce is empty": ("use_dpop_nonce", _claims(nonce="")),
    "nonce invented": ("use_dpop_nonce", _claims(nonce=f"{NOW_SECONDS}.{'A' * 43}")),
    "nonce too large to be a second": ("use_dpop_nonce", _claims(nonce=f"{'9' * 13}.{'A' * 43}")),
    "nonce with digits of another script": ("use_dpop_nonce", _claims(nonce=f"١٢٣.{'A' * 43}")),
}
"""Refused where nonces are asked for, with a fresh one in the refusal."""
