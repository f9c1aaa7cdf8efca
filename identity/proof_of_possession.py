"""Whether whoever brings a token holds the key that it is bound to (DPoP, RFC 9449).

A proof holds (section 4.3) when
 1. there is exactly one, and it passes the wall that tokens pass: size, compact form, strict base64url and JSON
 2. the header is exactly `typ` dpop+jwt, `alg` of the asymmetric list, and `jwk`
 3. that key is the one that the token is bound to (RFC 7638), public, of the algorithm's kind, and not weak
 4. the signature is that key's
 5. `htm` and `htu` are the request's, the latter without query and fragment, however written (RFC 3986 section 6.2)
 6. `ath` is the token's
 7. `nonce` is a fresh one of ours, where nonces are asked for; it then tells the proof's age better than a clock of
    somebody's telephone (section 4.3, check 11)
 8. elsewhere `iat` is of now; `exp` and `nbf`, where they are given, count always
 9. `jti` was never used before by this key

The checks without side effects come first: a proof that is refused may be mended and sent again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from identity.algorithms import ALGORITHMS
from identity.errors import (
    AlgorithmNotAllowed,
    InvalidClaim,
    InvalidProofOfPossession,
    MalformedToken,
    MissingClaim,
    ProofAlreadyUsed,
    ProofNonceNeeded,
    ProofOfPossessionRequired,
    TokenAlreadyUsed,
)
from identity.key_set import prepare_key
from identity.parse_token import take_apart
from identity.proof_nonces import ProofNonces
from identity.read_claims import read_identifier, read_numeric_date
from identity.replay import RedeemOnce, redeem_once
from identity.request_address import normalised_address

__all__ = ["BEARER", "PROOF_ALGORITHMS", "Presentation", "ProofNonces", "ProofRules", "verify_proof"]

PROOF_ALGORITHMS: Final = tuple(ALGORITHMS)
"""What proofs may be signed with, for the `algs` of a challenge (RFC 9449 section 7.1)."""

_HEADER: Final = frozenset(("typ", "alg", "jwk"))
# the members of which a thumbprint is made, in its order (RFC 7638 section 3.2, RFC 8037 section 2)
_THUMBPRINT_MEMBERS: Final = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """How a token was brought.

    scheme: of the Authorization header. proof: the DPoP header's value, None without; several such headers are given
    joined by commas (RFC 9110 section 5.3), which no proof contains. method and address: of the request as the client
    sees it, the address with its host, its path as sent, and without query.
    """

    scheme: Literal["bearer", "dpop"]
    proof: str | None = field(default=None, repr=False)
    method: str = ""
    address: str = ""


BEARER: Final = Presentation(scheme="bearer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRules:
    """What a proof must be, besides valid.

    nonces: each proof must repeat one of these; None asks for none. max_age_seconds: since the proof's `iat`, which
    counts where no nonces are asked for. leeway_seconds: for clocks that differ, both ways.
    Raises ValueError for periods that make no sense.
    """

    nonces: ProofNonces | None = None
    max_age_seconds: int = 60
    leeway_seconds: int = 30

    def __post_init__(self) -> None:
        if self.max_age_seconds <= 0 or not 0 <= self.leeway_seconds <= 300:
            raise ValueError("max_age_seconds must be positive, leeway_seconds between 0 and 300")


async def verify_proof(
    presented: Presentation,
    access_token: str,
    thumbprint: str,
    rules: ProofRules,
    redeem: RedeemOnce,
    at: datetime,
    admit: Callable[[], None] | None = None,
) -> None:
    """Verify as of `at` (aware) that the token was brought by the holder of the key that it is bound to.

    thumbprint: the token's `jkt`, from claims that were verified before. admit: called once the proof is found good
    and before it is used up; what it raises refuses the request.
    Raises ProofOfPossessionRequired without a proof, InvalidProofOfPossession, ProofNonceNeeded with a nonce for the
    next try, ProofAlreadyUsed.
    """
    if presented.proof is None:
        raise ProofOfPossessionRequired
    try:
        claims = _signed_claims(presented.proof, thumbprint)
        identifier = read_identifier(claims, "jti")
        issued = read_numeric_date(claims, "iat")
        if claims.get("htm") != presented.method:
            raise InvalidProofOfPossession
        address = normalised_address(presented.address)
        if address is None or normalised_address(claims.get("htu")) != address:
            raise InvalidProofOfPossession
        if not _same(claims.get("ath"), _digest(access_token.encode("utf-8"))):
            raise InvalidProofOfPossession
        _check_time(claims, rules, int(at.timestamp()))
        if rules.nonces is None:
            _check_age(issued, rules, int(at.timestamp()))
        elif not rules.nonces.is_fresh(claims.get("nonce"), at):
            raise ProofNonceNeeded(rules.nonces.issue(at))
    except (MalformedToken, MissingClaim, InvalidClaim, AlgorithmNotAllowed):
        # those speak of tokens; this one is about the proof beside it
        raise InvalidProofOfPossession from None
    if admit is not None:
        admit()
    try:
        await redeem_once(redeem, "dpop_proof", thumbprint, identifier, _accepted_until(issued, rules, at))
    except TokenAlreadyUsed:
        raise ProofAlreadyUsed from None


def _accepted_until(issued: int, rules: ProofRules, at: datetime) -> datetime:
    """Longer than the proof could be accepted by a process whose clock is behind."""
    if rules.nonces is not None:
        return at + timedelta(seconds=2 * rules.nonces.lifetime_seconds + rules.leeway_seconds)
    return datetime.fromtimestamp(issued + rules.max_age_seconds + 2 * rules.leeway_seconds + 1, UTC)


def _signed_claims(proof: str, thumbprint: str) -> Mapping[str, object]:
    header, claims, signing_input, signature = take_apart(proof)
    if header.keys() != _HEADER or header["typ"] != "dpop+jwt":
        raise InvalidProofOfPossession
    name, jwk = header["alg"], header["jwk"]
    algorithm = ALGORITHMS.get(name) if isinstance(name, str) else None
    if algorithm is None or not isinstance(jwk, dict):
        raise InvalidProofOfPossession
    # before the key is built: a stranger's key costs a digest, no arithmetic
    if not _same(_thumbprint(jwk), thumbprint):
        raise InvalidProofOfPossession
    key = prepare_key("", jwk)
    if key is None or not key.verifies(algorithm, signing_input, signature):
        raise InvalidProofOfPossession
    return claims


def _thumbprint(jwk: Mapping[str, object]) -> str | None:
    """RFC 7638 section 3; None for a key of another kind or one that lacks a member."""
    kind = jwk.get("kty")
    names = _THUMBPRINT_MEMBERS.get(kind) if isinstance(kind, str) else None
    if names is None or not all(isinstance(jwk.get(name), str) for name in names):
        return None
    members = {name: jwk[name] for name in names}
    return _digest(json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode("utf-8"))


def _check_age(issued: int, rules: ProofRules, now: int) -> None:
    """issued, now: seconds since 1970."""
    if not -rules.leeway_seconds <= now - issued <= rules.max_age_seconds + rules.leeway_seconds:
        raise InvalidProofOfPossession


def _check_time(claims: Mapping[str, object], rules: ProofRules, now: int) -> None:
    """What the proof itself says of its time counts with nonces too."""
    if "exp" in claims and now >= read_numeric_date(claims, "exp") + rules.leeway_seconds:
        raise InvalidProofOfPossession
    if "nbf" in claims and read_numeric_date(claims, "nbf") > now + rules.leeway_seconds:
        raise InvalidProofOfPossession


def _digest(raw: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode("ascii")


def _same(given: object, expected: str) -> bool:
    """In constant time."""
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8"), expected.encode("utf-8"))
