"""Hostile answers of an issuer's endpoints, each with the code of the one reason for which it must be refused.

What a case makes is the whole answer, or the JSON of one.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from identity.fetch import Answer
from tests.identity.hostile import CANARY, NOW_SECONDS
from tests.identity.issuer import AUDIENCE, OMIT
from tests.identity.providers import (
    ACCESS_TOKEN,
    CLIENT_ID,
    OAEP,
    OidcHouse,
    VneidHouse,
    enclose,
    envelope_key,
    without_omitted,
)

Made = Callable[[OidcHouse], object]
Corpus = dict[str, tuple[str, Made]]
Envelopes = dict[str, tuple[str, Callable[[VneidHouse], object]]]

REFUSALS = {f"status {status}": Answer(status, b'{"error": "x"}') for status in (400, 401, 403)}
# no readable JSON object
UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<html></html>",
    "a list": b"[]",
    "text": b'"active"',
    "null": b"null",
    "true": b"true",
    "cut off": b'{"active": true',
    "two objects": b'{"active": true} {}',
    "a byte order mark": b'\xef\xbb\xbf{"active": true}',
    "NaN": b'{"active": true, "x": NaN}',
    "a member twice": b'{"active": false, "active": true, "sub": "a", "sub": "b"}',
    "a member twice, once escaped": b'{"active": true, "\\u0061ctive": true, "s\\u0075b": "a", "sub": "b"}',
    "UTF-16": '{"active": true}'.encode("utf-16"),
    "not UTF-8": b'{"active": true, "name": "\xff"}',
    "a lone surrogate": b'{"active": true, "name": "\\ud800"}',
    "nested too deep": b'{"a":' + b"[" * 60_000 + b"]}",
    "a number of 5,000 digits": b'{"exp": ' + b"9" * 5000 + b"}",
    "more than 64 KiB": b'{"active": true, "x": "' + b"x" * 65_536 + b'"}',
}


def _active(**changes: Any) -> Made:
    return lambda house: without_omitted({"active": True, "token_type": "Bearer"} | house.claims() | changes)


INTROSPECTION: Corpus = {
    **{name: ("provider_unavailable", lambda _, answer=answer: answer) for name, answer in REFUSALS.items()},
    **{name: ("provider_unavailable", lambda _, body=body: body) for name, body in UNREADABLE.items()},
    "not active": ("token_not_active", _active(active=False)),
    "not a word about it": ("token_not_active", _active(active=OMIT)),
    **{
        f"active is {value!r}": ("token_not_active", _active(active=value))
        for value in (None, 0, 1, 1.0, "true", "True", "1", "yes", "", [], [True], {}, {"active": True})
    },
    "only active": ("missing_claim", lambda _: {"active": True}),
    "a refresh token": ("wrong_token_type", _active(token_type="refresh_token")),
    "an ID token": ("wrong_token_type", _active(token_type="urn:ietf:params:oauth:token-type:id_token")),
    "a token type in a list": ("wrong_token_type", _active(token_type=["Bearer"])),
    "no token type, null": ("wrong_token_type", _active(token_type=None)),
    "used to refresh": ("wrong_token_type", _active(token_use="refresh_token")),
    "used as ID token": ("wrong_token_type", _active(token_use="id_token")),
    "used as a list": ("wrong_token_type", _active(token_use=["access_token"])),
    "no word of what it is": ("missing_claim", _active(token_type=OMIT)),
    **{
        f"typ {given!r}{beside}": ("wrong_token_type", _active(token_type=token_type, typ=given))
        for beside, token_type in {"": OMIT, " beside a token type": "Bearer"}.items()
        for given in ("Refresh", "Offline", "ID", "Logout", "JWT", "", None, ["Bearer"], {"Bearer": True})
    },
    **{
        f"with {name}, as an ID token": ("wrong_token_type", _active(**{name: "x"}))
        for name in ("nonce", "at_hash", "c_hash", "s_hash")
    },
    "with events, as a logout token": ("wrong_token_type", _active(events={})),
    "made for the client that brings it": ("wrong_token_type", _active(aud=[AUDIENCE, "vneid-app"])),
    "no token type, used to refresh": ("wrong_token_type", _active(token_type=OMIT, token_use="refresh_token")),
    "typ of a bound token, to nothing": ("wrong_token_type", _active(typ="DPoP")),
    "bound by type, to nothing": ("missing_claim", _active(token_type="DPoP")),
    "bound to a key": ("proof_of_possession_required", _active(token_type="DPoP", cnf={"jkt": "A" * 43})),
    "bound to a certificate": ("unknown_confirmation", _active(cnf={"x5t#S256": "A" * 43})),
    "of another issuer": ("invalid_claim", _active(iss="https://evil.example")),
    "iss is a list": ("invalid_claim", _active(iss=["https://issuer.example"])),
    "iss is null": ("invalid_claim", _active(iss=None)),
    **{f"no {name}": ("missing_claim", _active(**{name: OMIT})) for name in ("sub", "aud", "exp", "iat", "client_id")},
    "expired all the same": ("token_expired", _active(iat=NOW_SECONDS - 600, exp=NOW_SECONDS - 31)),
    "lives for ever": ("token_too_old", _active(iat=0, exp=253_402_300_799)),
    "not yet valid": ("token_not_yet_valid", _active(nbf=NOW_SECONDS + 31)),
    "exp is text": ("invalid_claim", _active(exp=str(NOW_SECONDS + 60))),
    "exp is a float": ("invalid_claim", _active(exp=NOW_SECONDS + 60.5)),
    "for somebody else": ("wrong_audience", _active(aud="https://other.example")),
    "for nobody": ("invalid_claim", _active(aud=[])),
    "azp and client_id disagree": ("invalid_claim", _active(azp="portal")),
    "sub is a number": ("invalid_claim", _active(sub=1)),
    "a user name in place of sub": ("missing_claim", _active(sub=OMIT, username="subject-1")),
    "an unmapped acr": ("invalid_claim", _active(acr="level-3")),
    "claims somewhere else": ("missing_claim", _active(personal_id=OMIT, _claim_sources={"x": {"endpoint": CANARY}})),
}


def _token(**changes: Any) -> Made:
    return lambda house: without_omitted(house.granted() | changes)


TOKEN_ANSWERS: Corpus = {
    **{name: ("sign_in_refused", lambda _, answer=answer: answer) for name, answer in REFUSALS.items()},
    **{name: ("provider_unavailable", lambda _, body=body: body) for name, body in UNREADABLE.items()},
    "an error beside tokens": ("sign_in_refused", _token(error="invalid_grant")),
    "no ID token": ("sign_in_refused", _token(id_token=OMIT)),
    "ID token is null": ("sign_in_refused", _token(id_token=None)),
    "ID token is an object": ("sign_in_refused", _token(id_token={"sub": "subject-1"})),
    "no access token": ("sign_in_refused", _token(access_token=OMIT)),
    "access token is a number": ("sign_in_refused", _token(access_token=1)),
    "access token is empty": ("sign_in_refused", _token(access_token="")),
    "access token with a header inside": ("sign_in_refused", _token(access_token="a\r\nHost: evil.example")),
    "access token with a blank": ("sign_in_refused", _token(access_token="a b")),
    "access token beyond ASCII": ("sign_in_refused", _token(access_token="é")),
    "access token without end": ("sign_in_refused", _token(access_token="a" * 8193)),
    "no token type": ("sign_in_refused", _token(token_type=OMIT)),
    "token type is null": ("sign_in_refused", _token(token_type=None)),
    "token type nobody knows": ("sign_in_refused", _token(token_type="mac")),
    "token type is a list": ("sign_in_refused", _token(token_type=["Bearer"])),
    "another sign-in's tokens": (
        "invalid_claim",
        lambda house: house.granted(nonce="nonce-of-another-sign-in"),
    ),
    "the access token in the ID token's place": ("wrong_token_type", lambda i: i.granted() | {"id_token": i.mint()}),
}


def _told(**changes: Any) -> Made:
    return lambda house: without_omitted({"sub": "subject-1"} | house.person() | changes)


def _signed(header: dict[str, Any] | None = None, /, **changes: Any) -> Made:
    def made(house: OidcHouse) -> Answer:
        told = {"iss": house.issuer, "aud": CLIENT_ID, "sub": "subject-1"} | house.person() | changes
        token = house.sign(json.dumps(without_omitted(told)).encode(), {"typ": "JWT"} | (header or {}))
        return Answer(200, token.encode(), "application/jwt")

    return made


USER_INFO: Corpus = {
    **{name: ("sign_in_refused", lambda _, answer=answer: answer) for name, answer in REFUSALS.items()},
    **{name: ("provider_unavailable", lambda _, body=body: body) for name, body in UNREADABLE.items()},
    "of somebody else": ("invalid_claim", _told(sub="subject-2")),
    "of somebody in capitals": ("invalid_claim", _told(sub="SUBJECT-1")),
    "of nobody": ("missing_claim", _told(sub=OMIT)),
    "of null": ("invalid_claim", _told(sub=None)),
    "of a list": ("invalid_claim", _told(sub=["subject-1"])),
    "an error beside the person": ("sign_in_refused", _told(error="invalid_token")),
    "signed by a stranger": ("bad_signature", lambda house: _signed()(type(house)())),
    "signed, alg none": ("algorithm_not_allowed", _signed({"alg": "none"})),
    "signed, unknown kid": ("unknown_key", _signed({"kid": "another"})),
    "signed, jku": ("header_not_allowed", _signed({"jku": CANARY})),
    "signed, of another issuer": ("invalid_claim", _signed(iss="https://evil.example")),
    "signed, no issuer": ("missing_claim", _signed(iss=OMIT)),
    "signed, for another client": ("wrong_audience", _signed(aud="vneid-app")),
    "signed, for nobody": ("missing_claim", _signed(aud=OMIT)),
    "signed, of somebody else": ("invalid_claim", _signed(sub="subject-2")),
    "signed, no sub": ("missing_claim", _signed(sub=OMIT)),
    "encrypted": ("malformed_token", lambda _: Answer(200, b"a.b.c.d.e", "application/jwt")),
    "JSON that calls itself signed": (
        "malformed_token",
        lambda house: Answer(200, json.dumps({"sub": "subject-1"} | house.person()).encode(), "application/jwt"),
    ),
    "not ASCII, and calls itself signed": (
        "malformed_token",
        lambda _: Answer(200, b"\xff.\xff.\xff", "application/jwt"),
    ),
}


def _citizen(**changes: Any) -> Callable[[VneidHouse], object]:
    return lambda house: enclose(house.person(**changes))


def _sealed(change: Callable[[bytes], bytes]) -> Callable[[VneidHouse], object]:
    """An honest envelope whose sealed bytes were changed."""

    def made(house: VneidHouse) -> object:
        aes_key, nonce = os.urandom(32), os.urandom(12)
        honest = nonce + AESGCM(aes_key).encrypt(nonce, json.dumps(house.person()).encode(), None)
        return enclose(b"", aes_key=aes_key, sealed=change(honest))

    return made


def _wrapped(wrap: Callable[[bytes], bytes]) -> Callable[[VneidHouse], object]:
    """An honest envelope whose key was wrapped differently."""

    def made(house: VneidHouse) -> object:
        aes_key = os.urandom(32)
        return enclose(house.person(), aes_key=aes_key, wrapped_key=wrap(aes_key))

    return made


def _by(scheme: padding.AsymmetricPadding, whose: str = "ours") -> Callable[[bytes], bytes]:
    return lambda aes_key: envelope_key(whose=whose).public_key().encrypt(aes_key, scheme)


def _unused_bits(house: VneidHouse) -> object:
    """The same bytes written differently: 256 of them leave four bits over."""
    envelope = enclose(house.person())
    key = envelope["key"]
    assert key[-3:] in ("A==", "Q==", "g==", "w==")
    return envelope | {"key": key[:-3] + chr(ord(key[-3]) + 1) + "=="}


def _short_key(bits: int) -> Callable[[VneidHouse], object]:
    return lambda house: enclose(house.person(), aes_key=os.urandom(bits // 8))


ENVELOPES: Envelopes = {
    **{name: ("sign_in_refused", lambda _, answer=answer: answer) for name, answer in REFUSALS.items()},
    **{name: ("provider_unavailable", lambda _, body=body: body) for name, body in UNREADABLE.items()},
    **{
        f"inside: {name}": ("provider_unavailable", lambda _, body=body: enclose(body))
        for name, body in UNREADABLE.items()
    },
    "not in an envelope": ("provider_unavailable", lambda house: house.person()),
    "no data": ("provider_unavailable", lambda house: enclose(house.person(), data=OMIT)),
    "no key": ("provider_unavailable", lambda house: enclose(house.person(), key=OMIT)),
    "something else beside": ("provider_unavailable", lambda house: enclose(house.person(), alg="none")),
    "the person beside": ("provider_unavailable", lambda house: enclose(house.person()) | house.person()),
    **{
        f"{member} is {what}": (
            "provider_unavailable",
            lambda house, member=member, value=value: enclose(house.person(), **{member: value}),
        )
        for member in ("data", "key")
        for what, value in {
            "null": None,
            "a number": 1,
            "a list": ["AAAA"],
            "an object": {},
            "empty": "",
            "not base64": "%%%%",
            "beyond ASCII": "é",
            "base64 with a newline": "AAAA\nAAAA",
            "base64 with unused bits": "AB==",
            "base64url": "-_-_",
            "too little": "AAAA",
            "zeros": base64.b64encode(bytes(256)).decode(),
        }.items()
    },
    "more than 64 KiB, and honest": ("provider_unavailable", _citizen(padding="x" * 50_000)),
    "a key with unused bits, and honest": ("provider_unavailable", _unused_bits),
    "a byte changed": ("provider_unavailable", _sealed(lambda raw: raw[:20] + bytes([raw[20] ^ 1]) + raw[21:])),
    "the nonce changed": ("provider_unavailable", _sealed(lambda raw: bytes([raw[0] ^ 1]) + raw[1:])),
    "the tag changed": ("provider_unavailable", _sealed(lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]))),
    "the tag cut off": ("provider_unavailable", _sealed(lambda raw: raw[:-16])),
    "the tag cut short": ("provider_unavailable", _sealed(lambda raw: raw[:-4])),
    "nothing but a nonce": ("provider_unavailable", _sealed(lambda raw: raw[:12])),
    "a nonce cut short": ("provider_unavailable", _sealed(lambda raw: raw[:7])),
    "something after the tag": ("provider_unavailable", _sealed(lambda raw: raw + b"\0")),
    "wrapped by PKCS #1 v1.5": ("provider_unavailable", _wrapped(_by(padding.PKCS1v15()))),
    "wrapped by OAEP with SHA-1": (
        "provider_unavailable",
        _wrapped(_by(padding.OAEP(padding.MGF1(SHA1()), SHA1(), None))),
    ),
    "wrapped with a label": (
        "provider_unavailable",
        _wrapped(_by(padding.OAEP(padding.MGF1(SHA256()), SHA256(), b"vneid"))),
    ),
    "not wrapped": ("provider_unavailable", _wrapped(lambda aes_key: aes_key)),
    "wrapped for somebody else": ("provider_unavailable", _wrapped(_by(OAEP, "somebody else"))),
    "a wrapped key cut short": ("provider_unavailable", _wrapped(lambda aes_key: os.urandom(255))),
    "a wrapped number beyond the modulus": ("provider_unavailable", _wrapped(lambda aes_key: b"\xff" * 256)),
    "a key of 128 bits": ("provider_unavailable", _short_key(128)),
    "a key of 192 bits": ("provider_unavailable", _short_key(192)),
    "a token in the person's place": ("missing_claim", lambda _: enclose({"access_token": ACCESS_TOKEN})),
    "an empty person": ("missing_claim", lambda _: enclose({})),
    "a company's account": ("wrong_kind_of_person", _citizen(accountType="ORGANISATION")),
    "no kind of account": ("missing_claim", _citizen(accountType=OMIT)),
    "a kind of account in lower case": ("wrong_kind_of_person", _citizen(accountType="citizen")),
    **{
        f"kind of account is {value!r}": ("invalid_claim", _citizen(accountType=value))
        for value in (None, True, 1, [], ["CITIZEN"], {})
    },
    "no level": ("missing_claim", _citizen(accountLevel=OMIT)),
    **{
        f"level is {value!r}": ("invalid_claim", _citizen(accountLevel=value))
        for value in (None, True, 0, 3, -2, 2.0, "", "3", "02", "２", "level-2", " 2", [2], ["2"], {})
    },
    "no number": ("missing_claim", _citizen(citizenPid=OMIT)),
    **{
        f"number is {value!r}": ("invalid_claim", _citizen(citizenPid=value))
        for value in (None, 1194000001, "", "12345678", "00119400000a", "００１１９４０００００１", ["001194000001"])
    },
    "no name": ("missing_claim", _citizen(fullName=OMIT)),
    "a name turned round": ("invalid_claim", _citizen(fullName="Minh\u202eAnh")),
    "no birth date": ("missing_claim", _citizen(birthDate=OMIT)),
    **{
        f"birth date is {value!r}": ("invalid_claim", _citizen(birthDate=value))
        for value in (
            *(None, True, 19940308, 762912000, [], {}, "", "1994", "94-03-08", "8/3/1994", "03/31/1994", "1994/03/08"),
            *("30/02/1994", "19940230", "1994-02-30", "1994-03-08T00:00:00Z", "08-03-1994", "1994-03-08\n", "00000000"),
            *("99991231", "31/12/9999", "１９９４０３０８"),
        )
    },
}

TOKEN_ENVELOPES: Envelopes = {
    **{name: case for name, case in ENVELOPES.items() if case[0] in ("provider_unavailable", "sign_in_refused")},
    "a person in the token's place": ("sign_in_refused", lambda house: enclose(house.person())),
    "an error inside": ("sign_in_refused", lambda _: enclose({"error": "invalid_grant", "access_token": ACCESS_TOKEN})),
    "no token inside": ("sign_in_refused", lambda _: enclose({"token_type": "Bearer"})),
    **{
        f"token {value!r}": ("sign_in_refused", lambda _, value=value: enclose({"access_token": value}))
        for value in (None, 1, "", "a b", "a\r\nX-Evil: 1", "é", [ACCESS_TOKEN], {"value": ACCESS_TOKEN})
    },
    "a token without end": ("sign_in_refused", lambda _: enclose({"access_token": "a" * 8193})),
    **{
        f"token type {value!r}": (
            "sign_in_refused",
            lambda _, value=value: enclose({"access_token": ACCESS_TOKEN, "token_type": value}),
        )
        for value in (None, "DPoP", "mac", "", ["Bearer"])
    },
}
