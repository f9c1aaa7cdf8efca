"""Why a token, or the person behind it, is refused.

Every leaf carries a stable `code` that callers may show, count and test for. Neither the code nor the message ever
holds a part of the token or the value of a claim, so that an error may be logged as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from identity.citizen import AssuranceLevel


class MisconfiguredIssuer(ValueError):
    """A trusted issuer's settings are contradictory or too weak: an operator's mistake at start, never a caller's."""


class IdentityError(Exception):
    """Base of every refusal that this package lets out."""

    code: ClassVar[str] = "identity_error"
    sentence: ClassVar[str] = "The identity could not be verified."

    def __init__(self, detail: str | None = None) -> None:
        """detail: a fixed sentence of ours, never text taken from the token."""
        super().__init__(detail or self.sentence)


class MalformedToken(IdentityError):
    """Not a compact JWS of strict base64url and strict JSON (RFC 7515 section 3.1), or larger than 8 KiB."""

    code = "malformed_token"
    sentence = "The token is not a well-formed compact JWS."


class HeaderNotAllowed(IdentityError):
    """The header holds a parameter besides alg, kid and typ: crit, jku, x5u, jwk, x5c, b64 and the like are refused."""

    code = "header_not_allowed"
    sentence = "The token's header holds a parameter that is not accepted."


class UntrustedIssuer(IdentityError):
    """No trusted issuer has the name that the token gives as `iss`."""

    code = "untrusted_issuer"
    sentence = "The token's issuer is not trusted here."


class AlgorithmNotAllowed(IdentityError):
    """`alg` is not in the issuer's pinned list, or doesn't fit the key (RFC 8725 sections 3.1 and 3.2)."""

    code = "algorithm_not_allowed"
    sentence = "The token's algorithm is not accepted from this issuer."


class WrongTokenType(IdentityError):
    """`typ` is not that of an access token (RFC 9068 section 4): an ID token proves a sign-in, not a permission."""

    code = "wrong_token_type"
    sentence = "The token is not an access token."


class UnknownKey(IdentityError):
    """The issuer publishes no usable key of that `kid`.

    retry_after_seconds: set where the issuer could not be asked again yet; an honest token of a new key may come back
    then. None means that the issuer has just been asked.
    """

    code = "unknown_key"
    sentence = "The issuer publishes no such key."

    def __init__(self, retry_after_seconds: int | None = None) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class UnusableKey(IdentityError):
    """The issuer publishes the key, but it is weak, ambiguous, leaked or not meant for verifying signatures."""

    code = "unusable_key"
    sentence = "The issuer's key must not be used to verify signatures."


class BadSignature(IdentityError):
    """The signature isn't the issuer's over these bytes."""

    code = "bad_signature"
    sentence = "The token's signature is not valid."


class MissingClaim(IdentityError):
    """A required claim is absent.

    claim: its standard name.
    """

    code = "missing_claim"

    def __init__(self, claim: str) -> None:
        super().__init__(f"The token lacks the claim {claim!r}.")
        self.claim = claim


class InvalidClaim(IdentityError):
    """A claim has the wrong type, form or meaning.

    claim: its standard name.
    """

    code = "invalid_claim"

    def __init__(self, claim: str) -> None:
        super().__init__(f"The token's claim {claim!r} is not valid.")
        self.claim = claim


class TokenExpired(IdentityError):
    """`exp` has passed, leeway included."""

    code = "token_expired"
    sentence = "The token has expired."


class TokenTooOld(IdentityError):
    """Issued longer ago than this issuer's tokens may live here, whatever `exp` says."""

    code = "token_too_old"
    sentence = "The token was issued too long ago."


class TokenNotYetValid(IdentityError):
    """`nbf` or `iat` lies in the future, beyond the leeway."""

    code = "token_not_yet_valid"
    sentence = "The token is not valid yet."


class WrongAudience(IdentityError):
    """`aud` doesn't name this service."""

    code = "wrong_audience"
    sentence = "The token is meant for another service."


class ProofOfPossessionRequired(IdentityError):
    """The token is bound to a key (`cnf`, RFC 7800) whose possession was not shown; a thief could have brought it."""

    code = "proof_of_possession_required"
    sentence = "The token is bound to a key, and its possession was not proven."


class ProviderUnavailable(IdentityError):
    """The issuer's keys cannot be had at the moment; says nothing about the token.

    retry_after_seconds: when another try makes sense.
    """

    code = "provider_unavailable"
    sentence = "The identity provider cannot be reached at the moment."

    def __init__(self, detail: str | None = None, retry_after_seconds: int = 5) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class LevelTooLow(IdentityError):
    """The identity is verified, at a lower level than demanded."""

    code = "level_too_low"
    sentence = "A higher level of electronic identification is needed."

    def __init__(self, required: AssuranceLevel, actual: AssuranceLevel) -> None:
        super().__init__()
        self.required = required
        self.actual = actual


class WrongKindOfPerson(IdentityError):
    """A citizen where an official is needed, or the other way round."""

    code = "wrong_kind_of_person"
    sentence = "This is open to another kind of account."


class MalformedPersonalId(IdentityError):
    """Not twelve ASCII digits."""

    code = "malformed_personal_id"
    sentence = "A personal identification number has twelve digits."
