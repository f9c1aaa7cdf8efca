"""From an access token to a verified person, or a reason. Nothing else makes one.

The order of the checks:
 1. the wall: size, compact form, strict base64url and JSON, allowed header parameters
 2. the issuer is a trusted one; from here on only its own settings and keys count
 3. the token type is an access token's, the algorithm is in the issuer's pinned list
 4. the key named by `kid` is the issuer's and fits the algorithm
 5. the signature, by PyJWT
 6. `sub aud exp iat jti` and the client: present, well-formed, for us, now; no sender constraint left unproven
 7. the claims about the person, by the issuer's mapping
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from identity.algorithms import ALGORITHMS
from identity.citizen import _VERIFIED, AssuranceLevel, VerifiedCitizen, VerifiedOfficial
from identity.errors import (
    AlgorithmNotAllowed,
    BadSignature,
    InvalidClaim,
    LevelTooLow,
    ProofOfPossessionRequired,
    TokenExpired,
    TokenNotYetValid,
    TokenTooOld,
    UnknownKey,
    WrongAudience,
    WrongKindOfPerson,
    WrongTokenType,
)
from identity.parse_token import UnverifiedToken, parse_token
from identity.provider import Provider
from identity.read_claims import (
    MAX_NAME_CHARACTERS,
    read_audiences,
    read_birth_date,
    read_client_id,
    read_identifier,
    read_level,
    read_numeric_date,
    read_personal_id,
    read_roles,
    read_sex,
    read_text,
    read_unit,
    require,
)
from identity.trusted_issuer import TrustedIssuer
from identity.trusted_issuers import TrustedIssuers

# media types compare without case, and "application/" may be left out (RFC 7515 section 4.1.9)
_ACCESS_TOKEN_TYPES: Final = frozenset(("at+jwt", "application/at+jwt"))


async def verify_token(token: str, issuers: TrustedIssuers, at: datetime) -> VerifiedCitizen | VerifiedOfficial:
    """Verify a JWT access token (RFC 9068) as of `at` (aware) and tell whose it is.

    Suspends only to fetch keys that are not cached.
    Raises a leaf of IdentityError for every refusal; ValueError when `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("at must carry a time zone")
    unverified = parse_token(token)
    unverified_issuer = require(unverified.unverified_claims, "iss")
    if not isinstance(unverified_issuer, str):
        raise InvalidClaim("iss")
    provider = issuers.provider_of(unverified_issuer)
    claims = await _verify_signature(unverified, provider)
    now = int(at.timestamp())
    _check_use(claims, provider.trusted, now)
    return _person(claims, provider, at)


def require_level(citizen: VerifiedCitizen, level: AssuranceLevel) -> None:
    """Raises LevelTooLow, which tells both levels, when the citizen is verified at less than `level`."""
    if citizen.level < level:
        raise LevelTooLow(required=level, actual=citizen.level)


def require_citizen(person: VerifiedCitizen | VerifiedOfficial) -> VerifiedCitizen:
    """Raises WrongKindOfPerson for an official."""
    if not isinstance(person, VerifiedCitizen):
        raise WrongKindOfPerson
    return person


def require_official(person: VerifiedCitizen | VerifiedOfficial) -> VerifiedOfficial:
    """Raises WrongKindOfPerson for a citizen."""
    if not isinstance(person, VerifiedOfficial):
        raise WrongKindOfPerson
    return person


async def _verify_signature(unverified: UnverifiedToken, provider: Provider) -> Mapping[str, object]:
    """The claims, once type, algorithm, key and signature hold."""
    if (unverified.unverified_type or "").lower() not in _ACCESS_TOKEN_TYPES:
        raise WrongTokenType
    if unverified.unverified_algorithm not in provider.trusted.algorithms:
        raise AlgorithmNotAllowed
    if unverified.unverified_key_id is None:
        raise UnknownKey
    key = await provider.find_key(unverified.unverified_key_id)
    algorithm = ALGORITHMS[unverified.unverified_algorithm]
    if not key.verifies(algorithm, unverified.signing_input, unverified.signature):
        raise BadSignature
    return unverified.unverified_claims


def _check_use(claims: Mapping[str, object], trusted: TrustedIssuer, now: int) -> None:
    """Whether the token is meant for this service and for this moment (seconds since 1970)."""
    expires, issued = read_numeric_date(claims, "exp"), read_numeric_date(claims, "iat")
    if expires <= issued:
        raise InvalidClaim("exp")
    if now >= expires + trusted.leeway_seconds:
        raise TokenExpired
    if issued > now + trusted.leeway_seconds:
        raise TokenNotYetValid
    if "nbf" in claims and read_numeric_date(claims, "nbf") > now + trusted.leeway_seconds:
        raise TokenNotYetValid
    if now - issued > trusted.max_age_seconds + trusted.leeway_seconds:
        raise TokenTooOld
    if trusted.audience not in read_audiences(claims):
        raise WrongAudience
    read_identifier(claims, "jti")
    if "cnf" in claims:
        raise ProofOfPossessionRequired


def _person(claims: Mapping[str, object], provider: Provider, at: datetime) -> VerifiedCitizen | VerifiedOfficial:
    trusted = provider.trusted
    about = provider.standard_claims(claims)
    subject = read_identifier(claims, "sub")
    client_id = read_client_id(claims)
    personal_id = read_personal_id(about)
    full_name = read_text(about, "name", MAX_NAME_CHARACTERS)
    if trusted.people == "officials":
        return VerifiedOfficial(
            issuer=trusted.issuer,
            subject=subject,
            personal_id=personal_id,
            full_name=full_name,
            unit=read_unit(about),
            roles=read_roles(about),
            proof=_VERIFIED,
        )
    return VerifiedCitizen(
        issuer=trusted.issuer,
        subject=subject,
        personal_id=personal_id,
        full_name=full_name,
        birth_date=read_birth_date(about, at),
        sex=read_sex(about),
        level=read_level(about, trusted.levels),
        client_id=client_id,
        proof=_VERIFIED,
    )
