"""The doors through which strangers' bytes come in, and what must hold behind each, whatever the bytes.

A door returns whether it let the bytes in. It lets out leaves of IdentityError and nothing else, and what it lets in
says exactly what a second, plain reader of the same bytes finds there. `SEEDS` are honest inputs to start from.

Signed doors take "header NUL payload" and sign both as they are, so that mutations get past the signature.
"""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from identity.algorithms import ALGORITHMS
from identity.citizen import Verified, VerifiedCitizen
from identity.errors import AlgorithmNotAllowed, IdentityError
from identity.fetch import Answer, Ask
from identity.issuer_metadata import IssuerMetadata
from identity.key_set import parse_key_set
from identity.parse_token import parse_token
from identity.sign_in import AuthorizationAnswer, begin_sign_in, complete_sign_in
from identity.trusted_issuer import Endpoints, OwnClient
from identity.trusted_issuers import TrustedIssuers
from identity.verify_id_token import verify_id_token
from identity.verify_logout_token import verify_logout_token
from identity.verify_token import verify_token
from tests.identity.issuer import AUDIENCE, LEVELS, NOW, TestIssuer, encode
from tests.identity.proofs import METHOD, ProofHolder, presented

Door = Callable[[bytes], Awaitable[bool]]

CLIENT = OwnClient(client_id="condau", client_secret="a secret of the tests")
RETURN_TO = "https://condau.example/sign-in/return"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
NONCE = "nonce-of-this-sign-in"


def _issuer(address: str, **settings: Any) -> TestIssuer:
    return TestIssuer(
        address,
        token_kinds=("jwt_access_token", "sign_in"),
        own_client=CLIENT,
        endpoints=Endpoints(authorization=f"{address}/authorize", token=f"{address}/token"),
        **settings,
    )


ISSUER = _issuer("https://issuer.example")
OPAQUE = TestIssuer(
    "https://opaque.example",
    token_kinds=("opaque_access_token",),
    own_client=CLIENT,
    endpoints=Endpoints(introspection="https://opaque.example/introspect"),
)
HOLDER = ProofHolder()
BOUND_TOKEN = ISSUER.mint(cnf=HOLDER.confirmation)


async def _always_first(_: bytes, __: datetime) -> bool:
    return True


def _trusting(issuer: TestIssuer, answers: dict[str, bytes] | None = None) -> TrustedIssuers:
    async def fetch(ask: Ask) -> Answer:
        if answers is not None and ask.address in answers:
            return Answer(200, answers[ask.address], "application/json")
        return await issuer.fetch(ask)

    return TrustedIssuers([issuer.trusted], fetch=fetch, redeem=_always_first, clock=lambda: 0.0)


ISSUERS = _trusting(ISSUER)


async def wall(data: bytes) -> bool:
    """Any text as a token. What passes is written in the one way that there is."""
    token = data.decode("utf-8", "surrogateescape")
    try:
        unverified = parse_token(token)
    except IdentityError as refusal:
        return _refused(refusal)
    header, payload, signature = token.split(".")
    assert all(encode(_decoded(segment)) == segment for segment in (header, payload, signature))
    assert unverified.signing_input == f"{header}.{payload}".encode("ascii")
    assert unverified.signature == _decoded(signature)
    assert unverified.unverified_claims == _plainly(_decoded(payload))
    named = _plainly(_decoded(header))
    assert named.keys() <= {"alg", "kid", "typ", "x5t", "x5t#S256"}
    seen = (unverified.unverified_algorithm, unverified.unverified_key_id, unverified.unverified_type)
    assert seen == (named["alg"], named.get("kid"), named.get("typ"))
    return True


async def access_tokens(data: bytes) -> bool:
    header, payload = _two(data)
    try:
        person = await verify_token(ISSUER.sign_raw(header, payload), ISSUERS, NOW)
    except IdentityError as refusal:
        return _refused(refusal)
    named, claims = _plainly(header), _plainly(payload)
    assert (named["alg"], named["kid"]) == (ISSUER.algorithm, ISSUER.key_id)
    assert "cnf" not in claims
    assert claims["iss"] == ISSUER.issuer
    assert claims["jti"]
    _meant_for_us_and_now(claims)
    _is_whom_they_say(person, claims)
    return True


async def proofs(data: bytes) -> bool:
    """Beside a token that is bound to the key that signs."""
    header, payload = _two(data)
    try:
        await verify_token(BOUND_TOKEN, ISSUERS, NOW, presented(HOLDER.sign(header, payload)))
    except IdentityError as refusal:
        return _refused(refusal)
    named, claims = _plainly(header), _plainly(payload)
    assert named.keys() == {"typ", "alg", "jwk"}
    assert {name: named["jwk"][name] for name in HOLDER.jwk} == HOLDER.jwk
    assert claims["htm"] == METHOD
    assert claims["ath"] == HOLDER.claims(BOUND_TOKEN)["ath"]
    assert (urlsplit(claims["htu"]).hostname, claims["jti"] != "") == ("condau.example", True)
    assert abs(claims["iat"] - NOW.timestamp()) <= 90
    return True


