"""Hostile tokens, each with the code of the one reason for which it must be refused.

A case makes its token from an issuer that would otherwise be believed; unless a case is about the signature, the token
is *properly signed*, so that nothing but the named check can be what refuses it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from jwt import PyJWS

from tests.identity.issuer import NOW, OMIT, TestIssuer, encode, generate_key

NOW_SECONDS = int(NOW.timestamp())
Case = Callable[[TestIssuer], str]


def _raw_claims(issuer: TestIssuer, change: Callable[[str], str]) -> str:
    return issuer.sign(change(json.dumps(issuer.claims())).encode())


def _raw_header(issuer: TestIssuer, header: str) -> str:
    filled = header.replace("$kid", issuer.key_id).replace("$alg", issuer.algorithm)
    return issuer.sign_raw(filled.encode(), json.dumps(issuer.claims()).encode())


def _header(**header: Any) -> Case:
    return lambda issuer: issuer.mint(header=header)


def _claims(**claims: Any) -> Case:
    return lambda issuer: issuer.mint(**claims)


def _segments(change: Callable[[list[str]], str]) -> Case:
    return lambda issuer: change(issuer.mint().split("."))


def _signed_by_public_key(issuer: TestIssuer) -> str:
    """The classic confusion: HMAC keyed with the published public key."""
    key = json.dumps(issuer.public_jwk()).encode()
    header = encode(json.dumps({"alg": "HS256", "kid": issuer.key_id, "typ": "at+jwt"}).encode())
    signing_input = f"{header}.{encode(json.dumps(issuer.claims()).encode())}"
    return f"{signing_input}.{encode(hmac.digest(key, signing_input.encode(), hashlib.sha256))}"


def _signed_by_stranger(issuer: TestIssuer) -> str:
    signing_input = issuer.mint().rpartition(".")[0]
    algorithm = PyJWS().get_algorithm_by_name(issuer.algorithm)
    return f"{signing_input}.{encode(algorithm.sign(signing_input.encode(), generate_key(issuer.algorithm)))}"


def _own_jwk(issuer: TestIssuer) -> str:
    """CVE-2018-0114: the attacker's own key comes along in the header."""
    attacker = TestIssuer(issuer.issuer, algorithm=issuer.algorithm)
    return attacker.mint(header={"jwk": attacker.public_jwk()})


def _flipped(token: str, position: int) -> str:
    return token[:position] + ("A" if token[position] != "A" else "E") + token[position + 1 :]


def _forged_claims(issuer: TestIssuer) -> str:
    header, _, signature = issuer.mint().split(".")
    return f"{header}.{encode(json.dumps(issuer.claims(name='Ai Đó')).encode())}.{signature}"


def _not_canonical(segment: str) -> str:
    """The same bytes written with other unused bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(segment) % 4 in (2, 3)
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) + 1]


def _padded_payload(issuer: TestIssuer) -> str:
    """A payload whose base64url has unused bits, whatever the claims' length."""
    payload = json.dumps(issuer.claims()).encode()
    return issuer.sign(payload + b" " * (1 + -len(payload) % 3))


