"""Refusals at the desk, told on a page with a way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.errors import (
    ActionNotOffered,
    ApplicationChanged,
    IssuanceError,
    NotYours,
    OutcomeNotOffered,
    PaymentMismatch,
)

from ...languages import Language, language_of
from ...note_refusal import note_refusal
from ...problem_table import problem_of
from ..downloads import from_our_pages
from ..page import page
from ..session import OfficialSession
from ..texts import N_, translate

# Where the table's advice is for those who write programs.
_ADVICE: tuple[tuple[type[Exception], str], ...] = (
    (
        ApplicationChanged,
        N_("It is shown below as it is now. What you had typed is still there: check it, then send it."),
    ),
    (NotYours, N_("A head of the unit can give it to you.")),
    (OutcomeNotOffered, N_("It has moved on meanwhile: go back to the application.")),
    (PaymentMismatch, N_("Take exactly what the order asks for.")),
    (ActionNotOffered, N_("It has moved on meanwhile: go back to the application.")),
)


def words_of(error: Exception, language: Language) -> tuple[str, str]:
    """What is refused, and what to do; the latter may be empty."""
    kind = problem_of(error)
    advice = next((translate(text, language) for one, text in _ADVICE if isinstance(error, one)), None)
    if advice is None:
        advice = "" if kind.advice is None else kind.advice.in_language(language)
    return kind.title.in_language(language), advice


async def closed(request: Request, session: OfficialSession, error: Exception) -> Response:
    """For what this official may not see or do: in words, and not a dead end; operators learn of it."""
    await note_refusal(request, error)
    title, advice = words_of(error, language_of(request.scope))
    status = problem_of(error).status
    return page(request, "desk/closed.html", status=status, account=session.session, title=title, advice=advice)


async def shut(request: Request, session: OfficialSession, refused: Exception) -> Response:
    """`closed`, for all that a page may be refused. Raises what is our own fault."""
    if problem_of(refused).status >= 500:
        raise refused
    return await closed(request, session, refused)


async def handed_out(
    request: Request, session: OfficialSession, page_of_it: str, load: Callable[[], Awaitable[Response]]
) -> Response:
    """A file, to whoever asks for it from `page_of_it` and pages like that (see `from_our_pages`); others go there."""
    if not from_our_pages(request):
        return RedirectResponse(page_of_it, 303)
    try:
        return await load()
    except IssuanceError as refused:
        return await shut(request, session, refused)
