"""How a page is made: a template in the caller's language, with the policy under which browsers run it."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from issuance.fees.wording import amount_in_figures, number_in_figures
from verification.verdict import VIETNAM

from ..languages import LANGUAGE_COOKIE, LANGUAGES, Language, language_of
from ..present.verdict import moment_in_words
from ..state import shared_of
from .navigation import ways_below, ways_of
from .return_to import own_path
from .texts import translations

_HERE = Path(__file__).parent
_OTHERS: dict[Language, tuple[Language, str]] = {"vi": ("en", "English"), "en": ("vi", "Tiếng Việt")}
_SAID_ONCE = frozenset(("done", "again"))
"""What an address has only after a deed: said anew it would read as done anew."""
_LANGUAGE_KEPT_SECONDS = 365 * 24 * 60 * 60

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Swagger's interface writes styles into its elements and draws its icons from data addresses.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


@cache
def _templates(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # A new release is taken over whole, with the code that its templates belong to.
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined] # of i18n
    made.filters |= {
        "vnd": lambda amount: amount_in_figures(amount, language),
        "number": lambda figure: number_in_figures(figure, language),
        "day": _day,
        "moment": lambda moment: moment_in_words(_moment(moment), language),
        "minute": _minute,
    }
    other, other_name = _OTHERS[language]
    made.globals |= {"language": language, "other": other, "other_name": other_name, "new_key": new_key}
    return made


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    policy: str = PAGE_POLICY,
    forms: bool = False,
    **values: Any,
) -> Response:
    """Render a template for the caller's language.

    forms: it has forms that change something, so that even old browsers tell us, and nobody else, where they come
    from. values: `account` among them, a session or None, puts the way to sign in or to one's account at the top, and
    the ways that are open to that person below. Templates have the filters `vnd`, `number`, `day`, `moment` and
    `minute`.
    """
    language = language_of(request.scope)
    account, path = values.get("account"), request.url.path
    html = (
        _templates(language)
        .get_template(template)
        .render(
            path=own_path(path) or "/",
            in_other_language=_in_language(request, _OTHERS[language][0]),
            ways=ways_of(account, path),
            ways_below=ways_below(account, path),
            **values,
        )
    )
    headers = {"Content-Language": language, "Content-Security-Policy": policy, "Vary": "Accept-Language, Cookie"}
    if forms:
        headers["Referrer-Policy"] = "same-origin"
    response = HTMLResponse(html, status, headers)
    chosen = request.query_params.get("lang")
    if chosen in LANGUAGES and request.cookies.get(LANGUAGE_COOKIE) != chosen:
        response.set_cookie(
            LANGUAGE_COOKIE,
            chosen,
            max_age=_LANGUAGE_KEPT_SECONDS,
            secure=shared_of(request).services.public_url.startswith("https:"),
            httponly=True,
            samesite="lax",
        )
    return response


def _in_language(request: Request, language: Language) -> str:
    """The address of the same page in that language: with what its query chooses, as long as it stays short."""
    path = own_path(request.url.path) or "/"
    plain = f"{path}?{urlencode({'lang': language})}"
    if request.method not in ("GET", "HEAD"):
        return plain
    kept = [(name, text) for name, text in request.query_params.multi_items() if name not in _SAID_ONCE | {"lang"}]
    return own_path(f"{path}?{urlencode([('lang', language), *kept])}") or plain


def _day(day: date | str) -> str:
    """`08/03/1994`, as papers in Vietnam have it."""
    return (date.fromisoformat(day[:10]) if isinstance(day, str) else day).strftime("%d/%m/%Y")


def _moment(moment: datetime | str) -> datetime:
    return datetime.fromisoformat(moment) if isinstance(moment, str) else moment


def _minute(moment: datetime | str) -> str:
    """`17:00 08/03/2026`, Hanoi's time, where a list has many of them."""
    return _moment(moment).astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def new_key() -> str:
    """For a form: sent twice, it has one effect."""
    return secrets.token_urlsafe(18)
