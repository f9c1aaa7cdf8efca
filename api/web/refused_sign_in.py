"""What a page says beside a refusal that has to do with signing in: how to go on, and in words for its reader."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from identity.errors import (
    AuthenticationTooOld,
    FormNotOurs,
    FormOutdated,
    IdentityError,
    IssuerMixUp,
    LevelTooLow,
    OfficialNotActive,
    OfficialNotRegistered,
    ProviderUnavailable,
    SessionEnded,
    SignInRefused,
    SignInUnknown,
    StoreUnavailable,
    WrongKindOfPerson,
)
from issuance.documents.errors import ServiceNotInForce, UnknownDocumentType
from issuance.errors import ApplicationNotFound

from ..errors import TooManyRequests
from ..languages import Language, language_of
from .return_to import ACCOUNT, own_path, path_of, sign_in_address
from .texts import N_

_SIGN_IN_PATHS = "/sign-in/"
# Their words in the problem table are for people; those of the others are for whoever writes an app.
_FOR_PEOPLE = (
    AuthenticationTooOld,
    FormNotOurs,
    FormOutdated,
    IssuerMixUp,
    LevelTooLow,
    OfficialNotActive,
    OfficialNotRegistered,
    ProviderUnavailable,
    SessionEnded,
    SignInRefused,
    SignInUnknown,
    StoreUnavailable,
    WrongKindOfPerson,
)

OF_THE_CATALOGUE = (UnknownDocumentType, ServiceNotInForce)
"""The table's advice about them is for whoever writes an app; a page leads to the catalogue."""


@dataclass(frozen=True, slots=True)
class WayOn:
    """A link that goes on from a refusal. address: a path of ours. text: for the template to translate."""

    address: str
    text: str


def is_for_experts(request: Request, error: Exception) -> bool:
    """Whether evidence of a sign-in did not hold, in a way that says nothing to the person who signed in."""
    at_sign_in = request.url.path.startswith(_SIGN_IN_PATHS)
    return at_sign_in and isinstance(error, IdentityError) and not isinstance(error, _FOR_PEOPLE)


def language_path(request: Request) -> str:
    """Where the page's link to the other language leads: what was sent, or brought once, cannot be asked for again."""
    if request.url.path.startswith(_SIGN_IN_PATHS):
        return "/sign-in"
    return (own_path(request.url.path) or "/") if request.method == "GET" else "/"


def way_on(request: Request, error: Exception) -> WayOn | None:
    """What may mend the refusal, where something may."""
    language = language_of(request.scope)
    if isinstance(error, FormOutdated):
        if request.url.path == "/sign-out":
            return WayOn(f"{ACCOUNT}?lang={language}", N_("Your account"))
        return WayOn(own_path(request.url.path) or ACCOUNT, N_("Try again"))
    if isinstance(error, OF_THE_CATALOGUE):
        return WayOn("/services", N_("Ask for a document"))
    if isinstance(error, ApplicationNotFound) and f"{request.url.path}/".startswith("/applications/"):
        return WayOn("/applications", N_("My applications"))
    if isinstance(error, TooManyRequests) and f"{request.url.path}/".startswith(_SIGN_IN_PATHS):
        # nothing was taken yet: the answer of an issuer, too, is good for another try
        address = path_of(request) if request.method == "GET" else sign_in_address(language)
        return WayOn(address, N_("Try again"))
    where = _address_to_sign_in(request, error, language)
    return None if where is None else WayOn(where, N_("Sign in"))


def _address_to_sign_in(request: Request, error: Exception, language: Language) -> str | None:
    # what a form sent is gone; every form's address has a page, which is asked for anew
    back = path_of(request) if request.method == "GET" else own_path(request.url.path)
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
