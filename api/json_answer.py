"""A JSON answer that says which language its words are in."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from .languages import Language


def json_answer(body: object, language: Language) -> Response:
    return JSONResponse(body, headers={"Content-Language": language})
