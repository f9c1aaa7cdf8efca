"""Hostile ID tokens and logout tokens, each with the code of the one reason for which it must be refused.

They are properly signed by the issuer, unless a case says otherwise, and came with the access token ACCESS_TOKEN.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from tests.identity.hostile import CANARY, NOW_SECONDS
from tests.identity.issuer import AUDIENCE, OMIT, encode
from tests.identity.providers import ACCESS_TOKEN, CLIENT_ID, ISSUER, NONCE, OidcHouse

Case = Callable[[OidcHouse], str]
Corpus = dict[str, tuple[str, Case]]
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def at_hash(access_token: str, name: str = "sha256", part: int = 2) -> str:
    """The first half of a digest, or another part of it."""
    digest = hashlib.new(name, access_token.encode()).digest()
    return encode(digest[: len(digest) // part])


def _id(header: dict[str, Any] | None = None, /, **changes: Any) -> Case:
    return lambda house: house.id_token(header, **changes)


def _logout(header: dict[str, Any] | None = None, /, **changes: Any) -> Case:
    return lambda house: house.logout_token(header, **changes)


def _stranger(house: OidcHouse) -> OidcHouse:
    """Somebody who calls himself the same and publishes the same key name."""
    return type(house)(house.algorithm)


def _with_own_key(stranger: OidcHouse) -> str:
    return stranger.id_token({"jwk": stranger.public_jwk()})


def _id_raw(change: Callable[[str], str]) -> Case:
    return lambda house: house.sign(change(json.dumps(house.id_claims())).encode(), {"typ": "JWT"})


_NOT_AN_IDENTIFIER = {"null": None, "a number": 1, "a list": ["x"], "empty": "", "blank": " ", "with a newline": "x\n"}

ID_TOKENS: Corpus = {
    # the wall is the same as for access tokens; a few show that it stands here too
    "empty": ("malformed_token", lambda _: ""),
    "two segments": ("malformed_token", lambda i: i.id_token().rpartition(".")[0]),
    "a JWE": ("malformed_token", lambda i: ".".join([*i.id_token().split("."), "AAAA", "AAAA"])),
    "a nonce twice": ("malformed_token", _id_raw(lambda c: c[:-1] + f', "nonce": "{NONCE}"}}')),
    "an aud twice, once escaped": ("malformed_token", _id_raw(lambda c: c[:-1] + f', "\\u0061ud": "{CLIENT_ID}"}}')),
    "jwk in the header": ("header_not_allowed", lambda i: _with_own_key(_stranger(i))),
    "jku in the header": ("header_not_allowed", _id({"jku": CANARY})),
    "crit in the header": ("header_not_allowed", _id({"crit": ["exp"]})),
    # type: neither an access token nor anything else passes for an ID token
    **{
        f"typ {given!r}": ("wrong_token_type", _id({"typ": given}))
        for given in (
            "at+jwt",
            "application/at+jwt",
            "AT+JWT",
            "logout+jwt",
            "dpop+jwt",
            "JOSE",
            "JWT ",
            "secevent+jwt",
        )
    },
    "an access token": ("wrong_token_type", lambda i: i.mint()),
    "an access token of an issuer without types": ("wrong_audience", lambda i: i.mint(header={"typ": "JWT"})),
    "an access token for our client": (
        "missing_claim",
        lambda i: i.mint(header={"typ": "JWT"}, aud=CLIENT_ID, client_id=CLIENT_ID),
    ),
    "a logout token": ("wrong_token_type", lambda i: i.logout_token()),
    "a logout token without its type": ("missing_claim", lambda i: i.logout_token({"typ": OMIT}, nonce=OMIT)),
    # issuer
    "no iss": ("missing_claim", _id(iss=OMIT)),
    "iss is a list": ("invalid_claim", _id(iss=[ISSUER])),
    "another iss": ("issuer_mix_up", _id(iss="https://evil.example")),
    "iss with a slash more": ("issuer_mix_up", _id(iss=f"{ISSUER}/")),
    "iss in capitals": ("issuer_mix_up", _id(iss=ISSUER.upper())),
    "iss with a letter of another script": ("issuer_mix_up", _id(iss="https://iѕѕuer.example")),
    # algorithm, key, signature
    "alg none": ("algorithm_not_allowed", _id({"alg": "none"})),
    "alg HS256": ("algorithm_not_allowed", _id({"alg": "HS256"})),
    "alg HS256, keyed with our own secret": ("algorithm_not_allowed", lambda i: _keyed_with_our_secret(i)),
    "no kid": ("unknown_key", _id({"kid": OMIT})),
    "unknown kid": ("unknown_key", _id({"kid": "another"})),
    "of a stranger": ("bad_signature", lambda i: _stranger(i).id_token()),
    "changed afterwards": (
        "bad_signature",
        lambda i: (lambda s: f"{s[0]}.{encode(json.dumps(i.id_claims(sub='subject-2')).encode())}.{s[2]}")(
            i.id_token().split(".")
        ),
    ),
    # audience
    "no aud": ("missing_claim", _id(aud=OMIT)),
    "aud of another client": ("wrong_audience", _id(aud="vneid-app")),
    "aud of another client, azp ours": ("wrong_audience", _id(aud="vneid-app", azp=CLIENT_ID)),
    "aud is our service": ("wrong_audience", _id(aud=AUDIENCE)),
    "aud in capitals": ("wrong_audience", _id(aud=CLIENT_ID.upper())),
    "aud begins as ours": ("wrong_audience", _id(aud=f"{CLIENT_ID}-2")),
    "aud is an empty list": ("invalid_claim", _id(aud=[])),
    "aud is a list in a list": ("invalid_claim", _id(aud=[[CLIENT_ID]])),
    "aud is null": ("invalid_claim", _id(aud=None)),
    "aud holds a number": ("invalid_claim", _id(aud=[CLIENT_ID, 1])),
    "aud names somebody else too": ("wrong_audience", _id(aud=[CLIENT_ID, "vneid-app"], azp=CLIENT_ID)),
    "two audiences, no azp": ("missing_claim", _id(aud=[CLIENT_ID, AUDIENCE])),
    "two audiences, azp of another client": ("invalid_claim", _id(aud=[CLIENT_ID, AUDIENCE], azp="vneid-app")),
    "azp of another client": ("invalid_claim", _id(azp="vneid-app")),
    "azp is null": ("invalid_claim", _id(azp=None)),
    "azp is a list": ("invalid_claim", _id(azp=[CLIENT_ID])),
    "azp is empty": ("invalid_claim", _id(azp="")),
    # who and when
    "no sub": ("missing_claim", _id(sub=OMIT)),
    **{f"sub is {what}": ("invalid_claim", _id(sub=value)) for what, value in _NOT_AN_IDENTIFIER.items()},
    "no exp": ("missing_claim", _id(exp=OMIT)),
    "no iat": ("missing_claim", _id(iat=OMIT)),
    "expired": ("token_expired", _id(iat=NOW_SECONDS - 600, exp=NOW_SECONDS - 31)),
    "issued too long ago": ("token_too_old", _id(iat=NOW_SECONDS - 3631)),
    "issued in the future": ("token_not_yet_valid", _id(iat=NOW_SECONDS + 31)),
    "not yet valid": ("token_not_yet_valid", _id(nbf=NOW_SECONDS + 31)),
    "exp before iat": ("invalid_claim", _id(iat=NOW_SECONDS, exp=NOW_SECONDS - 1)),
    **{
        f"{name} is {what}": ("invalid_claim", _id(**{name: value}))
        for name in ("exp", "iat", "nbf")
        for what, value in {"text": "1717380000", "a float": 1717380000.5, "true": True, "null": None}.items()
    },
    # nonce
    "no nonce": ("missing_claim", _id(nonce=OMIT)),
    "nonce of another sign-in": ("invalid_claim", _id(nonce="nonce-of-another-sign-in")),
    "nonce in capitals": ("invalid_claim", _id(nonce=NONCE.upper())),
    "nonce begins as ours": ("invalid_claim", _id(nonce=f"{NONCE}-2")),
    "nonce is a part of ours": ("invalid_claim", _id(nonce=NONCE[:-1])),
    "nonce is empty": ("invalid_claim", _id(nonce="")),
    "nonce is null": ("invalid_claim", _id(nonce=None)),
    "nonce is true": ("invalid_claim", _id(nonce=True)),
    "nonce is a list": ("invalid_claim", _id(nonce=[NONCE])),
    "nonce with a letter of another script": ("invalid_claim", _id(nonce=NONCE.replace("o", "о"))),
    # at_hash
    "at_hash of another token": ("invalid_claim", _id(at_hash=at_hash("another"))),
    "at_hash of the whole digest": ("invalid_claim", _id(at_hash=at_hash(ACCESS_TOKEN, part=1))),
    "at_hash of a quarter": ("invalid_claim", _id(at_hash=at_hash(ACCESS_TOKEN, part=4))),
    "at_hash by SHA-512": ("invalid_claim", _id(at_hash=at_hash(ACCESS_TOKEN, "sha512"))),
    "at_hash in hexadecimal": (
        "invalid_claim",
        _id(at_hash=hashlib.sha256(ACCESS_TOKEN.encode()).hexdigest()[:32]),
    ),
    "at_hash with padding": (
        "invalid_claim",
        _id(at_hash=base64.urlsafe_b64encode(hashlib.sha256(ACCESS_TOKEN.encode()).digest()[:16]).decode()),
    ),
    "at_hash is empty": ("invalid_claim", _id(at_hash="")),
    "at_hash is null": ("invalid_claim", _id(at_hash=None)),
    "at_hash is a list": ("invalid_claim", _id(at_hash=[at_hash(ACCESS_TOKEN)])),
    "at_hash beyond ASCII": ("invalid_claim", _id(at_hash="é")),
    # session
    **{f"sid is {what}": ("invalid_claim", _id(sid=value)) for what, value in _NOT_AN_IDENTIFIER.items()},
}

AGED_ID_TOKENS: Corpus = {
    "no auth_time": ("missing_claim", _id(auth_time=OMIT)),
    "signed in too long ago": ("authentication_too_old", _id(auth_time=NOW_SECONDS - 331)),
    "signed in in the future": ("invalid_claim", _id(auth_time=NOW_SECONDS + 31)),
    "auth_time is text": ("invalid_claim", _id(auth_time=str(NOW_SECONDS))),
    "auth_time is a float": ("invalid_claim", _id(auth_time=NOW_SECONDS - 0.5)),
    "auth_time is true": ("invalid_claim", _id(auth_time=True)),
    "auth_time is null": ("invalid_claim", _id(auth_time=None)),
    "auth_time in milliseconds": ("invalid_claim", _id(auth_time=NOW_SECONDS * 1000)),
    "auth_time is negative": ("invalid_claim", _id(auth_time=-1)),
}
"""For a sign-in that asked for one of at most 300 seconds ago."""

LOGOUT_TOKENS: Corpus = {
    "not a token": ("malformed_token", lambda _: "logout"),
    "jku in the header": ("header_not_allowed", _logout({"jku": CANARY})),
    "typ of an access token": ("wrong_token_type", _logout({"typ": "at+jwt"})),
    "typ of another event": ("wrong_token_type", _logout({"typ": "secevent+jwt"})),
    "an access token": ("wrong_token_type", lambda i: i.mint()),
    "an ID token": ("missing_claim", lambda i: i.id_token()),
    "an ID token with the event": ("invalid_claim", lambda i: i.id_token(events={LOGOUT_EVENT: {}}, jti="1")),
    "no iss": ("missing_claim", _logout(iss=OMIT)),
    "another iss": ("issuer_mix_up", _logout(iss="https://evil.example")),
    "alg none": ("algorithm_not_allowed", _logout({"alg": "none"})),
    "unknown kid": ("unknown_key", _logout({"kid": "another"})),
    "of a stranger": ("bad_signature", lambda i: _stranger(i).logout_token()),
    "no aud": ("missing_claim", _logout(aud=OMIT)),
    "aud of another client": ("wrong_audience", _logout(aud="vneid-app")),
    "aud is our service": ("wrong_audience", _logout(aud=AUDIENCE)),
    "no iat": ("missing_claim", _logout(iat=OMIT)),
    "no exp": ("missing_claim", _logout(exp=OMIT)),
    "expired": ("token_expired", _logout(iat=NOW_SECONDS - 600, exp=NOW_SECONDS - 31)),
    "issued in the future": ("token_not_yet_valid", _logout(iat=NOW_SECONDS + 31, exp=NOW_SECONDS + 60)),
    "issued too long ago": ("token_too_old", _logout(iat=NOW_SECONDS - 3631)),
    "no events": ("missing_claim", _logout(events=OMIT)),
    "events is empty": ("invalid_claim", _logout(events={})),
    "events is null": ("invalid_claim", _logout(events=None)),
    "events is a list": ("invalid_claim", _logout(events=[LOGOUT_EVENT])),
    "events is text": ("invalid_claim", _logout(events=LOGOUT_EVENT)),
    "another event": ("invalid_claim", _logout(events={"https://schemas.openid.net/event/other": {}})),
    "the event over https": ("invalid_claim", _logout(events={LOGOUT_EVENT.replace("http:", "https:"): {}})),
    "the event is null": ("invalid_claim", _logout(events={LOGOUT_EVENT: None})),
    "the event is a list": ("invalid_claim", _logout(events={LOGOUT_EVENT: []})),
    "a nonce": ("invalid_claim", _logout(nonce=NONCE)),
    "a nonce, null": ("invalid_claim", _logout(nonce=None)),
    "neither sub nor sid": ("missing_claim", _logout(sub=OMIT, sid=OMIT)),
    "no jti": ("missing_claim", _logout(jti=OMIT)),
    **{
        f"{name} is {what}": ("invalid_claim", _logout(**{name: value}))
        for name in ("sub", "sid", "jti")
        for what, value in _NOT_AN_IDENTIFIER.items()
    },
}


def _keyed_with_our_secret(house: OidcHouse) -> str:
    """OpenID Connect allows HMAC with the client's secret; whoever knows the secret could sign anybody in."""
    head = encode(json.dumps({"alg": "HS256", "kid": house.key_id}).encode())
    signing_input = f"{head}.{encode(json.dumps(house.id_claims()).encode())}"
    assert house.trusted.own_client is not None
    key = (house.trusted.own_client.client_secret or "").encode()
    return f"{signing_input}.{encode(hmac.digest(key, signing_input.encode(), 'sha256'))}"
