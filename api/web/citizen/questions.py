"""Questions to the agency about an application, and its answers."""

from __future__ import annotations

import re
import unicodedata

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.errors import IssuanceError
from issuance.feedback.questions import MAX_QUESTION_LETTERS

from ...languages import Language, language_of
from ...parameters import Code
from ...questions import Asked, ask_about_application
from ...state import Given
from ..session import CitizenForm, CitizenSignedIn
from ..texts import translate
from .own_case import read_own, said_of, see, show

router = APIRouter(include_in_schema=False)

_LINE_ENDS = re.compile(r"\r\n?")


@router.get("/applications/{code}/questions")
async def questions(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    own = await read_own(services, session.citizen, code, language_of(request.scope))
    values = {"most": MAX_QUESTION_LETTERS, "given": {}, "problems": {}, "refused": None}
    return show(request, "citizen/questions.html", session, own, **values)


@router.post("/applications/{code}/questions")
async def ask(request: Request, services: Given, form: CitizenForm, code: Code) -> Response:
    language, text = language_of(request.scope), _text_of(form.fields.get("text", ""))
    problems, said, status = _problems(text, language), None, 422
    if not problems:
        try:
            await ask_about_application(request, services, form.citizen, form.once, code, Asked(text=text))
            return see(f"/applications/{code}/questions", "asked")
        except IssuanceError as refused:
            said, status = said_of(refused, language)
    own = await read_own(services, form.citizen, code, language)
    values = {"most": MAX_QUESTION_LETTERS, "given": {"text": text}, "problems": problems, "refused": said}
    return show(request, "citizen/questions.html", form, own, status=status, **values)


def _problems(text: str, language: Language) -> dict[str, str]:
    if not text:
        return {"text": translate("Write your question.", language)}
    if len(text) > MAX_QUESTION_LETTERS:
        return {"text": translate("Your question is too long.", language)}
    return {}


def _text_of(typed: str) -> str:
    """As browsers send it, without what nobody can see."""
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", typed)).strip()
    return "".join(letter for letter in text if letter == "\n" or letter.isprintable())
