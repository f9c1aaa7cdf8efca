"""Signing in and out on our pages, at the issuers whose settings say so.

The pages' own policy (`form-action 'self'`) lets no form lead to another host, redirects included. So whoever sends
such a form gets a page that goes on to the issuer by itself; redirects to it answer plain links alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from identity.citizen import AssuranceLevel
from identity.errors import IdentityError, OfficialNotRegistered, SignInUnknown, UntrustedIssuer
from identity.provider import Provider
from identity.session import end_session, end_sessions_by_issuer, open_session
from identity.sessions import KeptSession
from identity.sign_in import (
    AuthorizationAnswer,
    BegunSignIn,
    begin_sign_in,
    complete_sign_in,
    secret_digest,
    sign_in_issuers,
    sign_out_address,
    with_query,
)
from identity.verify_logout_token import verify_logout_token

from ..errors import MalformedRequest, RouteNotFound
from ..languages import LANGUAGES, language_of
from ..note_refusal import note_refusal
from ..present.account import account_view
from ..services import Services
from ..state import COUNTED_RETURN, COUNTED_SIGN_IN, Given
from .cookies import clear_session, clear_sign_in, session_secret, set_session, set_sign_in, sign_in_secret
from .first_run import becomes_first_operator
from .page import page
from .return_to import ACCOUNT, goal_of_sign_in, path_of, sign_in_address
from .session import SignedIn, Visitor, check_form_token, read_fields, refuse_other_sites
from .texts import N_

router = APIRouter(include_in_schema=False)

FRESH_SECONDS = 60
"""How long ago the sign-in at the issuer may be where a fresh one is asked for: what coming back from there takes."""
_MAX_ANSWER_CHARACTERS = 8_000
ROLE_NAMES = {
    "caseworker": N_("caseworker"),
    "head": N_("head of unit"),
    "operator": N_("operator"),
    "fee_author": N_("author of fee policies"),
    "fee_approver": N_("approver of fee policies"),
}
_ASKED = "asked"
_LEVELS = {str(int(level)): level for level in AssuranceLevel}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a sign-in is for: where to go afterwards, at least which level, and whether an earlier one will not do."""

    return_to: str
    level: AssuranceLevel | None = None
    fresh: bool = False


def _wish(asked: Mapping[str, str], request: Request) -> Wish:
    language = language_of(request.scope)
    goal = goal_of_sign_in(asked.get("return_to")) or f"{ACCOUNT}?lang={language}"
    if "lang" in QueryParams(goal.partition("?")[2]):
        goal = with_query(goal, {"lang": language})  # it may have been changed on the way
    level = _LEVELS.get(asked.get("level", ""))
    if level is not None and goal.partition("?")[0] == ACCOUNT:
        # the page says so where another level came than was asked for
        goal = with_query(goal, {_ASKED: str(int(level))})
    return Wish(return_to=goal, level=level, fresh=asked.get("fresh") == "1")


async def _provider(request: Request, issuer: str, services: Given) -> Provider:
    """Raises RouteNotFound where nobody signs in with this issuer."""
    try:
        provider = services.issuers.named(issuer)
    except UntrustedIssuer:
        raise RouteNotFound from None
    if "sign_in" not in provider.trusted.token_kinds:
        raise RouteNotFound
    request.state.issuer_name = issuer  # for the security log
    return provider


OfIssuer = Annotated[Provider, Depends(_provider)]


@router.get("/sign-in", dependencies=[COUNTED_SIGN_IN])
async def choose(request: Request, services: Given, visitor: Visitor) -> Response:
    """Where to sign in; where there is one way only, it is taken."""
    wish = _wish(request.query_params, request)
    offered = sign_in_issuers(services.issuers, wish.level)
    if len(offered) == 1:
        begun = await _begin(request, services, offered[0].name, wish)
        response: Response = RedirectResponse(begun.address, 303)
        set_sign_in(response, request, begun.pending.state_digest, begun.browser_secret, services.public_url)
        return response
    people = {kind: [one for one in offered if one.people == kind] for kind in ("citizens", "officials")}
    return page(request, "sign_in.html", forms=True, wish=wish, people=people, account=visitor)


