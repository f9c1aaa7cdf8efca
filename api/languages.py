"""Which of the two languages the caller reads: Vietnamese unless English is preferred."""

from __future__ import annotations

from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection
from starlette.types import Scope

from issuance.fees.wording import Language

from .audience import is_for_machines

__all__ = ["LANGUAGES", "Language", "language_of", "preferred_language"]

LANGUAGES: tuple[Language, ...] = ("vi", "en")
LANGUAGE_COOKIE = "language"
"""What somebody chose on a page of ours, so that no link has to carry it."""
_MAX_HEADER_CHARACTERS = 500
_MAX_RANGES = 20


def language_of(scope: Scope) -> Language:
    """The language of a request: `?lang=` first, because a link can carry it, then what was chosen on a page, then
    Accept-Language."""
    asked = [QueryParams(scope.get("query_string", b"")).get("lang")]
    if not is_for_machines(scope.get("path", "")):
        asked.append(HTTPConnection(scope).cookies.get(LANGUAGE_COOKIE))
    for chosen in asked:
        for language in LANGUAGES:
            if chosen == language:
                return language
    return preferred_language(Headers(scope=scope).get("accept-language", ""))


def preferred_language(accept_language: str) -> Language:
    """The better rated of both (RFC 9110 section 12.5.4); Vietnamese where they are equal or neither is named."""
    rated: dict[str, float] = {}
    for entry in accept_language[:_MAX_HEADER_CHARACTERS].split(",")[:_MAX_RANGES]:
        name, _, parameter = entry.partition(";")
        primary = name.strip().lower().partition("-")[0]
        rated[primary] = max(rated.get(primary, 0.0), _quality(parameter))
    others = rated.get("*", 0.0)
    return "en" if rated.get("en", others) > rated.get("vi", others) else "vi"


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        quality = float(value.strip())
    except ValueError:
        return 0.0
    # NaN compares false with both bounds.
    return quality if 0.0 <= quality <= 1.0 else 0.0
