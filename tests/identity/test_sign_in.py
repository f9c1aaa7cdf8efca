"""Sign-in for pages against the simulated provider: what holds a sign-in together, and each way to break it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from identity.citizen import AssuranceLevel, VerifiedCitizen, VerifiedOfficial
from identity.errors import (
    AuthenticationTooOld,
    IdentityError,
    InvalidClaim,
    IssuerMixUp,
    OfficialNotActive,
    OfficialNotRegistered,
    ProviderUnavailable,
    SignInRefused,
    SignInUnknown,
    TokenKindNotAccepted,
    UntrustedIssuer,
)
from identity.fetch import Answer, Ask
from identity.officials_register import RegisteredOfficial
from identity.sign_in import (
    AuthorizationAnswer,
    BegunSignIn,
    SignedIn,
    begin_sign_in,
    complete_sign_in,
    secret_digest,
    sign_in_issuers,
    sign_out_address,
    with_query,
)
from identity.trusted_issuers import TrustedIssuers
from tests.identity.simulated import BINH, HA, MINH_ANH, PROVIDER, SERVICE, SimulatedProvider, query_of

LEVEL_2 = AssuranceLevel.LEVEL_2


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(clock: Clock) -> SimulatedProvider:
    return SimulatedProvider(clock)


def redirect_uri(name: str = "citizens") -> str:
    return f"{SERVICE}/sign-in/{name}/callback"


async def begin(issuers: TrustedIssuers, clock: Clock, name: str = "citizens", **asked: Any) -> BegunSignIn:
    return await begin_sign_in(issuers, name, redirect_uri(name), "/account", clock(), **asked)


def answer_of(address: str, **changed: str | None) -> AuthorizationAnswer:
    given = query_of(address)
    answer = AuthorizationAnswer(
        state=given["state"], code=given.get("code"), error=given.get("error"), issuer=given.get("iss")
    )
    return replace(answer, **changed)  # type: ignore[arg-type]  # the fields of an answer


async def complete(
    issuers: TrustedIssuers, begun: BegunSignIn, answer: AuthorizationAnswer, clock: Clock, **changed: Any
) -> SignedIn:
    brought: dict[str, Any] = {
        "pending": begun.pending,
        "browser_secret": begun.browser_secret,
        "issuer_name": begun.pending.issuer,
        "redirect_uri": redirect_uri(begun.pending.issuer),
    } | changed
    return await complete_sign_in(
        issuers,
        brought["pending"],
        answer,
        brought["browser_secret"],
        brought["issuer_name"],
        brought["redirect_uri"],
        clock(),
    )


async def test_a_citizen_signs_in(provider: SimulatedProvider, clock: Clock) -> None:
    issuers = provider.issuers()
    begun = await begin(issuers, clock)
    back = await provider.authorize(begun.address, MINH_ANH)
    signed_in = await complete(issuers, begun, answer_of(back), clock)

    person = signed_in.person
    assert isinstance(person, VerifiedCitizen)
    assert (person.full_name, person.personal_id.digits) == ("Nguyễn Thị Minh Anh", "001194000001")
    assert (person.level, person.client_id, person.scopes) == (LEVEL_2, "condau-pages", None)
    assert person.authenticated_at == clock()
    assert signed_in.granted.session_id
    assert signed_in.granted.id_token


async def test_an_official_signs_in(provider: SimulatedProvider, clock: Clock) -> None:
    issuers = provider.issuers()
    begun = await begin(issuers, clock, "officials")
    back = await provider.authorize(begun.address, HA)
    person = (await complete(issuers, begun, answer_of(back), clock)).person

    assert isinstance(person, VerifiedOfficial)
    assert (person.unit, person.roles) == ("000.00.15.H26", {"caseworker"})


async def test_what_is_asked_of_the_issuer(provider: SimulatedProvider, clock: Clock) -> None:
    begun = await begin(provider.issuers(), clock, level=LEVEL_2, max_age_seconds=60, language="en")
    asked = query_of(begun.address)
    digest = hashlib.sha256(begun.pending.code_verifier.encode()).digest()

    assert begun.address.startswith(f"{PROVIDER}/citizens/authorize?")
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    assert (asked["acr_values"], asked["max_age"], asked["ui_locales"]) == ("level-2", "60", "en")
    assert asked["redirect_uri"] == redirect_uri()
    assert secret_digest(asked["state"]) == begun.pending.state_digest
    assert asked["nonce"] == begun.pending.nonce


async def test_the_level_is_asked_for_even_where_any_will_do(provider: SimulatedProvider, clock: Clock) -> None:
    """Many issuers say `acr` only when they are asked (OpenID Connect Core 1.0 section 5.5.1.1), and it is needed."""
    issuers = provider.issuers()
    assert query_of((await begin(issuers, clock)).address)["acr_values"] == "level-2 level-1"
    assert "acr_values" not in query_of((await begin(issuers, clock, "officials")).address)


async def test_no_two_sign_ins_share_a_secret(provider: SimulatedProvider, clock: Clock) -> None:
    issuers = provider.issuers()
    one, other = await begin(issuers, clock), await begin(issuers, clock)
    secrets = [
        secret
        for begun in (one, other)
        for secret in (
            begun.browser_secret,
            begun.pending.nonce,
            begun.pending.code_verifier,
            query_of(begun.address)["state"],
        )
    ]

    assert len(set(secrets)) == len(secrets)
    # 43 signs of base64url hold 256 bits
    assert {len(secret) for secret in secrets} == {43}
    assert not any(secret in repr((one, other)) for secret in secrets)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"pending": None}, SignInUnknown),
        ({"browser_secret": None}, SignInUnknown),
        ({"browser_secret": "of another browser"}, SignInUnknown),
        ({"issuer_name": "officials"}, IssuerMixUp),
    ],
)
async def test_an_answer_of_another_sign_in_is_refused(
    provider: SimulatedProvider, clock: Clock, changed: dict[str, Any], error: type[IdentityError]
) -> None:
    issuers = provider.issuers()
    begun = await begin(issuers, clock)
    back = await provider.authorize(begun.address, MINH_ANH)
    provider.asked.clear()

    with pytest.raises(error):
        await complete(issuers, begun, answer_of(back), clock, **changed)
    assert [ask for ask in provider.asked if ask.form is not None] == []


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"state": "another"}, SignInUnknown),
        ({"issuer": f"{PROVIDER}/officials"}, IssuerMixUp),
        ({"issuer": f"{PROVIDER}/citizens/"}, IssuerMixUp),
        ({"issuer": ""}, IssuerMixUp),
        ({"issuer": None}, IssuerMixUp),
        ({"issuer": "https://evil.example", "error": "access_denied"}, IssuerMixUp),
        ({"error": "access_denied"}, SignInRefused),
        ({"code": None}, SignInRefused),
        ({"code": ""}, SignInRefused),
        ({"code": "x" * 5000}, SignInRefused),
    ],
)
async def test_an_answer_that_does_not_fit_is_refused_before_its_code_is_sent(
    provider: SimulatedProvider, clock: Clock, changed: dict[str, str | None], error: type[IdentityError]
) -> None:
    issuers = provider.issuers()
    begun = await begin(issuers, clock)
    back = await provider.authorize(begun.address, MINH_ANH)
    provider.asked.clear()

    with pytest.raises(error):
        await complete(issuers, begun, answer_of(back, **changed), clock)
    assert [ask for ask in provider.asked if ask.form is not None] == []


async def test_issuers_that_do_not_name_themselves_may_leave_it_out(provider: SimulatedProvider, clock: Clock) -> None:
    """RFC 9207 section 2.4: only those that announce it must; the address of its own still tells issuers apart."""

    def silent(_: Ask, answer: Answer) -> Answer:
        announced = b'"authorization_response_iss_parameter_supported":true'
        return replace(answer, body=answer.body.replace(announced, announced.replace(b"true", b"false")))

    provider.tamper = silent
    issuers = provider.issuers()
    begun = await begin(issuers, clock)
    back = await provider.authorize(begun.address, MINH_ANH)

    assert (await complete(issuers, begun, answer_of(back, issuer=None), clock)).person.full_name


async def test_a_sign_in_waits_ten_minutes(provider: SimulatedProvider, clock: Clock) -> None:
    issuers = provider.issuers()
    begun = await begin(issuers, clock)
    clock.now += timedelta(minutes=10)
    back = await provider.authorize(begun.address, MINH_ANH)
    assert (await complete(issuers, begun, answer_of(back), clock)).person
    clock.now += timedelta(seconds=1)
    back = await provider.authorize(begun.address, MINH_ANH)
    with pytest.raises(SignInUnknown):
        await complete(issuers, begun, answer_of(back), clock)


async def test_the_machine_that_ends_a_sign_in_may_be_behind_the_one_that_began_it(
    provider: SimulatedProvider, clock: Clock
) -> None:
    issuers = provider.issuers()
    begun = await begin(issuers, clock)
    for behind, expected in ((timedelta(milliseconds=300), None), (timedelta(minutes=1, seconds=1), SignInUnknown)):
        answer = answer_of(await provider.authorize(begun.address, MINH_ANH))
        ahead = replace(begun.pending, begun_at=clock() + behind)
        if expected is None:
            assert (await complete(issuers, begun, answer, clock, pending=ahead)).person
        else:
            with pytest.raises(expected):
                await complete(issuers, begun, answer, clock, pending=ahead)


async def test_a_code_is_redeemed_once(provider: SimulatedProvider, clock: Clock) -> None:
    issuers = provider.issuers()
    begun = await begin(issuers, clock)
    answer = answer_of(await provider.authorize(begun.address, MINH_ANH))
    await complete(issuers, begun, answer, clock)
    with pytest.raises(SignInRefused):
        await complete(issuers, begun, answer, clock)


async def test_somebody_else_s_code_cannot_be_injected(provider: SimulatedProvider, clock: Clock) -> None:
    issuers = provider.issuers()
    mine, theirs = await begin(issuers, clock), await begin(issuers, clock)
    stolen = answer_of(await provider.authorize(theirs.address, BINH))
    state = query_of(mine.address)["state"]
    with pytest.raises(SignInRefused):
        await complete(issuers, mine, replace(stolen, state=state), clock)


async def test_an_id_token_of_another_sign_in_is_refused(provider: SimulatedProvider, clock: Clock) -> None:
    """Even where the token endpoint itself mixes its answers up: the nonce is that of one sign-in."""
    issuers = provider.issuers()
    granted: list[Answer] = []

    def mix_up(ask: Ask, answer: Answer) -> Answer:
        if ask.form is None:
            return answer
        granted.append(answer)
        return granted[0]

    provider.tamper = mix_up
    theirs, mine = await begin(issuers, clock), await begin(issuers, clock)
    await complete(issuers, theirs, answer_of(await provider.authorize(theirs.address, BINH)), clock)
    with pytest.raises(InvalidClaim, match="nonce"):
        await complete(issuers, mine, answer_of(await provider.authorize(mine.address, MINH_ANH)), clock)


async def test_a_provider_that_falls_silent_says_nothing_about_the_person(
    provider: SimulatedProvider, clock: Clock
) -> None:
    issuers = provider.issuers()
    begun = await begin(issuers, clock)
    answer = answer_of(await provider.authorize(begun.address, MINH_ANH))
    provider.available = False
    with pytest.raises(ProviderUnavailable):
        await complete(issuers, begun, answer, clock)
    with pytest.raises(ProviderUnavailable):
        await begin(provider.issuers(), clock)


@pytest.mark.parametrize(("name", "error"), [("none", UntrustedIssuer), ("officials", TokenKindNotAccepted)])
async def test_only_issuers_for_it_are_signed_in_at(
    provider: SimulatedProvider, clock: Clock, name: str, error: type[IdentityError]
) -> None:
    issuers = provider.issuers(changed={"officials": {"token_kinds": ("jwt_access_token",)}})
    with pytest.raises(error):
        await begin(issuers, clock, name)
    assert [trusted.name for trusted in sign_in_issuers(issuers)] == ["citizens"]


async def test_only_issuers_of_a_level_are_offered_for_it(provider: SimulatedProvider) -> None:
    low = {"citizens": {"levels": {"level-1": AssuranceLevel.LEVEL_1}}}
    assert [one.name for one in sign_in_issuers(provider.issuers(), LEVEL_2)] == ["citizens"]
    assert sign_in_issuers(provider.issuers(changed=low), LEVEL_2) == []


async def test_a_fresh_sign_in_is_fresh_or_refused(provider: SimulatedProvider, clock: Clock) -> None:
    """Whatever the provider says it did, `auth_time` is held against what was asked for."""
    issuers = provider.issuers()
    begun = await begin(issuers, clock, max_age_seconds=60)
    answer = answer_of(await provider.authorize(begun.address, MINH_ANH))
    clock.now += timedelta(seconds=59)
    assert (await complete(issuers, begun, answer, clock)).person

    begun = await begin(issuers, clock, max_age_seconds=60)
    async with provider.client() as browser:
        # a session of the provider's own that is older than asked for, which it uses all the same
        first = await provider.authorize(begun.address, MINH_ANH)
        assert first
        stale = await begin(issuers, clock)
        pending = replace(stale.pending, max_age_seconds=60)
        asked = query_of(stale.address) | {"login_hint": MINH_ANH, "prompt": "none"}
        await browser.get(f"{PROVIDER}/citizens/authorize", params=asked)
        clock.now += timedelta(seconds=120)
        back = (await browser.get(f"{PROVIDER}/citizens/authorize", params=asked)).headers["location"]
    with pytest.raises(AuthenticationTooOld):
        await complete(issuers, stale, answer_of(back), clock, pending=pending)


@pytest.mark.parametrize(
    ("entry", "settings", "outcome"),
    [
        (None, "either", "000.00.15.H26"),
        (None, "register", OfficialNotRegistered),
        ("000.00.99.H26", "either", "000.00.99.H26"),
        ("dismissed", "either", OfficialNotActive),
    ],
)
async def test_the_officials_register_decides(
    provider: SimulatedProvider, clock: Clock, entry: str | None, settings: str, outcome: Any
) -> None:
    async def find(subject_key: str) -> RegisteredOfficial | None:
        if entry is None:
            return None
        return RegisteredOfficial(
            subject_key=subject_key, unit=entry, roles=frozenset({"head"}), is_active=entry != "dismissed"
        )

    issuers = provider.issuers(find_official=find, changed={"officials": {"unit_and_roles": settings}})
    begun = await begin(issuers, clock, "officials")
    answer = answer_of(await provider.authorize(begun.address, HA))
    if isinstance(outcome, str):
        person = (await complete(issuers, begun, answer, clock)).person
        assert isinstance(person, VerifiedOfficial)
        assert person.unit == outcome
    else:
        with pytest.raises(outcome):
            await complete(issuers, begun, answer, clock)


def test_parameters_are_added_and_never_doubled() -> None:
    assert with_query("https://a.example/x?b=1&c=", {"b": "2", "d": "é&"}) == "https://a.example/x?c=&b=2&d=%C3%A9%26"


async def test_signing_out_names_what_the_issuer_knows(provider: SimulatedProvider) -> None:
    trusted = provider.issuers().named("citizens").trusted
    address = sign_out_address(f"{PROVIDER}/logout", trusted, "token", f"{SERVICE}/signed-out", "vi")
    assert query_of(address) == {
        "client_id": "condau-pages",
        "id_token_hint": "token",
        "post_logout_redirect_uri": f"{SERVICE}/signed-out",
        "ui_locales": "vi",
        "state": "vi",
    }
    assert "id_token_hint" not in sign_out_address(f"{PROVIDER}/logout", trusted, None, f"{SERVICE}/x", "vi")
