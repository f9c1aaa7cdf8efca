"""What a page says beside a refusal that has to do with signing in: how to go on, and in words for its reader."""

from __future__ import annotations

from starlette.requests import Request

from identity.errors import (
    AuthenticationTooOld,
    FormNotOurs,
    IdentityError,
    IssuerMixUp,
    LevelTooLow,
    OfficialNotActive,
    OfficialNotRegistered,
    ProviderUnavailable,
    SessionEnded,
    SignInRefused,
    SignInUnknown,
    WrongKindOfPerson,
)

from ..languages import language_of
from .return_to import path_of, sign_in_address

_SIGN_IN_PATHS = "/sign-in/"
# Their words in the problem table are for people; those of the others are for whoever writes an app.
_FOR_PEOPLE = (
    AuthenticationTooOld,
    FormNotOurs,
    IssuerMixUp,
    LevelTooLow,
    OfficialNotActive,
    OfficialNotRegistered,
    ProviderUnavailable,
    SessionEnded,
    SignInRefused,
    SignInUnknown,
    WrongKindOfPerson,
)


def is_for_experts(request: Request, error: Exception) -> bool:
    """Whether evidence of a sign-in did not hold, in a way that says nothing to the person who signed in."""
    at_sign_in = request.url.path.startswith(_SIGN_IN_PATHS)
    return at_sign_in and isinstance(error, IdentityError) and not isinstance(error, _FOR_PEOPLE)


def language_path(request: Request) -> str:
    """Where the page's link to the other language leads: what was sent, or brought once, cannot be asked for again."""
    if request.url.path.startswith(_SIGN_IN_PATHS):
        return "/sign-in"
    return request.url.path if request.method == "GET" else "/"


def way_to_try_again(request: Request, error: Exception) -> str | None:
    """An address to sign in at, where that may mend the refusal."""
    language = language_of(request.scope)
    # what a form sent is gone; its page is asked for anew
    back = path_of(request) if request.method == "GET" else None
    match error:
        case LevelTooLow():
            return sign_in_address(language, return_to=back, level=str(int(error.required)))
        case AuthenticationTooOld():
            return sign_in_address(language, return_to=back, fresh="1")
        case SessionEnded():
            return sign_in_address(language, return_to=back)
        case _ if request.url.path.startswith(_SIGN_IN_PATHS):
            return sign_in_address(language)
        case _:
            return None
