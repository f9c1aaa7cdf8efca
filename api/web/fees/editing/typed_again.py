"""Whoever was signed out while typing goes on with what was typed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from identity.errors import FormOutdated

from ....languages import Language, language_of
from ....note_refusal import note_refusal
from ....problem_table import problem_of
from ...page import page
from ...return_to import sign_in_address
from ...texts import N_, translate
from ..refusals import Refused
from .sent import SignedOut

_TEXT = N_(
    "You have signed in again since this page was opened. Nothing was saved: look through the form, then save it."
)
_OF_THE_SESSION = frozenset(("form_token", "do"))


def show_signed_out(request: Request, form: SignedOut) -> Response:
    """What was typed goes back to the browser that sent it, for its page to send it again after a sign-in."""
    path = request.url.path
    kept = {name: text for name, text in form.fields.items() if name not in _OF_THE_SESSION}
    address = sign_in_address(language_of(request.scope), return_to="/fees")
    return page(
        request,
        "citizen/signed_out.html",
        status=401,
        forms=True,
        account=None,
        address=address,
        form=path,
        kept=kept,
    )


async def refused_as_outdated(request: Request, language: Language) -> Refused:
    """Why a form of an earlier session did nothing; counted as the refusal that it is."""
    error = FormOutdated()
    await note_refusal(request, error)
    return Refused(translate(_TEXT, language), (), problem_of(error).status)
