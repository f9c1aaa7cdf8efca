"""A standard OpenID Connect provider: discovery, key set, signed or opaque access tokens, sign-in by code.

Official: OpenID Connect Core and Discovery 1.0, RFC 6749, 7636 (PKCE), 7662 (introspection), 9068 and 9207.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Final, TypeGuard

from identity.errors import InvalidClaim, ProviderUnavailable, SignInRefused
from identity.fetch import Answer, Ask, Fetch, basic_authorization
from identity.issuer_metadata import IssuerMetadata
from identity.key_set import VerificationKey
from identity.parse_token import MAX_TOKEN_CHARACTERS, parse_token
from identity.provider import AuthorizationEndpoint, CodeToRedeem, Granted
from identity.providers.introspection import Introspection
from identity.read_claims import read_identifier, read_issuer
from identity.strict_json import NotStrictJson, parse_object
from identity.trusted_issuer import ClaimNames, OwnClient, TrustedIssuer
from identity.verify_id_token import check_own_audience, own_client, verify_id_token
from identity.verify_signature import verify_signature

MAX_ANSWER_BYTES: Final = 64 * 1024

# b64token (RFC 6750 section 2.1): anything else could not be sent back in a header
_ACCESS_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
# what a person's page cannot do without; the level is not asked for, as it speaks of one sign-in and not of the account
_ASKED_FOR: Final = {"citizens": ("personal_id", "name", "birthdate"), "officials": ("personal_id", "name")}


class OidcProvider:
    """Finds keys by OpenID Connect Discovery 1.0 section 4 and renames claims as the settings say.

    names: what the claims are called where the settings say nothing; the standard names by default.
    """

    def __init__(
        self, trusted: TrustedIssuer, metadata: IssuerMetadata, fetch: Fetch, names: ClaimNames | None = None
    ) -> None:
        self._trusted = trusted
        self._metadata = metadata
        self._fetch = fetch
        self._introspection = Introspection(trusted, metadata, fetch)
        given = trusted.claims or names or ClaimNames()
        self._names = {field.name: str(getattr(given, field.name)) for field in fields(given)}

    @property
    def trusted(self) -> TrustedIssuer:
        """The settings that this adapter serves."""
        return self._trusted

    async def find_key(self, key_id: str) -> VerificationKey:
        """As `Provider.find_key`."""
        return await self._metadata.find_key(key_id)

    def standard_claims(self, claims: Mapping[str, object]) -> Mapping[str, object]:
        """As `Provider.standard_claims`."""
        return {standard: claims[given] for standard, given in self._names.items() if given in claims}

    async def introspect(self, token: str) -> Mapping[str, object]:
        """As `Provider.introspect`."""
        return await self._introspection.ask(token)

    async def authorization(self) -> AuthorizationEndpoint:
        """As `Provider.authorization`."""
        address = await self._metadata.endpoint("authorization")
        if address is None:
            raise ProviderUnavailable("The identity provider names no address to sign in at.")
        return AuthorizationEndpoint(address=address, names_itself=await self._metadata.names_itself())

    async def redeem(self, code: CodeToRedeem, at: datetime) -> Granted:
        """As `Provider.redeem`; what the ID token lacks of the person comes from the user-info endpoint."""
        client = own_client(self._trusted)
        address = await self._metadata.endpoint("token")
        if address is None:
            raise ProviderUnavailable("The identity provider names no address to redeem codes at.")
        answer = read_answer(await self._fetch(token_request(address, code, client)))
        token_type, access_token, id_token = (answer.get(n) for n in ("token_type", "access_token", "id_token"))
        if not isinstance(token_type, str) or token_type.lower() not in ("bearer", "dpop"):
            raise SignInRefused
        if not is_access_token(access_token) or not isinstance(id_token, str):
            raise SignInRefused
        claims = await verify_id_token(
            id_token,
            self,
            at,
            nonce=code.nonce,
            access_token=access_token,
            max_age_seconds=code.max_age_seconds,
        )
        # a token bound to a key (RFC 9449) is not sent without a proof, and none is ever made here
        if self._lacks(claims) and token_type.lower() == "bearer":
            claims = await self._with_userinfo(claims, access_token, client)
        session_id = read_identifier(claims, "sid") if "sid" in claims else None
        return Granted(claims=claims, id_token=id_token, session_id=session_id)

    async def end_session_address(self) -> str | None:
        """As `Provider.end_session_address`."""
        return await self._metadata.endpoint("end_session")

    def _lacks(self, claims: Mapping[str, object]) -> bool:
        asked_for = _ASKED_FOR.get(self._trusted.people, ())
        if self._trusted.people == "officials" and self._trusted.unit_and_roles == "either":
            asked_for = (*asked_for, "unit", "roles")
        if self._names["acr"] != "acr":
            asked_for = (*asked_for, "acr")
        return any(self._names[standard] not in claims for standard in asked_for)

    async def _with_userinfo(
        self, claims: Mapping[str, object], access_token: str, client: OwnClient
    ) -> Mapping[str, object]:
        """The ID token's claims, and what it lacks of the person (OpenID Connect Core 1.0 section 5.3)."""
        address = await self._metadata.endpoint("userinfo")
        if address is None:
            return claims
        answer = await self._fetch(Ask(address, authorization=f"Bearer {access_token}"))
        if answer.media_type == "application/jwt":
            told = await self._signed_userinfo(answer, client)
        else:
            told = read_answer(answer)
        # section 5.3.2: without it, another person's answer could be slipped in
        if read_identifier(told, "sub") != claims["sub"]:
            raise InvalidClaim("sub")
        # `acr` by its own name says how one sign-in went, and only the ID token speaks of this one
        wanted = {given for given in self._names.values() if given != "acr"}
        return {name: value for name, value in told.items() if name in wanted} | dict(claims)

    async def _signed_userinfo(self, answer: Answer, client: OwnClient) -> Mapping[str, object]:
        refuse_error(answer)
        unverified = parse_token(answer.body.decode("ascii", "replace"))
        if read_issuer(unverified.unverified_claims) != self._trusted.issuer:
            raise InvalidClaim("iss")
        claims = await verify_signature(unverified, self)
        check_own_audience(claims, self._trusted, client)
        return claims


