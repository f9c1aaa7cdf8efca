"""Sign-in of a person on our own pages: authorization code flow with PKCE, bound to the browser that began it.

What keeps a sign-in from being somebody else's:
 1. `state` finds what was kept at its beginning, once, and for ten minutes (RFC 6749 section 10.12)
 2. the browser that comes back holds the secret that was given to the one that began
 3. the answer came to the address of the issuer that was asked, and its `iss` says so too (RFC 9207)
 4. the code goes to that issuer alone, with the verifier whose digest it saw at the beginning (RFC 7636)
 5. what the issuer gives for it holds the nonce of this sign-in (OpenID Connect Core 1.0 section 3.1.3.7)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from identity.citizen import AssuranceLevel, VerifiedCitizen, VerifiedOfficial, VerifiedPerson
from identity.errors import IssuerMixUp, SignInRefused, SignInUnknown, WrongKindOfPerson
from identity.parse_token import parse_token
from identity.person import make_person
from identity.provider import CodeToRedeem, Granted, Provider
from identity.sessions import CLOCKS_APART, PendingSignIn
from identity.trusted_issuer import TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from identity.verify_id_token import own_client

SIGN_IN_LIFETIME: Final = timedelta(minutes=10)
SECRET_BYTES: Final = 32
_MAX_ANSWER_CHARACTERS: Final = 4_096
_OF_ACCOUNT: Final = frozenset(("iss", "sub", "aud", "azp", "sid", "jti", "nonce", "at_hash", "c_hash"))
_OF_SIGN_IN: Final = frozenset(("exp", "iat", "nbf", "auth_time", "acr", "amr"))
"""Claims of ID tokens that name nobody (OpenID Connect Core 1.0 section 2, Front-Channel Logout 1.0 section 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunSignIn:
    """A sign-in on its way. address: where the browser goes. pending: to be kept. browser_secret: for the browser."""

    address: str = field(repr=False)
    pending: PendingSignIn
    browser_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationAnswer:
    """What came back by the browser, unverified (RFC 6749 section 4.1.2, RFC 9207). None of it prints."""

    state: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    error: str | None = field(default=None, repr=False)
    issuer: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who signed in, and what the issuer gave beside."""

    person: VerifiedCitizen | VerifiedOfficial
    granted: Granted


def secret_digest(secret: str) -> bytes:
    """Under which a secret of 256 random bits is stored and found; so many need nothing slower than SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def sign_in_issuers(issuers: TrustedIssuers, level: AssuranceLevel | None = None) -> list[TrustedIssuer]:
    """The issuers at whom a person may sign in on our pages; for a level, those of citizens who may have it."""
    found = [trusted for trusted in issuers if "sign_in" in trusted.token_kinds]
    if level is None:
        return found
    return [trusted for trusted in found if trusted.people == "citizens" and acr_values(trusted, level)]


async def begin_sign_in(
    issuers: TrustedIssuers,
    issuer_name: str,
    redirect_uri: str,
    return_to: str,
    at: datetime,
    *,
    level: AssuranceLevel | None = None,
    max_age_seconds: int | None = None,
    language: str | None = None,
) -> BegunSignIn:
    """Begin a sign-in at an issuer.

    return_to: a path of ours. level: asked for, not promised: who needs one checks the person. max_age_seconds: how
    long ago the person may have signed in at the issuer; whoever did so earlier has to do it again. language: what the
    person reads, for the issuer's pages.
    Raises UntrustedIssuer, TokenKindNotAccepted, ProviderUnavailable.
    """
    provider = issuers.named(issuer_name)
    client = own_client(provider.trusted)
    endpoint = await provider.authorization()
    state, nonce, browser_secret = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
    code_verifier = secrets.token_urlsafe(SECRET_BYTES)
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(client.scopes),
        "state": state,
        "code_challenge": _s256(code_verifier),
        "code_challenge_method": "S256",
    }
    if endpoint.sends_nonce:
        asked["nonce"] = nonce
    values = (
        endpoint.acr_values or _every_acr(provider.trusted) if level is None else acr_values(provider.trusted, level)
    )
    if values:
        asked["acr_values"] = " ".join(values)
    if max_age_seconds is not None:
        asked["max_age"] = str(max_age_seconds)
    if language is not None:
        asked["ui_locales"] = language
    pending = PendingSignIn(
        state_digest=secret_digest(state),
        browser_digest=secret_digest(browser_secret),
        issuer=issuer_name,
        nonce=nonce,
        code_verifier=code_verifier,
        return_to=return_to,
        begun_at=at,
        max_age_seconds=max_age_seconds,
    )
    return BegunSignIn(address=with_query(endpoint.address, asked), pending=pending, browser_secret=browser_secret)


