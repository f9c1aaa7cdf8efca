"""From an access token to a verified person, or a reason.

The order of the checks for a JWT (RFC 9068):
 1. the wall: size, compact form, strict base64url and JSON, allowed header parameters
 2. the issuer is a trusted one that gives such tokens; from here on only its own settings and keys count
 3. the token type is an access token's, the algorithm is in the issuer's pinned list
 4. the key named by `kid` is the issuer's and fits the algorithm
 5. the signature, by PyJWT
 6. `sub aud exp iat jti` and the client: present, well-formed, for us, now
 7. the sender: a bound token comes with a proof of its key (RFC 9449), a single-use token for the first time
 8. the claims about the person, by the issuer's mapping

An opaque token goes to the one issuer that gives such tokens, whose answer (RFC 7662) stands for 1 to 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from identity.access_marks import refuse_other_kinds
from identity.check_time import check_time, keep_until
from identity.citizen import (
    AssuranceLevel,
    Verified,
    VerifiedCitizen,
    VerifiedMachine,
    VerifiedOfficial,
)
from identity.errors import (
    AuthenticationTooOld,
    InvalidClaim,
    InvalidProofOfPossession,
    LevelTooLow,
    MalformedToken,
    ProofOfPossessionRequired,
    TokenKindNotAccepted,
    UnknownConfirmation,
    WrongAudience,
    WrongKindOfPerson,
    WrongTokenType,
)
from identity.parse_token import MAX_TOKEN_CHARACTERS, UnverifiedToken, parse_token
from identity.person import make_person
from identity.proof_of_possession import BEARER, Presentation, verify_proof
from identity.provider import Provider
from identity.read_claims import read_audiences, read_client_id, read_identifier, read_issuer
from identity.replay import redeem_once
from identity.trusted_issuer import TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from identity.verify_id_token import media_type
from identity.verify_signature import verify_signature

Admit = Callable[[str, str, str], None]
"""Whether whoever brings a good token may use it now; given its issuer, subject and client_id."""

# b64token (RFC 6750 section 2.1)
_OPAQUE = re.compile(r"[A-Za-z0-9._~+/-]+=*")


async def verify_token(
    token: str,
    issuers: TrustedIssuers,
    at: datetime,
    presented: Presentation = BEARER,
    *,
    admit: Admit | None = None,
) -> Verified:
    """Verify an access token as of `at` (aware) and tell whose it is.

    admit: called once nothing about token and proof is left to refuse and before either is used up, so that whoever
    asks too often costs no row; what it raises refuses the request. The claims about the person are read after it.

    Suspends only to ask: an issuer for keys that are not cached or about an opaque token, the stores of what counts
    once and of officials. A token of each kind is accepted only from issuers whose settings say so.
    Raises a leaf of IdentityError for every refusal; ValueError when `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("at must carry a time zone")
    if issuers.of_opaque_tokens is not None and _is_opaque(token):
        provider = issuers.of_opaque_tokens
        claims = await _introspected(token, provider)
    else:
        unverified = parse_token(token)
        provider = issuers.provider_of(read_issuer(unverified.unverified_claims))
        if "jwt_access_token" not in provider.trusted.token_kinds:
            raise TokenKindNotAccepted
        _check_type(unverified, provider.trusted)
        claims = await verify_signature(unverified, provider)
        read_identifier(claims, "jti")
    _check_use(claims, provider.trusted, int(at.timestamp()))
    client_id = read_client_id(claims)
    admission = None
    if admit is not None:
        admission = partial(admit, provider.trusted.issuer, read_identifier(claims, "sub"), client_id)
    await _check_sender(claims, token, provider.trusted, issuers, presented, at, admission)
    return await make_person(claims, provider, issuers.find_official, at, client_id=client_id)


def require_level(citizen: VerifiedCitizen, level: AssuranceLevel) -> None:
    """Raises LevelTooLow, which tells both levels, when the citizen is verified at less than `level`."""
    if citizen.level < level:
        raise LevelTooLow(required=level, actual=citizen.level, issuer=citizen.issuer)


def require_fresh(person: VerifiedCitizen | VerifiedOfficial, max_age_seconds: int, at: datetime) -> None:
    """Raises AuthenticationTooOld when the sign-in lies further back, or when nobody knows when it was."""
    seen = person.authenticated_at
    if seen is None or (at - seen).total_seconds() > max_age_seconds:
        raise AuthenticationTooOld(max_age_seconds)


def require_citizen(person: Verified) -> VerifiedCitizen:
    """Raises WrongKindOfPerson for anybody else."""
    if not isinstance(person, VerifiedCitizen):
        raise WrongKindOfPerson
    return person


def require_official(person: Verified) -> VerifiedOfficial:
    """Raises WrongKindOfPerson for anybody else."""
    if not isinstance(person, VerifiedOfficial):
        raise WrongKindOfPerson
    return person


def require_machine(person: Verified) -> VerifiedMachine:
    """Raises WrongKindOfPerson for a person."""
    if not isinstance(person, VerifiedMachine):
        raise WrongKindOfPerson
    return person


def _is_opaque(token: object) -> bool:
    """Whether it may be shown to the issuer of opaque tokens: not what could be a JWT, and no JWT with something more.

    The parts of one have two dots between them, four where it is encrypted, and it begins with "eyJ", as `{"` does in
    base64url. Whoever is shown another issuer's good token, with a dot beside it, could use it.
    """
    if not isinstance(token, str) or token.count(".") >= 2:
        return False
    return not ("." in token and token.startswith("eyJ"))


def _check_type(unverified: UnverifiedToken, trusted: TrustedIssuer) -> None:
    given = media_type(unverified)
    if trusted.jwt_type == "JWT":
        if given not in ("jwt", ""):
            raise WrongTokenType
        refuse_other_kinds(unverified.unverified_claims)
    elif given != "at+jwt":
        raise WrongTokenType


async def _introspected(token: str, provider: Provider) -> Mapping[str, object]:
    if len(token) > MAX_TOKEN_CHARACTERS or not _OPAQUE.fullmatch(token):
        raise MalformedToken
    claims = await provider.introspect(token)
    if claims.get("iss", provider.trusted.issuer) != provider.trusted.issuer:
        raise InvalidClaim("iss")
    if provider.trusted.people == "machines" and "sub" not in claims and "client_id" in claims:
        # nobody's behalf but its own, and `sub` is optional here; RFC 9068 section 2.2 says whose name it then is
        return {**claims, "sub": claims["client_id"]}
    return claims


def _check_use(claims: Mapping[str, object], trusted: TrustedIssuer, now: int) -> None:
    """Whether the token is meant for this service and for this moment (seconds since 1970)."""
    check_time(claims, trusted, now)
    audiences = read_audiences(claims)
    if not any(audience in audiences for audience in trusted.audiences):
        raise WrongAudience


async def _check_sender(
    claims: Mapping[str, object],
    token: str,
    trusted: TrustedIssuer,
    issuers: TrustedIssuers,
    presented: Presentation,
    at: datetime,
    admission: Callable[[], None] | None,
) -> None:
    if "cnf" in claims:
        thumbprint = _bound_key(claims["cnf"])
        if presented.scheme != "dpop":
            raise ProofOfPossessionRequired
        await verify_proof(presented, token, thumbprint, issuers.proofs, issuers.redeem, at, admission)
    elif presented.scheme == "dpop":
        # a token that anybody could have brought must not pass for a bound one (RFC 9449 section 7.1)
        raise InvalidProofOfPossession
    elif admission is not None:
        admission()
    # last, so that a thief without the key can't use the token up
    if trusted.single_use_tokens:
        identifier = read_identifier(claims, "jti") if "jti" in claims else token
        await redeem_once(issuers.redeem, "access_token", trusted.issuer, identifier, keep_until(claims, trusted))


def _bound_key(confirmation: object) -> str:
    """The thumbprint in `cnf` (RFC 9449 section 6.1). A method beside it is as unknown as one alone."""
    if not isinstance(confirmation, dict) or confirmation.keys() != {"jkt"}:
        raise UnknownConfirmation
    thumbprint = confirmation["jkt"]
    if not isinstance(thumbprint, str):
        raise UnknownConfirmation
    return thumbprint
