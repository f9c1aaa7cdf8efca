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


class MisconfiguredClient(ValueError):
    """A registered application's settings are contradictory: an operator's mistake at start, never a caller's."""


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


class TokenKindNotAccepted(IdentityError):
    """This issuer's tokens of this kind are not taken for evidence here, or nobody's opaque tokens are."""

    code = "token_kind_not_accepted"
    sentence = "This kind of token is not accepted here."


class TokenNotActive(IdentityError):
    """The issuer says that the token is not active (RFC 7662 section 2.2): unknown, expired or revoked."""

    code = "token_not_active"
    sentence = "The token is not active any more."


class TokenAlreadyUsed(IdentityError):
    """Evidence that counts once was brought again: a single-use token, a logout token."""

    code = "token_already_used"
    sentence = "This was used before."


class InvalidProofOfPossession(IdentityError):
    """A DPoP proof that does not hold for this request and this token (RFC 9449 section 4.3)."""

    code = "invalid_dpop_proof"
    sentence = "The proof of possession is not valid."


class ProofAlreadyUsed(IdentityError):
    """A DPoP proof was brought again (RFC 9449 section 11.1); the token may be as good as ever."""

    code = "dpop_proof_already_used"
    sentence = "The proof of possession was used before."


class ProofNonceNeeded(IdentityError):
    """The DPoP proof carries no nonce of ours, or one that has run out (RFC 9449 section 9).

    nonce: the one to use in the next proof.
    """

    code = "use_dpop_nonce"
    sentence = "The proof of possession must carry a fresh nonce."

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce = nonce


class UnknownConfirmation(IdentityError):
    """The token is bound by a method that is not supported here (`cnf`, RFC 7800 section 3)."""

    code = "unknown_confirmation"
    sentence = "The token is bound in a way that cannot be checked here."


class LevelTooLow(IdentityError):
    """The identity is verified, at a lower level than demanded.

    issuer: whose account it is, so that the caller can be told in that issuer's words what to ask for (RFC 9470).
    """

    code = "level_too_low"
    sentence = "A higher level of electronic identification is needed."

    def __init__(self, required: AssuranceLevel, actual: AssuranceLevel, issuer: str) -> None:
        super().__init__()
        self.required = required
        self.actual = actual
        self.issuer = issuer


class AuthenticationTooOld(IdentityError):
    """The person signed in longer ago than is allowed for this, or nobody knows when (RFC 9470 section 3).

    max_age_seconds: how long ago it may be.
    """

    code = "authentication_too_old"
    sentence = "A fresh sign-in is needed."

    def __init__(self, max_age_seconds: int) -> None:
        super().__init__()
        self.max_age_seconds = max_age_seconds


class UnknownClient(IdentityError):
    """The application that brought the token is not registered here."""

    code = "unknown_client"
    sentence = "This application is not registered here."


class OriginNotRegistered(IdentityError):
    """A page of another origin than those registered sent the application's token."""

    code = "origin_not_registered"
    sentence = "Requests of this application do not come from this origin."


class ScopeMissing(IdentityError):
    """The token, or the application's registration, does not permit this (RFC 6750 section 3.1).

    scope: the one that is needed.
    """

    code = "scope_missing"
    sentence = "The application is not permitted to do this."

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope


class OfficialNotRegistered(IdentityError):
    """The officials' register does not know the account, and nothing else is believed about its unit and roles.

    subject_key, full_name: whose evidence it was, verified all the same.
    """

    code = "official_not_registered"
    sentence = "This account is not in the register of officials."

    def __init__(self, subject_key: str = "", full_name: str = "") -> None:
        super().__init__()
        self.subject_key = subject_key
        self.full_name = full_name


class OfficialNotActive(IdentityError):
    """The officials' register says that the account acts for no unit any more."""

    code = "official_not_active"
    sentence = "This account may not act for a unit any more."


class SignInRefused(IdentityError):
    """The issuer answered the sign-in with an error, or refused the code (RFC 6749 sections 4.1.2.1 and 5.2)."""

    code = "sign_in_refused"
    sentence = "The identity provider refused the sign-in."


class SignInUnknown(IdentityError):
    """No sign-in with this state was begun in this browser, or it ended, or it took too long."""

    code = "sign_in_unknown"
    sentence = "This sign-in was not begun here, or took too long."


class IssuerMixUp(IdentityError):
    """The answer to a sign-in names another issuer than the one that was asked, or none (RFC 9207 section 2.4)."""

    code = "issuer_mix_up"
    sentence = "The answer came from another identity provider."


class SessionEnded(IdentityError):
    """No open session has this secret: signed out, idle for too long, or never opened."""

    code = "session_ended"
    sentence = "You are not signed in any more."


class FormNotOurs(IdentityError):
    """The browser says that another site's page sent the form."""

    code = "form_not_ours"
    sentence = "The form was not sent from a page of this service."


class FormOutdated(IdentityError):
    """A form without this session's token: of a page that an earlier session opened, or somebody else's."""

    code = "form_outdated"
    sentence = "The form is not of the session that is open now."


class NotTheGuardian(IdentityError):
    """The population register confirms no guardianship of this person over this child."""

    code = "not_the_guardian"
    sentence = "The population register does not show you as this child's parent or guardian."


class NotAChild(IdentityError):
    """The person to be acted for is of age and acts in his or her own name."""

    code = "not_a_child"
    sentence = "This person is of age and must apply in his or her own name."


class PopulationRegisterUnavailable(IdentityError):
    """The population register cannot be asked at the moment; says nothing about the relation.

    retry_after_seconds: when another try makes sense.
    """

    code = "population_register_unavailable"
    sentence = "The population register cannot be reached at the moment."

    def __init__(self, detail: str | None = None, retry_after_seconds: int = 5) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class StoreUnavailable(IdentityError):
    """What this service itself has written down cannot be asked at the moment; says nothing about the evidence.

    retry_after_seconds: when another try makes sense.
    """

    code = "store_unavailable"
    sentence = "This service's own records cannot be asked at the moment."

    def __init__(self, detail: str | None = None, retry_after_seconds: int = 5) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class WrongKindOfPerson(IdentityError):
    """A citizen where an official is needed, or the other way round."""

    code = "wrong_kind_of_person"
    sentence = "This is open to another kind of account."


class MalformedPersonalId(IdentityError):
    """Not twelve ASCII digits."""

    code = "malformed_personal_id"
    sentence = "A personal identification number has twelve digits."