async def complete_sign_in(
    issuers: TrustedIssuers,
    pending: PendingSignIn | None,
    answer: AuthorizationAnswer,
    browser_secret: str | None,
    issuer_name: str,
    redirect_uri: str,
    at: datetime,
) -> SignedIn:
    """Who signed in, of a sign-in that came back.

    pending: what was kept under the answer's state, already taken out of there so that no second answer finds it; None
    where nothing was. browser_secret: of the browser that brought the answer. issuer_name, redirect_uri: to which
    issuer's address it was brought, and that address.
    Raises SignInUnknown, IssuerMixUp, SignInRefused, ProviderUnavailable, and what refuses evidence or a person.
    """
    if pending is None or not hmac.compare_digest(pending.state_digest, secret_digest(answer.state)):
        raise SignInUnknown
    if browser_secret is None or not hmac.compare_digest(pending.browser_digest, secret_digest(browser_secret)):
        raise SignInUnknown
    # another machine, with a clock of its own, may have begun it
    if not -CLOCKS_APART <= at - pending.begun_at <= SIGN_IN_LIFETIME:
        raise SignInUnknown
    if pending.issuer != issuer_name:
        raise IssuerMixUp
    provider = issuers.named(pending.issuer)
    client = own_client(provider.trusted)
    # before anything else of the answer counts: an error, too, would be somebody else's word
    await _check_issuer(provider, answer)
    if answer.error is not None or not answer.code or len(answer.code) > _MAX_ANSWER_CHARACTERS:
        raise SignInRefused
    granted = await provider.redeem(
        CodeToRedeem(
            code=answer.code,
            code_verifier=pending.code_verifier,
            nonce=pending.nonce,
            redirect_uri=redirect_uri,
            max_age_seconds=pending.max_age_seconds,
        ),
        at,
    )
    person = await make_person(granted.claims, provider, issuers.find_official, at, client_id=client.client_id)
    if not isinstance(person, VerifiedCitizen | VerifiedOfficial):
        raise WrongKindOfPerson
    return SignedIn(person=person, granted=granted)


def sign_out_address(
    end_session: str, trusted: TrustedIssuer, id_token: str | None, return_to: str, language: str
) -> str:
    """Where a person signs out at the issuer too (RP-Initiated Logout 1.0 section 2).

    id_token: as `sign_out_hint` lets it pass. return_to: the full address, as it is registered there.
    """
    asked = {
        "client_id": own_client(trusted).client_id,
        "post_logout_redirect_uri": return_to,
        "ui_locales": language,
        # comes back with the person: there is no other place for the language, the address being a registered one
        "state": language,
    }
    if id_token is not None:
        asked["id_token_hint"] = id_token
    return with_query(end_session, asked)


def sign_out_hint(id_token: str | None, person: VerifiedPerson) -> str | None:
    """The ID token of a sign-in where it may stand in an address, which histories and logs keep; None where it may not.

    It may where no claim of it tells more of the person than the account's name, and not even that is the person's
    number. Without it the issuer knows the session by its own cookie.
    """
    if id_token is None:
        return None
    claims = parse_token(id_token).unverified_claims
    beyond = claims.keys() - _OF_ACCOUNT - _OF_SIGN_IN
    if beyond or any(person.personal_id.digits in str(value) for value in claims.values()):
        return None
    return id_token


def acr_values(trusted: TrustedIssuer, level: AssuranceLevel) -> list[str]:
    """The issuer's names for a level and those above it, the lowest first (OpenID Connect Core 1.0 section 3.1.2.1)."""
    enough = [(found, acr) for acr, found in trusted.levels.items() if found >= level]
    return [acr for _, acr in sorted(enough)]


def with_query(address: str, asked: dict[str, str]) -> str:
    """An address with more parameters; those that it has already stay (RFC 6749 section 3.1)."""
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in asked]
    return urlunsplit(parts._replace(query=urlencode([*kept, *asked.items()])))


def _every_acr(trusted: TrustedIssuer) -> list[str]:
    """A citizen without `acr` is refused, and many issuers say it only when they are asked: the highest level first."""
    return list(reversed(acr_values(trusted, min(AssuranceLevel)))) if trusted.people == "citizens" else []


async def _check_issuer(provider: Provider, answer: AuthorizationAnswer) -> None:
    if answer.issuer is not None:
        if answer.issuer != provider.trusted.issuer:
            raise IssuerMixUp
    elif (await provider.authorization()).names_itself:
        raise IssuerMixUp


def _s256(code_verifier: str) -> str:
    digest = hashlib.sha256(code_verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
