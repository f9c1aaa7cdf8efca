"""VNeID: sign-in by code, without ID token and without nonce; answers come in an encrypted envelope.

Unofficial throughout: VNeID publishes no specification. Seen in public code: the code flow, encrypted token and
user-info bodies, the claims `citizenPid fullName birthDate accountType accountLevel`. Assumed: what the envelope holds
(vneid_envelope.py), that the client is authenticated as in RFC 6749 section 2.3.1, that the access token is called
`access_token` and is sent as a bearer token, in which of three forms a birth date is written. Data of the settings,
since nobody knows them for sure: the addresses, the values of `accountType` that are a citizen's, and those of
`accountLevel`.

A VNeID token that somebody brings is never evidence, whatever the settings say. It names no audience: one that another
application got for the same person would look the same, and whoever runs that application could act here in that
person's name. Only a code that this service redeems itself, as the client that it was made for, shows that the person
signed in here. That is also all that stands against an injected code if VNeID should ignore the PKCE verifier.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Final

from identity.errors import (
    AuthenticationTooOld,
    InvalidClaim,
    MisconfiguredIssuer,
    SignInRefused,
    TokenKindNotAccepted,
    UnknownKey,
    WrongKindOfPerson,
)
from identity.fetch import Ask, Fetch
from identity.issuer_metadata import IssuerMetadata
from identity.key_set import VerificationKey
from identity.provider import AuthorizationEndpoint, CodeToRedeem, Granted
from identity.providers.birth_dates import DateForm, to_iso
from identity.providers.oidc import is_access_token, refuse_error, token_request
from identity.providers.vneid_envelope import load_envelope_key, open_envelope
from identity.read_claims import read_personal_id, require
from identity.trusted_issuer import ClaimNames, TrustedIssuer
from identity.verify_id_token import own_client

NAMES: Final = ClaimNames(personal_id="citizenPid", name="fullName", birthdate="birthDate", acr="accountLevel")
ACCOUNT_TYPE: Final = "accountType"
# no two of them can be taken for each other
DATE_FORMS: Final[tuple[DateForm, ...]] = ("yyyy-mm-dd", "yyyymmdd", "dd/mm/yyyy")


class VneidProvider:
    """Signs citizens in. Everything that it needs stands in the settings; there is no discovery and there are no keys.

    Raises MisconfiguredIssuer where something is missing, or anything but sign-in is configured.
    """

    def __init__(self, trusted: TrustedIssuer, _: IssuerMetadata, fetch: Fetch) -> None:
        self._trusted = trusted
        self._fetch = fetch
        self._envelope_key = load_envelope_key(trusted.envelope_key, trusted.name)
        endpoints, client = trusted.endpoints, trusted.own_client
        if trusted.token_kinds != ("sign_in",) or trusted.people != "citizens":
            raise _wrong(trusted, "VNeID signs citizens in; its tokens are no evidence when somebody brings them")
        if endpoints.authorization is None or endpoints.token is None or endpoints.userinfo is None:
            raise _wrong(trusted, "endpoints must give authorization, token and userinfo, as nothing is published")
        if client is None or not client.client_secret:
            raise _wrong(trusted, "own_client needs a client_secret: nothing else shows whose code it is")
        if not trusted.account_types:
            raise _wrong(trusted, "account_types must list the values of accountType that are a citizen's")
        self._authorization, self._token, self._userinfo = endpoints.authorization, endpoints.token, endpoints.userinfo
        names = trusted.claims or NAMES
        self._names = {field.name: str(getattr(names, field.name)) for field in fields(names)}

    @property
    def trusted(self) -> TrustedIssuer:
        """The settings that this adapter serves."""
        return self._trusted

    async def find_key(self, key_id: str) -> VerificationKey:
        """Raises UnknownKey: VNeID signs nothing that is read here."""
        raise UnknownKey

    def standard_claims(self, claims: Mapping[str, object]) -> Mapping[str, object]:
        """As `Provider.standard_claims`; a level written as a whole number is read as its digits."""
        about = {standard: claims[given] for standard, given in self._names.items() if given in claims}
        if "birthdate" in about:
            about["birthdate"] = to_iso(about["birthdate"], DATE_FORMS)
        if type(about.get("acr")) is int:
            about["acr"] = str(about["acr"])
        return about

    async def introspect(self, token: str) -> Mapping[str, object]:
        """Raises TokenKindNotAccepted: there is nothing to ask."""
        raise TokenKindNotAccepted

    async def authorization(self) -> AuthorizationEndpoint:
        """As `Provider.authorization`."""
        return AuthorizationEndpoint(address=self._authorization, names_itself=False, sends_nonce=False)

    async def redeem(self, code: CodeToRedeem, at: datetime) -> Granted:
        """As `Provider.redeem`. A maximum age is refused: VNeID does not say when a person signed in."""
        if code.max_age_seconds is not None:
            raise AuthenticationTooOld(code.max_age_seconds)
        answer = await self._fetch(token_request(self._token, code, own_client(self._trusted)))
        refuse_error(answer)
        token = open_envelope(answer.body, self._envelope_key)
        if "error" in token:
            raise SignInRefused
        access_token, token_type = token.get("access_token"), token.get("token_type", "Bearer")
        if not isinstance(token_type, str) or token_type.lower() != "bearer" or not is_access_token(access_token):
            raise SignInRefused
        answer = await self._fetch(Ask(self._userinfo, authorization=f"Bearer {access_token}"))
        refuse_error(answer)
        return Granted(claims=self._about_the_citizen(open_envelope(answer.body, self._envelope_key)))

    async def end_session_address(self) -> str | None:
        """As `Provider.end_session_address`."""
        return self._trusted.endpoints.end_session

    def _about_the_citizen(self, told: Mapping[str, object]) -> Mapping[str, object]:
        """The claims that are known, and the account's name.

        Raises MissingClaim, InvalidClaim, WrongKindOfPerson.
        """
        account_type = require(told, ACCOUNT_TYPE)
        if not isinstance(account_type, str):
            raise InvalidClaim(ACCOUNT_TYPE)
        if account_type not in self._trusted.account_types:
            raise WrongKindOfPerson
        wanted = {*self._names.values(), ACCOUNT_TYPE}
        claims = {name: value for name, value in told.items() if name in wanted}
        return claims | {"sub": self._subject(read_personal_id(self.standard_claims(claims)).digits)}

    def _subject(self, digits: str) -> str:
        """A name for the account, as VNeID gives none: a digest, so that the number stays out of logs and addresses.

        Twelve digits can be tried out; it hides nothing from somebody who wants to know.
        """
        digest = hashlib.sha256(f"{self._trusted.issuer}|{digits}".encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _wrong(trusted: TrustedIssuer, what: str) -> MisconfiguredIssuer:
    return MisconfiguredIssuer(f"trusted issuer {trusted.name!r}: {what}")
