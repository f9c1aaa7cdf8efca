"""Signing in and out at a real provider that nobody here wrote, through the adapter of standard providers."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest

from identity.errors import IdentityError, InvalidClaim, IssuerMixUp, MissingClaim, SignInRefused, WrongTokenType
from identity.provider import CodeToRedeem, Granted, Provider
from identity.trusted_issuer import OwnClient
from identity.trusted_issuers import TrustedIssuers, utc_now
from identity.verify_id_token import verify_id_token
from identity.verify_logout_token import verify_logout_token
from tests.identity.independent_provider import SERVICE, SERVICE_SECRET, IndependentProvider, independent_provider
from tests.identity.independent_sign_in import Code, obtain_code, sign_in, sign_out

PERSON = {
    "personal_id": "001194000001",
    "name": "Nguyễn Thị Minh Anh",
    "birthdate": "1994-03-08",
    "gender": "female",
}


@pytest.fixture(scope="module", params=["ES256", "RS256", "PS256", "EdDSA"])
def provider(request: pytest.FixtureRequest) -> Iterator[IndependentProvider]:
    with independent_provider(algorithm=request.param) as running:
        yield running


def adapter(provider: IndependentProvider, **settings: Any) -> Provider:
    """Ours, at work for the provider; made anew, so that nothing is cached."""
    trusted = provider.trusted(token_kinds=("sign_in",), **settings)
    return TrustedIssuers([trusted]).named(trusted.name)


def to_redeem(code: Code, /, **changes: Any) -> CodeToRedeem:
    whole = CodeToRedeem(
        code=code.code, code_verifier=code.code_verifier, nonce=code.nonce, redirect_uri=code.redirect_uri
    )
    return dataclasses.replace(whole, **changes)


async def redeem(provider: IndependentProvider, code: Code, /, **changes: Any) -> Granted:
    return await adapter(provider).redeem(to_redeem(code, **changes), utc_now())


async def test_a_code_becomes_the_persons_claims_from_the_user_info(provider: IndependentProvider) -> None:
    before = provider.command("count").get("/me", 0)
    code = await asyncio.to_thread(obtain_code, provider, acr_values="level-2", max_age="300")
    granted = await redeem(provider, code, max_age_seconds=300)
    told = adapter(provider).standard_claims(granted.claims)
    assert told == PERSON | {"acr": "level-2"}
    assert granted.claims["sub"] == "minh-anh"
    assert provider.command("count")["/me"] == before + 1
    assert "Minh Anh" not in repr(granted)
    assert (granted.id_token or "no token") not in repr(granted)


async def test_claims_in_the_id_token_spare_the_question() -> None:
    with independent_provider(claims_in_id_tokens=True) as provider:
        granted = await redeem(provider, obtain_code(provider, person="minh-anh"))
        assert PERSON.items() <= adapter(provider).standard_claims(granted.claims).items()
        assert "/me" not in provider.command("count")


async def test_a_code_is_redeemed_once_and_with_what_its_sign_in_began(provider: IndependentProvider) -> None:
    code = obtain_code(provider)
    assert await redeem(provider, code)
    with pytest.raises(SignInRefused):
        await redeem(provider, code)
    for wrong in ({"code_verifier": "v" * 43}, {"redirect_uri": "https://condau.example/other"}, {"code": "c" * 43}):
        with pytest.raises(SignInRefused):
            await redeem(provider, obtain_code(provider), **wrong)
    with pytest.raises(InvalidClaim, match="nonce"):
        await redeem(provider, obtain_code(provider), nonce="of another sign-in")
    with pytest.raises(MissingClaim, match="auth_time"):
        await redeem(provider, obtain_code(provider), max_age_seconds=300)  # which it was not asked for


async def test_a_wrong_secret_redeems_nothing(provider: IndependentProvider) -> None:
    wrong = adapter(provider, own_client=OwnClient(client_id="condau", client_secret=SERVICE_SECRET + "x"))
    with pytest.raises(SignInRefused):
        await wrong.redeem(to_redeem(obtain_code(provider)), utc_now())


async def test_it_announces_where_to_sign_in_and_out(provider: IndependentProvider) -> None:
    ours = adapter(provider)
    endpoint = await ours.authorization()
    assert endpoint.address == f"{provider.address}/auth"
    assert endpoint.names_itself
    assert endpoint.sends_nonce
    assert await ours.end_session_address() == f"{provider.address}/session/end"


async def test_what_is_no_id_token_for_us_is_refused(provider: IndependentProvider) -> None:
    ours, at = adapter(provider), utc_now()
    code = obtain_code(provider)
    id_token = (await redeem(provider, code)).id_token or ""
    app = sign_in(provider)

    async def verify(token: str, nonce: str = code.nonce, by: Provider = ours) -> object:
        return await verify_id_token(token, by, at, nonce=nonce, access_token=None, max_age_seconds=None)

    assert await verify(id_token)
    with pytest.raises(WrongTokenType):
        await verify(app.access_token)
    with pytest.raises(IdentityError, match="another service"):
        await verify(app.id_token or "")
    with pytest.raises(InvalidClaim, match="nonce"):
        await verify(id_token, "of another sign-in")
    with pytest.raises(IssuerMixUp):
        await verify(id_token, by=adapter(provider, issuer="https://issuer.example"))
    with pytest.raises(WrongTokenType):
        await verify_logout_token(app.access_token, ours, at)
    with pytest.raises(MissingClaim, match="events"):
        await verify_logout_token(id_token, ours, at)


async def test_signing_out_tells_us_whose_session_ended() -> None:
    """RP-initiated logout, on which the provider sends us a logout token (Back-Channel Logout 1.0)."""
    async with _notices() as (address, notices):
        service = SERVICE | {"backchannel_logout_uri": address, "backchannel_logout_session_required": True}
        with independent_provider(clients=[service]) as provider:
            code = await asyncio.to_thread(obtain_code, provider)
            granted = await redeem(provider, code)
            assert granted.session_id is not None
            ours = adapter(provider)
            back = await asyncio.to_thread(
                sign_out, code, await ours.end_session_address() or "", granted.id_token or "", "state of the sign-out"
            )
            assert back == f"{SERVICE['post_logout_redirect_uris'][0]}?state=state+of+the+sign-out"
            logout_token = await asyncio.wait_for(notices.get(), 10)
            told = await verify_logout_token(logout_token, ours, utc_now())
            assert (told.session_id, told.subject) == (granted.session_id, "minh-anh")
            with pytest.raises(WrongTokenType):
                await verify_id_token(
                    logout_token, ours, utc_now(), nonce=code.nonce, access_token=None, max_age_seconds=None
                )


@asynccontextmanager
async def _notices() -> AsyncIterator[tuple[str, asyncio.Queue[str]]]:
    """An address that takes logout tokens, as this service will, and what came there."""
    came: asyncio.Queue[str] = asyncio.Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        came.put_nowait(form["logout_token"][0])

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/back-channel-logout", came
