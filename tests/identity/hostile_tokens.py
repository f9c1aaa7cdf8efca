"""Hostile tokens by form, JSON, header and type: what the wall and the token's kind must stop."""

from __future__ import annotations

import json
import zlib

from tests.identity.hostile import CANARY, Corpus, claims, header, raw_claims, raw_header, segments
from tests.identity.issuer import OMIT, TestIssuer, encode


def _own_jwk(issuer: TestIssuer) -> str:
    """CVE-2018-0114: the attacker's own key comes along in the header."""
    attacker = TestIssuer(issuer.issuer, algorithm=issuer.algorithm)
    return attacker.mint(header={"jwk": attacker.public_jwk()})


def _not_canonical(segment: str) -> str:
    """The same bytes written with other unused bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(segment) % 4 in (2, 3)
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) + 1]


def _padded_payload(issuer: TestIssuer) -> str:
    """A payload whose base64url has unused bits, whatever the claims' length."""
    payload = json.dumps(issuer.claims()).encode()
    return issuer.sign(payload + b" " * (1 + -len(payload) % 3))


DIRECT = b'{"alg":"dir","enc":"A256GCM"}'

FORM: Corpus = {
    # form
    "empty": ("malformed_token", lambda _: ""),
    "no dots": ("malformed_token", lambda _: "token"),
    "two segments": ("malformed_token", segments(lambda s: ".".join(s[:2]))),
    "two segments and a dot": ("malformed_token", segments(lambda s: ".".join(s[:2]) + ".")),
    "four segments": ("malformed_token", segments(lambda s: ".".join([*s, s[2]]))),
    "five segments, a JWE": ("malformed_token", segments(lambda s: ".".join([*s, s[0], s[0]]))),
    "five segments, encrypted": ("malformed_token", lambda _: "eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA"),
    "a dot before": ("malformed_token", segments(lambda s: "." + ".".join(s))),
    "a dot after": ("malformed_token", segments(lambda s: ".".join(s) + ".")),
    "padding and a dot after": ("malformed_token", segments(lambda s: ".".join(s) + "=.")),
    "dots on both sides": ("malformed_token", segments(lambda s: "..." + ".".join(s) + "...")),
    "header and signature": ("malformed_token", segments(lambda s: f"{s[0]}.{s[2]}")),
    "empty header": ("malformed_token", segments(lambda s: f".{s[1]}.{s[2]}")),
    "empty payload": ("malformed_token", segments(lambda s: f"{s[0]}..{s[2]}")),
    "JSON serialisation": (
        "malformed_token",
        segments(lambda s: json.dumps({"protected": s[0], "payload": s[1], "signature": s[2]})),
    ),
    "a space before": ("malformed_token", segments(lambda s: " " + ".".join(s))),
    "a newline after": ("malformed_token", segments(lambda s: ".".join(s) + "\n")),
    "a newline inside": ("malformed_token", segments(lambda s: f"{s[0]}.{s[1][:8]}\n{s[1][8:]}.{s[2]}")),
    "a NUL inside": ("malformed_token", segments(lambda s: f"{s[0]}.{s[1]}\0.{s[2]}")),
    "padding": ("malformed_token", segments(lambda s: f"{s[0]}.{s[1]}.{s[2]}==")),
    "the other base64 alphabet": ("malformed_token", segments(lambda s: f"{s[0]}.{s[1]}.+/{s[2][2:]}")),
    "letters beyond ASCII": ("malformed_token", segments(lambda s: f"{s[0]}.{s[1]}.Ａ{s[2][1:]}")),
    "an impossible length": ("malformed_token", segments(lambda s: f"{s[0]}.{s[1]}.{s[2][:-1]}")),
    "unused bits set in the signature": (
        "malformed_token",
        segments(lambda s: f"{s[0]}.{s[1]}.{_not_canonical(s[2])}"),
    ),
    "unused bits set in the payload": (
        "malformed_token",
        lambda i: (lambda s: f"{s[0]}.{_not_canonical(s[1])}.{s[2]}")(_padded_payload(i).split(".")),
    ),
    "more than 8 KiB": ("malformed_token", claims(padding="x" * 8192)),
    "a megabyte": ("malformed_token", lambda _: "e" * 1_000_000),
    "detached payload, as JWS allows it elsewhere": ("malformed_token", segments(lambda s: f"{s[0]}..{s[2]}")),
    "payload not encoded (RFC 7797)": ("malformed_token", segments(lambda s: f'{s[0]}.{{"iss":"x"}}.{s[2]}')),
    "general JSON serialisation": (
        "malformed_token",
        segments(lambda s: json.dumps({"payload": s[1], "signatures": [{"protected": s[0], "signature": s[2]}] * 2})),
    ),
    "flattened JSON with a header beside": (
        "malformed_token",
        segments(lambda s: json.dumps({"protected": s[0], "header": {"kid": "x"}, "payload": s[1], "signature": s[2]})),
    ),
    "a JWE of five segments in place of a JWS": (
        "malformed_token",
        lambda i: ".".join((encode(b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}'), *(encode(bytes(16)),) * 4)),
    ),
    "a JWE with an empty key, as with alg dir": (
        "malformed_token",
        lambda i: f"{encode(DIRECT)}..{encode(bytes(12))}.{encode(bytes(32))}.AAAA",
    ),
    "an SD-JWT with disclosures": ("malformed_token", segments(lambda s: ".".join(s) + "~WyJzIiwibmFtZSJd~")),
    "a PASETO": ("malformed_token", lambda _: "v2.public.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIn0"),
    "two tokens joined by a comma": ("malformed_token", segments(lambda s: ".".join(s) + "," + ".".join(s))),
    "with its scheme before": ("malformed_token", segments(lambda s: "Bearer " + ".".join(s))),
    "in quotes": ("malformed_token", segments(lambda s: '"' + ".".join(s) + '"')),
    "percent-encoded": ("malformed_token", segments(lambda s: "%2E".join(s))),
    "a full stop of another script": ("malformed_token", segments(lambda s: "．".join(s))),
    "a zero-width space inside": ("malformed_token", segments(lambda s: f"{s[0]}.{s[1]}\u200b.{s[2]}")),
    "a carriage return inside": ("malformed_token", segments(lambda s: f"{s[0]}\r\n.{s[1]}.{s[2]}")),
    "a lone surrogate outside": ("malformed_token", segments(lambda s: ".".join(s) + "\ud800")),
    "padding inside": ("malformed_token", segments(lambda s: f"{s[0]}=.{s[1]}.{s[2]}")),
    "only dots": ("malformed_token", lambda _: ".."),
    "dots without end": ("malformed_token", lambda _: "." * 8000),
    "8 KiB and one character": ("malformed_token", segments(lambda s: ".".join((s[0], s[1], "A" * 8192))[:8193])),
}

JSON: Corpus = {
    # JSON
    "payload is a list": ("malformed_token", lambda i: i.sign(b"[]")),
    "payload is text": ("malformed_token", lambda i: i.sign(b'"iss"')),
    "payload is null": ("malformed_token", lambda i: i.sign(b"null")),
    "payload is not JSON": ("malformed_token", lambda i: i.sign(b"iss=me")),
    "payload is cut off": ("malformed_token", raw_claims(lambda c: c[:-1])),
    "payload goes on": ("malformed_token", raw_claims(lambda c: c + "{}")),
    "payload starts with a byte order mark": ("malformed_token", lambda i: i.sign(b"\xef\xbb\xbf{}")),
    "payload in UTF-16": ("malformed_token", lambda i: i.sign(json.dumps(i.claims()).encode("utf-16"))),
    "payload is not UTF-8": ("malformed_token", lambda i: i.sign(b'{"name": "\xff"}')),
    "payload in single quotes": ("malformed_token", raw_claims(lambda c: c.replace('"', "'"))),
    "payload with a comment": ("malformed_token", raw_claims(lambda c: "/**/" + c)),
    "payload with a trailing comma": ("malformed_token", raw_claims(lambda c: c[:-1] + ",}")),
    "a claim twice": ("malformed_token", raw_claims(lambda c: c[:-1] + ', "acr": "level-2"}')),
    "a claim twice, once escaped": (
        "malformed_token",
        raw_claims(lambda c: c[:-1] + ', "\\u0061cr": "level-2"}'),
    ),
    "a claim twice, deep inside": ("malformed_token", lambda i: i.sign(b'{"a": [{"b": 1, "b": 2}]}')),
    "NaN": ("malformed_token", raw_claims(lambda c: c[:-1] + ', "x": NaN}')),
    "Infinity": ("malformed_token", raw_claims(lambda c: c[:-1] + ', "exp2": -Infinity}')),
    "a lone surrogate": ("malformed_token", claims(name="\ud800")),
    "a raw control character": ("malformed_token", lambda i: i.sign(b'{"name": "a\nb"}')),
    "nested too deep": ("malformed_token", lambda i: i.sign(b'{"a":' + b"[" * 5900 + b"]}")),
    "a number of 5,000 digits": ("malformed_token", lambda i: i.sign(b'{"exp": ' + b"9" * 5000 + b"}")),
    "payload is a token, nested": ("malformed_token", lambda i: i.sign(i.mint().encode())),
    "payload is a quoted token, nested": ("malformed_token", lambda i: i.sign(json.dumps(i.mint()).encode())),
    "payload is compressed": ("malformed_token", lambda i: i.sign(zlib.compress(json.dumps(i.claims()).encode()))),
    "payload ends in a NUL": ("malformed_token", raw_claims(lambda c: c + "\0")),
    "payload begins with a form feed": ("malformed_token", raw_claims(lambda c: "\f" + c)),
    "payload in UTF-32": ("malformed_token", lambda i: i.sign(json.dumps(i.claims()).encode("utf-32"))),
    "payload in overlong UTF-8": ("malformed_token", lambda i: i.sign(b'{"name": "\xc0\xaf"}')),
    "payload with an encoded surrogate": ("malformed_token", lambda i: i.sign(b'{"name": "\xed\xa0\x80"}')),
    "iss twice, the trusted one last": (
        "malformed_token",
        raw_claims(lambda c: '{"iss": "https://evil.example", ' + c[1:]),
    ),
    "sub twice, once escaped": ("malformed_token", raw_claims(lambda c: c[:-1] + ', "s\\u0075b": "subject-2"}')),
    "exp twice": ("malformed_token", raw_claims(lambda c: c[:-1] + ', "exp": 9999999999}')),
    "a claim with an octal number": ("malformed_token", raw_claims(lambda c: c.replace('"exp": 1', '"exp": 01'))),
    "a claim with a hexadecimal number": ("malformed_token", raw_claims(lambda c: c.replace('"exp": 1', '"exp": 0x1'))),
    "a claim with a plus sign": ("malformed_token", raw_claims(lambda c: c.replace('"exp": 1', '"exp": +1'))),
    "a claim without quotes": ("malformed_token", raw_claims(lambda c: c.replace('"sub"', "sub"))),
    "Python's True": ("malformed_token", raw_claims(lambda c: c[:-1] + ', "x": True}')),
    "a huge exponent, read as infinity": ("malformed_token", raw_claims(lambda c: c[:-1] + ', "nbf": 1e999}')),
}

HEADER: Corpus = {
    # header
    "header is a list": ("malformed_token", raw_header("[]")),
    "header is not JSON": ("malformed_token", raw_header("alg")),
    "alg twice": (
        "malformed_token",
        raw_header('{"alg": "none", "alg": "$alg", "kid": "$kid", "typ": "at+jwt"}'),
    ),
    "no alg": ("malformed_token", header(alg=OMIT)),
    "alg is a list": ("malformed_token", header(alg=["ES256"])),
    "alg is null": ("malformed_token", header(alg=None)),
    "kid is a number": ("malformed_token", header(kid=1)),
    "kid is null": ("malformed_token", header(kid=None)),
    "kid is empty": ("malformed_token", header(kid="")),
    "kid is endless": ("malformed_token", header(kid="k" * 257)),
    "typ is a list": ("malformed_token", header(typ=["at+jwt"])),
    "crit": ("header_not_allowed", header(crit=["exp"])),
    "crit, empty": ("header_not_allowed", header(crit=[])),
    "crit and an unknown extension": ("header_not_allowed", header(crit=["x"], x=1)),
    "b64 false": ("header_not_allowed", header(b64=False, crit=["b64"])),
    "jku": ("header_not_allowed", header(jku="https://evil.example/jwks")),
    "x5u": ("header_not_allowed", header(x5u="https://evil.example/chain")),
    "x5c": ("header_not_allowed", header(x5c=["MIIB"])),
    "jwk of the attacker": ("header_not_allowed", _own_jwk),
    "zip": ("header_not_allowed", header(zip="DEF")),
    "cty JWT, nested": ("header_not_allowed", header(cty="JWT")),
    "iss in the header": ("header_not_allowed", header(iss="https://issuer.example")),
    "header begins with a byte order mark": ("malformed_token", raw_header('\ufeff{"alg": "$alg", "kid": "$kid"}')),
    "header goes on": ("malformed_token", raw_header('{"alg": "$alg", "kid": "$kid", "typ": "at+jwt"} {}')),
    "header with NaN": ("malformed_token", raw_header('{"alg": "$alg", "kid": "$kid", "x": NaN}')),
    "header with a lone surrogate": ("malformed_token", raw_header('{"alg": "$alg", "kid": "\\ud800"}')),
    "header nested too deep": ("malformed_token", raw_header('{"alg":' + "[" * 5900 + "]}")),
    "kid twice": ("malformed_token", raw_header('{"alg": "$alg", "kid": "x", "kid": "$kid", "typ": "at+jwt"}')),
    "kid twice, once escaped": (
        "malformed_token",
        raw_header('{"alg": "$alg", "\\u006bid": "x", "kid": "$kid", "typ": "at+jwt"}'),
    ),
    "typ twice": ("malformed_token", raw_header('{"alg": "$alg", "kid": "$kid", "typ": "JWT", "typ": "at+jwt"}')),
    "alg is a number": ("malformed_token", header(alg=256)),
    "alg is true": ("malformed_token", header(alg=True)),
    "alg is an object": ("malformed_token", header(alg={"name": "none"})),
    "kid is an object": ("malformed_token", header(kid={"$gt": ""})),
    "kid is a list": ("malformed_token", header(kid=["key-1"])),
    "kid is true": ("malformed_token", header(kid=True)),
    "typ is null": ("malformed_token", header(typ=None)),
    "typ is empty": ("malformed_token", header(typ="")),
    "ALG beside alg": ("header_not_allowed", header(ALG="none")),
    "alg with a NUL beside alg": ("header_not_allowed", header(**{"alg\0": "none"})),
    "crit names what is understood": ("header_not_allowed", header(crit=["alg", "kid", "typ"])),
    "crit is text": ("header_not_allowed", header(crit="exp")),
    "crit, null": ("header_not_allowed", header(crit=None)),
    "crit of an extension that is there": (
        "header_not_allowed",
        header(crit=["http://example.invalid/UNDEFINED"], **{"http://example.invalid/UNDEFINED": True}),
    ),
    "b64 false, not critical": ("header_not_allowed", header(b64=False)),
    "b64 true": ("header_not_allowed", header(b64=True)),
    "jku of a stranger": ("header_not_allowed", header(jku=CANARY)),
    "jku of the issuer itself": ("header_not_allowed", lambda i: i.mint(header={"jku": f"{i.issuer}/jwks"})),
    "jku of the issuer's host by a user name": (
        "header_not_allowed",
        header(jku="https://issuer.example@canary.example"),
    ),
    "jku of the issuer that redirects": (
        "header_not_allowed",
        lambda i: i.mint(header={"jku": f"{i.issuer}/redirect?to={CANARY}"}),
    ),
    "jku of this machine": ("header_not_allowed", header(jku="http://127.0.0.1:1/jwks")),
    "jku of a file": ("header_not_allowed", header(jku="file:///etc/passwd")),
    "x5u of a stranger": ("header_not_allowed", header(x5u=CANARY)),
    "x5c of a stranger": ("header_not_allowed", header(x5c=["MIIBszCCARygAwIBAgIUf", "MIIBszCC"])),
    "jwk without a key": ("header_not_allowed", header(jwk={})),
    "jwk of a symmetric key": ("header_not_allowed", header(jwk={"kty": "oct", "k": "AAAA"})),
    "jwk that only names an address": ("header_not_allowed", header(jwk={"kty": "EC", "x5u": CANARY})),
    "zip bomb": ("header_not_allowed", header(zip="DEF", alg="dir", enc="A256GCM")),
    "encryption in a JWS's three segments": ("header_not_allowed", header(alg="RSA-OAEP-256", enc="A256GCM")),
    "a password hashed a billion times": (
        "header_not_allowed",
        header(alg="PBES2-HS512+A256KW", enc="A256GCM", p2c=10**9, p2s="AAAA"),
    ),
    "an ephemeral key, for invalid-curve attacks": (
        "header_not_allowed",
        header(alg="ECDH-ES", epk={"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
    ),
    "cty of a nested JWT": ("header_not_allowed", header(cty="application/jwt")),
    "url and nonce, as ACME has them": ("header_not_allowed", header(url=CANARY, nonce="x")),
    "claims in the header": ("header_not_allowed", header(sub="subject-1", aud="https://condau.example/api")),
}

TYPE: Corpus = {
    # type
    "no typ": ("wrong_token_type", header(typ=OMIT)),
    "typ of an ID token": ("wrong_token_type", header(typ="JWT")),
    "typ of a logout token": ("wrong_token_type", header(typ="logout+jwt")),
    "typ of a DPoP proof": ("wrong_token_type", header(typ="dpop+jwt")),
    "typ with a look-alike letter": ("wrong_token_type", header(typ="аt+jwt")),
    **{
        f"typ {given!r}": ("wrong_token_type", header(typ=given))
        for given in (
            "application/application/at+jwt",
            "at+jwt ",
            " at+jwt",
            "at+jwt; charset=utf-8",
            "at+jwt\0",
            "at+jws",
            "jwt+at",
            "jose",
            "JOSE+JSON",
            "id_token",
            "rt+jwt",
            "secevent+jwt",
            "application/logout+jwt",
            "token-introspection+jwt",
            "oauth-authz-req+jwt",
            "client-authentication+jwt",
            "entity-statement+jwt",
            "userinfo+jwt",
            "kb+jwt",
            "dc+sd-jwt",
            "statuslist+jwt",
        )
    },
}
