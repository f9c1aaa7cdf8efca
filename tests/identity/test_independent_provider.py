"""Tokens of a real provider that nobody here wrote are accepted, in every algorithm; tampered with, they are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from identity.citizen import AssuranceLevel, Verified
from identity.errors import (
    AlgorithmNotAllowed,
    BadSignature,
    IdentityError,
    TokenExpired,
    TokenKindNotAccepted,
    TokenNotActive,
    TokenNotYetValid,
    UnknownKey,
    UntrustedIssuer,
    WrongAudience,
    WrongTokenType,
)
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import require_citizen, require_machine, require_official, verify_token
from tests.identity.independent_provider import SERVICE_SECRET, IndependentProvider, independent_provider
from tests.identity.independent_sign_in import Granted, client_credentials, discovery, revoke, sign_in

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")


@dataclass(frozen=True)
class SignedIn:
    provider: IndependentProvider
    granted: Granted


@pytest.fixture(scope="module", params=ALGORITHMS)
def signed_in(request: pytest.FixtureRequest) -> Iterator[SignedIn]:
    """A provider of each algorithm, with one person's tokens by authorization code and PKCE."""
    with independent_provider(algorithm=request.param) as provider:
        yield SignedIn(provider, sign_in(provider))


@pytest.fixture(scope="module")
def opaque() -> Iterator[IndependentProvider]:
    """A provider whose access tokens say nothing by themselves."""
    with independent_provider(access_tokens="opaque") as provider:
        yield provider


async def test_its_token_becomes_a_verified_citizen(signed_in: SignedIn) -> None:
    provider, granted = signed_in.provider, signed_in.granted
    citizen = require_citizen(
        await verify_token(granted.access_token, TrustedIssuers([provider.trusted()]), granted.at)
    )
    assert citizen.subject_key == f"{provider.issuer}|minh-anh"
    assert (citizen.full_name, citizen.birth_date) == ("Nguyễn Thị Minh Anh", date(1994, 3, 8))
    assert (citizen.level, citizen.client_id) == (AssuranceLevel.LEVEL_2, "vneid-app")
    assert citizen.scopes == {"documents"}
    assert citizen.authenticated_at is not None


async def test_its_token_becomes_a_verified_official(signed_in: SignedIn) -> None:
    granted = sign_in(signed_in.provider, person="thu-ha")
    issuers = TrustedIssuers([signed_in.provider.trusted(people="officials", levels={})])
    official = require_official(await verify_token(granted.access_token, issuers, granted.at))
    assert (official.unit, official.roles) == ("000.00.15.H26", {"caseworker"})


async def test_its_client_credentials_become_a_verified_machine(signed_in: SignedIn) -> None:
    granted = client_credentials(signed_in.provider)
    issuers = TrustedIssuers([signed_in.provider.trusted(people="machines", levels={})])
    machine = require_machine(await verify_token(granted.access_token, issuers, granted.at))
    assert (machine.client_id, machine.subject, machine.scopes) == ("agency", "agency", {"documents"})
    with pytest.raises(IdentityError, match="personal_id"):
        await verify_token(granted.access_token, TrustedIssuers([signed_in.provider.trusted()]), granted.at)


async def test_no_changed_character_is_accepted(signed_in: SignedIn) -> None:
    issuers = TrustedIssuers([signed_in.provider.trusted()])
    token, at = signed_in.granted.access_token, signed_in.granted.at
    for position in range(len(token)):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        with pytest.raises(IdentityError):
            await verify_token(changed, issuers, at)


async def test_another_tokens_signature_is_refused(signed_in: SignedIn) -> None:
    granted = signed_in.granted
    signing_input, _ = granted.access_token.rsplit(".", 1)
    _, foreign_signature = (granted.id_token or "").rsplit(".", 1)
    with pytest.raises(BadSignature):
        await verify_token(
            f"{signing_input}.{foreign_signature}", TrustedIssuers([signed_in.provider.trusted()]), granted.at
        )


async def test_its_id_token_is_refused(signed_in: SignedIn) -> None:
    issuers = TrustedIssuers([signed_in.provider.trusted()])
    with pytest.raises(WrongTokenType):
        await verify_token(signed_in.granted.id_token or "", issuers, signed_in.granted.at)
    old = TrustedIssuers([signed_in.provider.trusted(jwt_type="JWT", audiences=("vneid-app",))])
    with pytest.raises(WrongTokenType):
        await verify_token(signed_in.granted.id_token or "", old, signed_in.granted.at)


async def test_its_token_is_refused_out_of_time_and_place(signed_in: SignedIn) -> None:
    provider, granted = signed_in.provider, signed_in.granted
    issuers = TrustedIssuers([provider.trusted()])
    with pytest.raises(TokenExpired):
        await verify_token(granted.access_token, issuers, granted.at + timedelta(hours=1))
    with pytest.raises(TokenNotYetValid):
        await verify_token(granted.access_token, issuers, granted.at - timedelta(hours=1))
    elsewhere = TrustedIssuers([provider.trusted(audiences=("https://other.example",))])
    with pytest.raises(WrongAudience):
        await verify_token(granted.access_token, elsewhere, granted.at)
    strangers = TrustedIssuers([provider.trusted(issuer="https://issuer.example")])
    with pytest.raises(UntrustedIssuer):
        await verify_token(granted.access_token, strangers, granted.at)