HOSTILE: dict[str, tuple[str, Case]] = {
    # form
    "empty": ("malformed_token", lambda _: ""),
    "no dots": ("malformed_token", lambda _: "token"),
    "two segments": ("malformed_token", _segments(lambda s: ".".join(s[:2]))),
    "two segments and a dot": ("malformed_token", _segments(lambda s: ".".join(s[:2]) + ".")),
    "four segments": ("malformed_token", _segments(lambda s: ".".join([*s, s[2]]))),
    "five segments, a JWE": ("malformed_token", _segments(lambda s: ".".join([*s, s[0], s[0]]))),
    "empty header": ("malformed_token", _segments(lambda s: f".{s[1]}.{s[2]}")),
    "empty payload": ("malformed_token", _segments(lambda s: f"{s[0]}..{s[2]}")),
    "JSON serialisation": (
        "malformed_token",
        _segments(lambda s: json.dumps({"protected": s[0], "payload": s[1], "signature": s[2]})),
    ),
    "a space before": ("malformed_token", _segments(lambda s: " " + ".".join(s))),
    "a newline after": ("malformed_token", _segments(lambda s: ".".join(s) + "\n")),
    "a newline inside": ("malformed_token", _segments(lambda s: f"{s[0]}.{s[1][:8]}\n{s[1][8:]}.{s[2]}")),
    "a NUL inside": ("malformed_token", _segments(lambda s: f"{s[0]}.{s[1]}\0.{s[2]}")),
    "padding": ("malformed_token", _segments(lambda s: f"{s[0]}.{s[1]}.{s[2]}==")),
    "the other base64 alphabet": ("malformed_token", _segments(lambda s: f"{s[0]}.{s[1]}.+/{s[2][2:]}")),
    "letters beyond ASCII": ("malformed_token", _segments(lambda s: f"{s[0]}.{s[1]}.Ａ{s[2][1:]}")),
    "an impossible length": ("malformed_token", _segments(lambda s: f"{s[0]}.{s[1]}.{s[2][:-1]}")),
    "unused bits set in the signature": (
        "malformed_token",
        _segments(lambda s: f"{s[0]}.{s[1]}.{_not_canonical(s[2])}"),
    ),
    "unused bits set in the payload": (
        "malformed_token",
        lambda i: (lambda s: f"{s[0]}.{_not_canonical(s[1])}.{s[2]}")(_padded_payload(i).split(".")),
    ),
    "more than 8 KiB": ("malformed_token", _claims(padding="x" * 8192)),
    "a megabyte": ("malformed_token", lambda _: "e" * 1_000_000),
    # JSON
    "payload is a list": ("malformed_token", lambda i: i.sign(b"[]")),
    "payload is text": ("malformed_token", lambda i: i.sign(b'"iss"')),
    "payload is null": ("malformed_token", lambda i: i.sign(b"null")),
    "payload is not JSON": ("malformed_token", lambda i: i.sign(b"iss=me")),
    "payload is cut off": ("malformed_token", lambda i: _raw_claims(i, lambda c: c[:-1])),
    "payload goes on": ("malformed_token", lambda i: _raw_claims(i, lambda c: c + "{}")),
    "payload starts with a byte order mark": ("malformed_token", lambda i: i.sign(b"\xef\xbb\xbf{}")),
    "payload in UTF-16": ("malformed_token", lambda i: i.sign(json.dumps(i.claims()).encode("utf-16"))),
    "payload is not UTF-8": ("malformed_token", lambda i: i.sign(b'{"name": "\xff"}')),
    "payload in single quotes": ("malformed_token", lambda i: _raw_claims(i, lambda c: c.replace('"', "'"))),
    "payload with a comment": ("malformed_token", lambda i: _raw_claims(i, lambda c: "/**/" + c)),
    "payload with a trailing comma": ("malformed_token", lambda i: _raw_claims(i, lambda c: c[:-1] + ",}")),
    "a claim twice": ("malformed_token", lambda i: _raw_claims(i, lambda c: c[:-1] + ', "acr": "level-2"}')),
    "a claim twice, once escaped": (
        "malformed_token",
        lambda i: _raw_claims(i, lambda c: c[:-1] + ', "\\u0061cr": "level-2"}'),
    ),
    "a claim twice, deep inside": ("malformed_token", lambda i: i.sign(b'{"a": [{"b": 1, "b": 2}]}')),
    "NaN": ("malformed_token", lambda i: _raw_claims(i, lambda c: c[:-1] + ', "x": NaN}')),
    "Infinity": ("malformed_token", lambda i: _raw_claims(i, lambda c: c[:-1] + ', "exp2": -Infinity}')),
    "a lone surrogate": ("malformed_token", _claims(name="\ud800")),
    "a raw control character": ("malformed_token", lambda i: i.sign(b'{"name": "a\nb"}')),
    "nested too deep": ("malformed_token", lambda i: i.sign(b'{"a":' + b"[" * 5900 + b"]}")),
    "a number of 5,000 digits": ("malformed_token", lambda i: i.sign(b'{"exp": ' + b"9" * 5000 + b"}")),
    # header
    "header is a list": ("malformed_token", lambda i: _raw_header(i, "[]")),
    "header is not JSON": ("malformed_token", lambda i: _raw_header(i, "alg")),
    "alg twice": (
        "malformed_token",
        lambda i: _raw_header(i, '{"alg": "none", "alg": "$alg", "kid": "$kid", "typ": "at+jwt"}'),
    ),
    "no alg": ("malformed_token", _header(alg=OMIT)),
    "alg is a list": ("malformed_token", _header(alg=["ES256"])),
    "alg is null": ("malformed_token", _header(alg=None)),
    "kid is a number": ("malformed_token", _header(kid=1)),
    "kid is null": ("malformed_token", _header(kid=None)),
    "kid is empty": ("malformed_token", _header(kid="")),
    "kid is endless": ("malformed_token", _header(kid="k" * 257)),
    "typ is a list": ("malformed_token", _header(typ=["at+jwt"])),
    "crit": ("header_not_allowed", _header(crit=["exp"])),
    "crit, empty": ("header_not_allowed", _header(crit=[])),
    "crit and an unknown extension": ("header_not_allowed", _header(crit=["x"], x=1)),
    "b64 false": ("header_not_allowed", _header(b64=False, crit=["b64"])),
    "jku": ("header_not_allowed", _header(jku="https://evil.example/jwks")),
    "x5u": ("header_not_allowed", _header(x5u="https://evil.example/chain")),
    "x5c": ("header_not_allowed", _header(x5c=["MIIB"])),
    "jwk of the attacker": ("header_not_allowed", _own_jwk),
    "zip": ("header_not_allowed", _header(zip="DEF")),
    "cty JWT, nested": ("header_not_allowed", _header(cty="JWT")),
    "iss in the header": ("header_not_allowed", _header(iss="https://issuer.example")),
    # type
    "no typ": ("wrong_token_type", _header(typ=OMIT)),
    "typ of an ID token": ("wrong_token_type", _header(typ="JWT")),
    "typ of a logout token": ("wrong_token_type", _header(typ="logout+jwt")),
    "typ of a DPoP proof": ("wrong_token_type", _header(typ="dpop+jwt")),
    "typ with a look-alike letter": ("wrong_token_type", _header(typ="аt+jwt")),
    # issuer
    "no iss": ("missing_claim", _claims(iss=OMIT)),
    "iss is a list": ("invalid_claim", _claims(iss=["https://issuer.example"])),
    "iss is null": ("invalid_claim", _claims(iss=None)),
    "another iss": ("untrusted_issuer", _claims(iss="https://evil.example")),
    "iss with a slash more": ("untrusted_issuer", _claims(iss="https://issuer.example/")),
    "iss in capitals": ("untrusted_issuer", _claims(iss="HTTPS://ISSUER.EXAMPLE")),
    "iss with a blank": ("untrusted_issuer", _claims(iss="https://issuer.example ")),
    "iss over http": ("untrusted_issuer", _claims(iss="http://issuer.example")),
    # algorithm and key
    "alg none": ("algorithm_not_allowed", _header(alg="none")),
    "alg None": ("algorithm_not_allowed", _header(alg="None")),
    "alg nOnE": ("algorithm_not_allowed", _header(alg="nOnE")),
    "alg none without signature": (
        "malformed_token",
        lambda i: i.mint(header={"alg": "none"}).rpartition(".")[0] + ".",
    ),
    "alg empty": ("algorithm_not_allowed", _header(alg="")),
    "alg in lower case": ("algorithm_not_allowed", lambda i: i.mint(header={"alg": i.algorithm.lower()})),
    "alg with a blank": ("algorithm_not_allowed", lambda i: i.mint(header={"alg": f"{i.algorithm} "})),
    "HMAC with the public key": ("algorithm_not_allowed", _signed_by_public_key),
    "another algorithm of the family": (
        "algorithm_not_allowed",
        lambda i: i.mint(header={"alg": f"{i.algorithm[:2]}384"}),
    ),
    "an encryption algorithm": ("algorithm_not_allowed", _header(alg="RSA-OAEP")),
    "an algorithm nobody knows": ("algorithm_not_allowed", _header(alg="ES256K")),
    "no kid": ("unknown_key", _header(kid=OMIT)),
    "unknown kid": ("unknown_key", _header(kid="another")),
    "kid is a path": ("unknown_key", _header(kid="../../../../dev/null")),
    "kid is SQL": ("unknown_key", _header(kid="x' UNION SELECT 'key")),
    "kid is an address": ("unknown_key", _header(kid="https://evil.example/key")),
    # signature
    "signed by a stranger": ("bad_signature", _signed_by_stranger),
    "claims exchanged": ("bad_signature", _forged_claims),
    "signature all zero": ("bad_signature", _segments(lambda s: f"{s[0]}.{s[1]}.{encode(bytes(64))}")),
    "signature of one byte": ("bad_signature", _segments(lambda s: f"{s[0]}.{s[1]}.AA")),
    "signature too long": ("bad_signature", _segments(lambda s: f"{s[0]}.{s[1]}.{s[2][:84]}AAAA")),
    "signature's first character changed": (
        "bad_signature",
        lambda i: (lambda t: _flipped(t, t.rindex(".") + 1))(i.mint()),
    ),
    "signature of another token": (
        "bad_signature",
        lambda i: f"{i.mint().rpartition('.')[0]}.{i.mint(sub='subject-2').rpartition('.')[2]}",
    ),
    # time
    "no exp": ("missing_claim", _claims(exp=OMIT)),
    "no iat": ("missing_claim", _claims(iat=OMIT)),
    "expired": ("token_expired", _claims(iat=NOW_SECONDS - 600, exp=NOW_SECONDS - 31)),
    "exp is text": ("invalid_claim", _claims(exp=str(NOW_SECONDS + 60))),
    "exp is a float": ("invalid_claim", _claims(exp=NOW_SECONDS + 60.5)),
    "exp is a whole float": (
        "invalid_claim",
        lambda i: _raw_claims(i, lambda c: c.replace('"exp": 1', '"exp": 1.0e0')),
    ),
    "exp is true": ("invalid_claim", _claims(exp=True)),
    "exp is null": ("invalid_claim", _claims(exp=None)),
    "exp is negative": ("invalid_claim", _claims(exp=-1)),
    "exp after the year 9999": ("invalid_claim", _claims(exp=10**18)),
    "exp in milliseconds": ("invalid_claim", _claims(exp=NOW_SECONDS * 1000)),
    "exp before iat": ("invalid_claim", _claims(iat=NOW_SECONDS, exp=NOW_SECONDS - 1)),
    "not yet valid": ("token_not_yet_valid", _claims(nbf=NOW_SECONDS + 31)),
    "nbf is true": ("invalid_claim", _claims(nbf=True)),
    "nbf is text": ("invalid_claim", _claims(nbf="0")),
    "issued in the future": ("token_not_yet_valid", _claims(iat=NOW_SECONDS + 31, exp=NOW_SECONDS + 600)),
    "issued too long ago": ("token_too_old", _claims(iat=NOW_SECONDS - 3631, exp=NOW_SECONDS + 600)),
    "lives for ever": ("token_too_old", _claims(iat=0, exp=253_402_300_799)),
    # for whom
    "no aud": ("missing_claim", _claims(aud=OMIT)),
    "another aud": ("wrong_audience", _claims(aud="https://other.example")),
    "aud is a part of ours": ("wrong_audience", _claims(aud="https://condau.example/ap")),
    "aud begins as ours": ("wrong_audience", _claims(aud="https://condau.example/api/v2")),
    "aud is the client": ("wrong_audience", _claims(aud=["vneid-app"])),
    "aud is an empty list": ("invalid_claim", _claims(aud=[])),
    "aud holds a number": ("invalid_claim", _claims(aud=["https://condau.example/api", 1])),
    "aud is an object": ("invalid_claim", _claims(aud={"https://condau.example/api": True})),
    "bound to a DPoP key": ("proof_of_possession_required", _claims(cnf={"jkt": "A" * 43})),
    "bound to something unknown": ("unknown_confirmation", _claims(cnf={"x": 1})),
    "bound to nothing": ("unknown_confirmation", _claims(cnf=None)),
    # who
    "no jti": ("missing_claim", _claims(jti=OMIT)),
    "jti is a number": ("invalid_claim", _claims(jti=7)),
    "no sub": ("missing_claim", _claims(sub=OMIT)),
    "sub is empty": ("invalid_claim", _claims(sub="")),
    "sub is a number": ("invalid_claim", _claims(sub=1)),
    "sub is too long": ("invalid_claim", _claims(sub="s" * 256)),
    "sub with a NUL": ("invalid_claim", _claims(sub="subject-1\0")),
    "sub with a newline": ("invalid_claim", _claims(sub="subject-1\n")),
    "sub beyond ASCII": ("invalid_claim", _claims(sub="ѕubject-1")),
    "no client": ("missing_claim", _claims(client_id=OMIT)),
    "azp and client_id disagree": ("invalid_claim", _claims(azp="portal")),
    "azp is a list": ("invalid_claim", _claims(client_id=OMIT, azp=["vneid-app"])),
    "no personal number": ("missing_claim", _claims(personal_id=OMIT)),
    "personal number as a number": ("invalid_claim", _claims(personal_id=194000001234)),
    "personal number of nine digits": ("invalid_claim", _claims(personal_id="012345678")),
    "personal number in other digits": ("invalid_claim", _claims(personal_id="٠٠١١٩٤٠٠٠٠٠١")),
    "personal number with a newline": ("invalid_claim", _claims(personal_id="001194000001\n")),
    "no name": ("missing_claim", _claims(name=OMIT)),
    "name is empty": ("invalid_claim", _claims(name="")),
    "name is blank": ("invalid_claim", _claims(name=" ")),
    "name is an object": ("invalid_claim", _claims(name={"vi": "Anh"})),
    "name is endless": ("invalid_claim", _claims(name="A" * 201)),
    "name with a NUL": ("invalid_claim", _claims(name="Minh\0Anh")),
    "name that turns the line round": ("invalid_claim", _claims(name="Minh\u202eAnh")),
    "name of invisible letters": ("invalid_claim", _claims(name="Minh\u200bAnh")),
    "no birth date": ("missing_claim", _claims(birthdate=OMIT)),
    "birth date in another form": ("invalid_claim", _claims(birthdate="19940308")),
    "birth date as a week": ("invalid_claim", _claims(birthdate="1994-W10-2")),
    "birth year only": ("invalid_claim", _claims(birthdate="1994")),
    "birth date that never was": ("invalid_claim", _claims(birthdate="1994-02-30")),
    "birth date in the year 0": ("invalid_claim", _claims(birthdate="0000-03-08")),
    "birth date in the future": ("invalid_claim", _claims(birthdate="2024-06-04")),
    "birth date as a number": ("invalid_claim", _claims(birthdate=19940308)),
    "gender is a number": ("invalid_claim", _claims(gender=2)),
    "no acr": ("missing_claim", _claims(acr=OMIT)),
    "an acr that nobody mapped": ("invalid_claim", _claims(acr="level-3")),
    "acr in capitals": ("invalid_claim", _claims(acr="LEVEL-2")),
    "acr is a list": ("invalid_claim", _claims(acr=["level-1", "level-2"])),
    "acr is a number": ("invalid_claim", _claims(acr=2)),
}

HOSTILE_OFFICIALS: dict[str, tuple[str, Case]] = {
    "no unit": ("missing_claim", _claims(unit=OMIT)),
    "unit is empty": ("invalid_claim", _claims(unit="")),
    "unit is a path": ("invalid_claim", _claims(unit="../H26")),
    "unit is a list": ("invalid_claim", _claims(unit=["000.00.15.H26"])),
    "no roles": ("missing_claim", _claims(roles=OMIT)),
    "roles is empty": ("invalid_claim", _claims(roles=[])),
    "roles is text": ("invalid_claim", _claims(roles="caseworker")),
    "only roles of other systems": ("invalid_claim", _claims(roles=["chef", "admin"])),
    "roles holds a number": ("invalid_claim", _claims(roles=["caseworker", 1])),
    "roles without end": ("invalid_claim", _claims(roles=["caseworker"] * 65)),
    "role in capitals": ("invalid_claim", _claims(roles=["HEAD"])),
}