async def id_tokens(data: bytes) -> bool:
    header, payload = _two(data)
    provider = ISSUERS.provider_of(ISSUER.issuer)
    try:
        claims = await verify_id_token(
            ISSUER.sign_raw(header, payload), provider, NOW, nonce=NONCE, access_token=None, max_age_seconds=600
        )
    except IdentityError as refusal:
        return _refused(refusal)
    assert claims == _plainly(payload)
    assert (claims["iss"], claims["nonce"]) == (ISSUER.issuer, NONCE)
    assert CLIENT.client_id in claims["aud"]  # type: ignore[operator]  # text or list, both have it
    assert str(_plainly(header).get("typ", "JWT")).lower().removeprefix("application/") in ("", "jwt")
    return True


async def logout_tokens(data: bytes) -> bool:
    header, payload = _two(data)
    try:
        ends = await verify_logout_token(ISSUER.sign_raw(header, payload), ISSUERS.provider_of(ISSUER.issuer), NOW)
    except IdentityError as refusal:
        return _refused(refusal)
    claims = _plainly(payload)
    assert (claims.get("sub"), claims.get("sid"), claims["jti"]) == (ends.subject, ends.session_id, ends.identifier)
    assert (ends.subject, ends.session_id) != (None, None)
    assert LOGOUT_EVENT in claims["events"]
    assert "nonce" not in claims
    assert ends.keep_until > NOW or claims["exp"] + 30 > NOW.timestamp()
    return True


async def key_sets(data: bytes) -> bool:
    """What an issuer's key address may answer."""
    try:
        keys = parse_key_set(data)
    except IdentityError as refusal:
        return _refused(refusal)
    published = [jwk for jwk in _plainly(data)["keys"] if isinstance(jwk, dict)]
    for key_id, key in keys.usable.items():
        (jwk,) = [jwk for jwk in published if jwk.get("kid") == key_id]
        assert not jwk.keys() & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
        assert (jwk.get("use", "sig"), jwk["kty"], jwk.get("crv")) == ("sig", key.key_type, key.curve)
        for algorithm in ALGORITHMS.values():
            try:
                assert not key.verifies(algorithm, b"not signed", bytes(64))
            except AlgorithmNotAllowed:
                assert (algorithm.key_type, algorithm.curve) != (key.key_type, key.curve) or "alg" in jwk
    assert not keys.usable.keys() & keys.unusable
    return True


async def discovery_documents(data: bytes) -> bool:
    """What the issuer's discovery address may answer; wherever it points, a key set would be there."""
    asked: list[str] = []

    async def fetch(ask: Ask) -> Answer:
        asked.append(ask.address)
        return Answer(200, data if len(asked) == 1 else json.dumps(ISSUER.jwks).encode())

    metadata = IssuerMetadata(ISSUER.trusted, fetch, clock=lambda: 0.0)
    try:
        await metadata.find_key(ISSUER.key_id)
    except IdentityError as refusal:
        assert len(asked) <= 2
        return _refused(refusal)
    document = _plainly(data)
    assert document["issuer"] == ISSUER.issuer
    assert asked[1:] == [document["jwks_uri"]]
    assert asked[1].lower().startswith("https://")
    return True


async def introspection_answers(data: bytes) -> bool:
    issuers = _trusting(OPAQUE, {"https://opaque.example/introspect": data})
    try:
        person = await verify_token("an-opaque-token", issuers, NOW)
    except IdentityError as refusal:
        return _refused(refusal)
    claims = _plainly(data)
    assert claims["active"] is True
    assert "cnf" not in claims
    assert claims.get("iss", OPAQUE.issuer) == OPAQUE.issuer
    _meant_for_us_and_now(claims)
    _is_whom_they_say(person, claims | {"iss": OPAQUE.issuer})
    return True


async def token_answers(data: bytes) -> bool:
    """What the token address may answer when a code is redeemed; NONCE in it becomes that of the sign-in."""
    begun = await begin_sign_in(ISSUERS, ISSUER.trusted.name, RETURN_TO, "/", NOW)
    state, nonce = (parse_qs(urlsplit(begun.address).query)[name][0] for name in ("state", "nonce"))
    payload, _, rest = data.partition(b"\0")
    id_token = ISSUER.sign(payload.replace(NONCE.encode(), nonce.encode()), {"typ": "JWT"})
    issuers = _trusting(ISSUER, {f"{ISSUER.issuer}/token": rest.replace(b"ID_TOKEN", id_token.encode())})
    answer = AuthorizationAnswer(state=state, code="a-code", issuer=ISSUER.issuer)
    try:
        signed_in = await complete_sign_in(
            issuers, begun.pending, answer, begun.browser_secret, ISSUER.trusted.name, RETURN_TO, NOW
        )
    except IdentityError as refusal:
        return _refused(refusal)
    claims = _plainly(payload.replace(NONCE.encode(), nonce.encode()))
    assert claims["nonce"] == nonce
    assert _plainly(rest)["id_token"] == "ID_TOKEN"
    _is_whom_they_say(signed_in.person, claims | {"client_id": CLIENT.client_id})
    return True