@router.post("/sign-in/{issuer}", dependencies=[COUNTED_SIGN_IN])
async def begin(request: Request, services: Given, provider: OfIssuer) -> Response:
    """Begin a sign-in at this issuer. Nobody is signed in yet, so the form carries no session's token."""
    refuse_other_sites(request, services)
    wish = _wish(await read_fields(request), request)
    begun = await _begin(request, services, provider.trusted.name, wish)
    response = page(request, "leave.html", address=begun.address, to=provider.trusted.shown_name)
    set_sign_in(response, request, begun.pending.state_digest, begun.browser_secret, services.public_url)
    return response


@router.get("/sign-in/{issuer}")
async def choose_again(request: Request, _: OfIssuer) -> Response:
    """Reloaded or bookmarked: the form that was sent here is gone, and the page with it is where to go on."""
    return RedirectResponse(sign_in_address(language_of(request.scope)), 303)


@router.get("/sign-in/{issuer}/callback", dependencies=[COUNTED_RETURN])
async def come_back(request: Request, services: Given, provider: OfIssuer) -> Response:
    """The issuer's answer, brought by the browser: a session under a new secret, or a refusal."""
    answer = _answer(request)
    pending = await services.runner.run(lambda records: records.pending_sign_ins.take(secret_digest(answer.state)))
    name, public_url, at = provider.trusted.name, services.public_url, services.clock()
    browser_secret = sign_in_secret(request, answer.state, public_url)
    redirect_uri = _redirect_uri(services, name)
    try:
        signed_in = await complete_sign_in(services.issuers, pending, answer, browser_secret, name, redirect_uri, at)
    except OfficialNotRegistered as unknown:
        if pending is None or not await becomes_first_operator(services, pending.return_to, unknown):
            raise
        # The register knows the account now; the issuer's own session makes this second time a short one.
        return RedirectResponse(sign_in_address(language_of(request.scope), return_to="/operation"), 303)
    secret = await open_session(services.runner.run, signed_in, at, replaced_secret=session_secret(request, public_url))
    response = RedirectResponse(ACCOUNT if pending is None else pending.return_to, 303)
    set_session(response, secret, public_url)
    clear_sign_in(response, answer.state, public_url)
    return response


@router.get(ACCOUNT)
async def account(request: Request, services: Given, session: SignedIn) -> Response:
    """Who is signed in, where and until when."""
    trusted = services.issuers.named(session.issuer_name).trusted
    language = language_of(request.scope)
    view = account_view(session, trusted, services.session_limits, language)
    step_up = None
    if view["level"] == 1 and sign_in_issuers(services.issuers, AssuranceLevel.LEVEL_2):
        step_up = sign_in_address(language, return_to=f"{ACCOUNT}?lang={language}", level="2")
    asked_in_vain = view["level"] == 1 and request.query_params.get(_ASKED) == "2"
    return page(
        request,
        "account.html",
        forms=True,
        view=view,
        role_names=ROLE_NAMES,
        step_up=step_up,
        asked_in_vain=asked_in_vain,
        account=session,
    )


@router.post("/sign-out")
async def sign_out(request: Request, services: Given, visitor: Visitor) -> Response:
    """End the session here and, where the issuer has a place for it, lead there to end its own.

    Without a session that still stands there is nothing to protect and nowhere to lead; the cookie goes all the same.
    """
    refuse_other_sites(request, services)
    language = language_of(request.scope)
    response: Response = RedirectResponse(f"/signed-out?lang={language}", 303)
    if visitor is not None:
        check_form_token(visitor, await read_fields(request))
        ended = await end_session(services.runner.run, session_secret(request, services.public_url) or "")
        address = await _sign_out_at_issuer(services, ended, language)
        if address is not None:
            trusted = services.issuers.named(visitor.issuer_name).trusted
            response = page(request, "leave.html", address=address, to=trusted.shown_name)
        elif ended is not None:
            still = urlencode({"lang": language, "still": visitor.issuer_name})
            response = RedirectResponse(f"/signed-out?{still}", 303)
    clear_session(response, services.public_url)
    return response


