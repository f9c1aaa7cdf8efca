"""The survey: one link, one page. Who has the link may answer, once; nobody signs in, and no script is needed.

The link's secret stands in the address of the first page alone. It reaches no log of ours (they hold no addresses) and
no other host (no referrer leaves any page), and what is sent carries it in the body.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.errors import SurveyClosed
from issuance.feedback.survey import answer_survey, is_open
from issuance.feedback.survey_book import ASPECTS, MAX_COMMENT_LETTERS, SCORES

from ..languages import language_of
from ..problem_table import problem_of
from ..state import COUNTED_CHECK, Given
from .page import page
from .session import read_fields
from .texts import N_

router = APIRouter(include_in_schema=False)

_SCORE_NAMES = {
    1: N_("very dissatisfied"),
    2: N_("dissatisfied"),
    3: N_("neither"),
    4: N_("satisfied"),
    5: N_("very satisfied"),
}
_ASPECT_NAMES = {
    "time": N_("The time it took"),
    "attitude": N_("How the officials treated you"),
    "clearness": N_("Clear instructions"),
    "fee": N_("The right fee"),
    "result": N_("The result you asked for"),
}
_ANSWERS = {"yes": True, "no": False}
_LINE_ENDS = re.compile(r"\r\n?")


@router.get("/s/thanks")
async def thank(request: Request) -> Response:
    return page(request, "survey_over.html", is_thanked=True)


@router.get("/s")
async def nothing_open(request: Request) -> Response:
    """Where a page that was sent back to be mended is loaded once more."""
    return _closed(request)


@router.get("/s/{token}", dependencies=[COUNTED_CHECK])
async def ask(request: Request, services: Given, token: str) -> Response:
    at = services.clock()
    if not await services.runner.run(lambda records: is_open(records, token, at)):
        return _closed(request)
    return _form(request, token, {})


@router.post("/s", dependencies=[COUNTED_CHECK])
async def take(request: Request, services: Given) -> Response:
    """Whoever has the secret may send it from wherever: no other site's page has it, so none is kept out."""
    at, fields = services.clock(), await read_fields(request)
    token, comment = fields.get("token", ""), _comment_of(fields.get("comment", ""))
    scores = {str(score): score for score in SCORES}
    aspects = {name: _ANSWERS[fields[name]] for name in ASPECTS if fields.get(name) in _ANSWERS}
    problems = [] if fields.get("score") in scores else ["score"]
    if len(comment) > MAX_COMMENT_LETTERS:
        problems.append("comment")
    if problems:
        if not await services.runner.run(lambda records: is_open(records, token, at)):
            return _closed(request)
        return _form(request, token, {**fields, "comment": comment}, problems)
    try:
        await services.runner.run(
            lambda records: answer_survey(
                records, token, score=scores[fields["score"]], aspects=aspects, comment=comment or None, at=at
            )
        )
    except SurveyClosed:
        return _closed(request)
    return RedirectResponse(f"/s/thanks?lang={language_of(request.scope)}", 303)


def _form(request: Request, token: str, given: Mapping[str, str], problems: list[str] | None = None) -> Response:
    values: dict[str, Any] = {"scores": SCORES, "aspects": ASPECTS, "max_comment": MAX_COMMENT_LETTERS}
    values |= {"score_names": _SCORE_NAMES, "aspect_names": _ASPECT_NAMES}
    status = 422 if problems else 200
    return page(request, "survey.html", status=status, token=token, given=given, problems=problems or [], **values)


def _closed(request: Request) -> Response:
    """The same for a link that was used, is too old, or never was."""
    return page(request, "survey_over.html", status=problem_of(SurveyClosed("")).status, is_thanked=False)


def _comment_of(typed: str) -> str:
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", typed)).strip()
    return "".join(letter for letter in text if letter == "\n" or letter.isprintable())