def _refused(refusal: IdentityError) -> bool:
    """By a leaf that an error report may show as it is."""
    assert refusal.code != IdentityError.code
    assert refusal.__cause__ is None
    assert refusal.__suppress_context__ or refusal.__context__ is None
    return False


def _two(data: bytes) -> tuple[bytes, bytes]:
    header, _, payload = data.partition(b"\0")
    return header, payload


def _decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def _plainly(raw: bytes) -> dict[str, Any]:
    """As another reader would see it, and every name once."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    found = json.loads(raw.decode("utf-8"), object_pairs_hook=once)
    assert isinstance(found, dict)
    json.dumps(found, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return found


def _meant_for_us_and_now(claims: dict[str, Any]) -> None:
    assert AUDIENCE in (claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]])
    assert type(claims["exp"]) is type(claims["iat"]) is int
    assert claims["iat"] - 30 <= NOW.timestamp() < claims["exp"] + 30
    assert claims.get("nbf", 0) <= NOW.timestamp() + 30


def _is_whom_they_say(person: Verified, claims: dict[str, Any]) -> None:
    assert isinstance(person, VerifiedCitizen)
    assert (person.issuer, person.subject) == (claims["iss"], claims["sub"])
    assert person.personal_id.digits == claims["personal_id"]
    assert person.full_name == unicodedata.normalize("NFC", claims["name"])
    assert person.birth_date.isoformat() == claims["birthdate"]
    assert person.level == LEVELS[claims["acr"]]
    assert person.client_id == claims.get("client_id", claims.get("azp"))
    assert person.sex == (claims.get("gender") if claims.get("gender") in ("male", "female") else None)
    assert person.scopes == (frozenset(claims["scope"].split()) if "scope" in claims else None)
    assert (person.authenticated_at is None) == ("auth_time" not in claims)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _signed_by_issuer(claims: dict[str, Any], token_type: str) -> bytes:
    return _json({"alg": ISSUER.algorithm, "kid": ISSUER.key_id, "typ": token_type}) + b"\0" + _json(claims)


def _sign_in_claims() -> dict[str, Any]:
    return ISSUER.claims(aud=CLIENT.client_id, azp=CLIENT.client_id, nonce=NONCE, auth_time=int(NOW.timestamp()) - 60)


def _logout_claims() -> dict[str, Any]:
    kept = {name: value for name, value in ISSUER.claims(aud=CLIENT.client_id).items() if name not in ("name", "acr")}
    return kept | {"events": {LOGOUT_EVENT: {}}, "sid": "session-1"}


_TOKEN_ANSWER = {"access_token": "an-access-token", "token_type": "Bearer", "id_token": "ID_TOKEN", "expires_in": 60}

DOORS: dict[str, Door] = {
    door.__name__: door
    for door in (
        wall,
        access_tokens,
        proofs,
        id_tokens,
        logout_tokens,
        key_sets,
        discovery_documents,
        introspection_answers,
        token_answers,
    )
}
SEEDS: dict[str, list[bytes]] = {
    "wall": [ISSUER.mint().encode(), BOUND_TOKEN.encode()],
    "access_tokens": [
        _signed_by_issuer(ISSUER.claims(), "at+jwt"),
        _signed_by_issuer(ISSUER.claims(aud=[AUDIENCE, "x"], auth_time=1, nbf=1, azp="vneid-app"), "at+jwt"),
    ],
    "proofs": [
        _json({"typ": "dpop+jwt", "alg": "ES256", "jwk": HOLDER.jwk}) + b"\0" + _json(HOLDER.claims(BOUND_TOKEN))
    ],
    "id_tokens": [_signed_by_issuer(_sign_in_claims(), "JWT")],
    "logout_tokens": [_signed_by_issuer(_logout_claims(), "logout+jwt")],
    "key_sets": [
        _json({"keys": [TestIssuer(algorithm=name).public_jwk()]}) for name in ("RS256", "ES256", "ES512", "EdDSA")
    ],
    "discovery_documents": [_json(ISSUER.discovery)],
    "introspection_answers": [_json(OPAQUE.claims(active=True, token_type="Bearer"))],
    "token_answers": [_json(_sign_in_claims()) + b"\0" + _json(_TOKEN_ANSWER)],
}