@router.get("/signed-out")
async def signed_out(request: Request, services: Given, visitor: Visitor) -> Response:
    """Coming from the issuer, the language stands in `state`, which that brings back as it was given.

    `still` names an issuer that could not be asked to end its own session. Anybody can open this address, and whoever
    is signed in must not read otherwise: that page leads to the account.
    """
    state = request.query_params.get("state")
    language = state if state in LANGUAGES else language_of(request.scope)
    if visitor is not None:
        return RedirectResponse(f"{ACCOUNT}?lang={language}", 303)
    if state in LANGUAGES:
        return RedirectResponse(f"/signed-out?lang={state}", 303)
    still = request.query_params.get("still")
    return page(
        request, "signed_out.html", account=None, still=still, still_at=_shown_name(services, still) if still else None
    )


def _shown_name(services: Services, issuer: str) -> str | None:
    try:
        return services.issuers.named(issuer).trusted.shown_name
    except UntrustedIssuer:
        return None


@router.post("/sign-in/{issuer}/back-channel-logout")
async def end_by_issuer(request: Request, services: Given, provider: OfIssuer) -> Response:
    """What an issuer ends (OpenID Connect Back-Channel Logout 1.0 section 2.8): 200 when it is done, else 400."""
    at, headers = services.clock(), {"Cache-Control": "no-store"}
    try:
        token = (await read_fields(request)).get("logout_token", "")
        logout = await verify_logout_token(token, provider, at)
        await end_sessions_by_issuer(services.runner.run, provider.trusted.issuer, logout, at)
    except (IdentityError, MalformedRequest) as error:
        await note_refusal(request, error)
        return JSONResponse({"error": "invalid_request", "error_description": error.code}, 400, headers)
    return Response(status_code=200, headers=headers)


async def send_to_sign_in(request: Request, _: Exception) -> Response:
    """The answer to SignInNeeded."""
    return RedirectResponse(sign_in_address(language_of(request.scope), return_to=path_of(request)), 303)


async def _begin(request: Request, services: Services, issuer: str, wish: Wish) -> BegunSignIn:
    begun = await begin_sign_in(
        services.issuers,
        issuer,
        _redirect_uri(services, issuer),
        wish.return_to,
        services.clock(),
        level=wish.level,
        max_age_seconds=FRESH_SECONDS if wish.fresh else None,
        language=language_of(request.scope),
    )
    await services.runner.run(lambda records: records.pending_sign_ins.keep(begun.pending))
    return begun


def _redirect_uri(services: Services, issuer: str) -> str:
    """One for each issuer, so that an answer says by its address whose it claims to be (RFC 9700 section 4.4.2.2)."""
    return f"{services.public_url}/sign-in/{issuer}/callback"


def _answer(request: Request) -> AuthorizationAnswer:
    """Raises SignInUnknown for an answer without a state, too long, or with a parameter twice."""
    given = request.query_params
    if (
        len(request.url.query) > _MAX_ANSWER_CHARACTERS
        or len(given.multi_items()) != len(given)
        or "state" not in given
    ):
        raise SignInUnknown
    return AuthorizationAnswer(
        state=given["state"], code=given.get("code"), error=given.get("error"), issuer=given.get("iss")
    )


async def _sign_out_at_issuer(services: Services, ended: KeptSession | None, language: str) -> str | None:
    """None where there is no such place, or nobody can say where: the session here has ended, come what may."""
    if ended is None:
        return None
    try:
        provider = services.issuers.provider_of(ended.issuer)
        address = await provider.end_session_address()
        back = f"{services.public_url}/signed-out"
        return address and sign_out_address(address, provider.trusted, ended.id_token, back, language)
    except IdentityError:
        return None