def token_request(address: str, code: CodeToRedeem, client: OwnClient) -> Ask:
    """The code, its PKCE verifier and who redeems it (RFC 6749 sections 2.3.1 and 4.1.3, RFC 7636 section 4.5)."""
    form = {
        "grant_type": "authorization_code",
        "code": code.code,
        "redirect_uri": code.redirect_uri,
        "code_verifier": code.code_verifier,
    }
    if client.client_secret is None:
        return Ask(address, form | {"client_id": client.client_id})
    return Ask(address, form, basic_authorization(client.client_id, client.client_secret))


def refuse_error(answer: Answer) -> None:
    """Raises SignInRefused on a refusal (RFC 6749 section 5.2), ProviderUnavailable on too long an answer."""
    if answer.status != 200:
        raise SignInRefused
    if len(answer.body) > MAX_ANSWER_BYTES:
        raise ProviderUnavailable("The identity provider's answer is too large.")


def read_answer(answer: Answer) -> dict[str, object]:
    """A JSON object that the issuer answered with during a sign-in.

    Raises SignInRefused where it refused, ProviderUnavailable where the answer cannot be read.
    """
    refuse_error(answer)
    try:
        members = parse_object(answer.body)
    except NotStrictJson:
        raise ProviderUnavailable("The identity provider's answer cannot be read.") from None
    if "error" in members:
        raise SignInRefused
    return members


def is_access_token(value: object) -> TypeGuard[str]:
    """Whether it can be sent in a header: bounded, and of the alphabet of RFC 6750."""
    return isinstance(value, str) and len(value) <= MAX_TOKEN_CHARACTERS and bool(_ACCESS_TOKEN.fullmatch(value))