async def test_an_algorithm_that_is_not_pinned_is_refused(signed_in: SignedIn) -> None:
    pinned = "ES512" if signed_in.provider.algorithm != "ES512" else "ES256"
    issuers = TrustedIssuers([signed_in.provider.trusted(algorithms=(pinned,))])
    with pytest.raises(AlgorithmNotAllowed):
        await verify_token(signed_in.granted.access_token, issuers, signed_in.granted.at)


def test_it_says_that_its_answers_name_it(signed_in: SignedIn) -> None:
    """RFC 9207 section 3; that the answers do, is asserted at each sign-in."""
    assert discovery(signed_in.provider)["authorization_response_iss_parameter_supported"] is True


async def test_two_side_by_side_speak_each_for_their_own_people(signed_in: SignedIn) -> None:
    other = "PS256" if signed_in.provider.algorithm != "PS256" else "ES256"
    with independent_provider(algorithm=other) as desks:
        granted, official_s = signed_in.granted, sign_in(desks, person="thu-ha")
        issuers = TrustedIssuers(
            [signed_in.provider.trusted(), desks.trusted(name="desks", people="officials", levels={})]
        )

        async def verify(token: str) -> Verified:
            return await verify_token(token, issuers, official_s.at)

        assert require_citizen(await verify(granted.access_token)).issuer == signed_in.provider.issuer
        assert require_official(await verify(official_s.access_token)).issuer == desks.issuer
        theirs, ours = granted.access_token.split("."), official_s.access_token.split(".")
        # the claims of one under the other's header name a key that their issuer does not have
        for header, claims in ((theirs[0], ours[1]), (ours[0], theirs[1])):
            for signature in (theirs[2], ours[2]):
                with pytest.raises((AlgorithmNotAllowed, UnknownKey)):
                    await verify(f"{header}.{claims}.{signature}")


async def test_an_opaque_token_is_asked_about(opaque: IndependentProvider) -> None:
    granted = sign_in(opaque)
    assert "." not in granted.access_token
    issuers = TrustedIssuers([opaque.trusted(token_kinds=("opaque_access_token",))])
    citizen = require_citizen(await verify_token(granted.access_token, issuers, granted.at))
    assert (citizen.subject, citizen.full_name) == ("minh-anh", "Nguyễn Thị Minh Anh")
    assert (citizen.level, citizen.client_id) == (AssuranceLevel.LEVEL_2, "vneid-app")
    other = granted.access_token[:-1] + ("_" if granted.access_token[-1] != "_" else "-")
    with pytest.raises(TokenNotActive):
        await verify_token(other, issuers, granted.at)
    elsewhere = TrustedIssuers(
        [opaque.trusted(token_kinds=("opaque_access_token",), audiences=("https://other.example",))]
    )
    with pytest.raises(WrongAudience):
        await verify_token(granted.access_token, elsewhere, granted.at)


async def test_an_opaque_token_of_a_machine_is_asked_about(opaque: IndependentProvider) -> None:
    """The provider gives it no subject (RFC 7662 section 2.2 demands none); it is the client's own."""
    granted = client_credentials(opaque)
    issuers = TrustedIssuers([opaque.trusted(token_kinds=("opaque_access_token",), people="machines", levels={})])
    machine = require_machine(await verify_token(granted.access_token, issuers, granted.at))
    assert (machine.client_id, machine.subject) == ("agency", "agency")


async def test_a_revoked_opaque_token_is_refused_at_once(opaque: IndependentProvider) -> None:
    granted = sign_in(opaque)
    issuers = TrustedIssuers([opaque.trusted(token_kinds=("opaque_access_token",))])
    assert await verify_token(granted.access_token, issuers, granted.at)
    revoke(opaque, granted)
    with pytest.raises(TokenNotActive):
        await verify_token(granted.access_token, issuers, granted.at)


async def test_opaque_tokens_are_sent_to_nobody_unless_settings_say_so(opaque: IndependentProvider) -> None:
    granted = sign_in(opaque)
    before = opaque.command("count").get("/token/introspection")
    with pytest.raises(IdentityError):
        await verify_token(granted.access_token, TrustedIssuers([opaque.trusted()]), granted.at)
    assert opaque.command("count").get("/token/introspection") == before


async def test_signed_tokens_are_refused_where_opaque_ones_are_expected(signed_in: SignedIn) -> None:
    before = signed_in.provider.command("count")
    issuers = TrustedIssuers([signed_in.provider.trusted(token_kinds=("opaque_access_token",))])
    with pytest.raises(TokenKindNotAccepted):
        await verify_token(signed_in.granted.access_token, issuers, signed_in.granted.at)
    assert signed_in.provider.command("count") == before
    assert SERVICE_SECRET not in repr(signed_in.provider.trusted())
