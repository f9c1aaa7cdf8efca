"""Where a person goes after a sign-in: a path of ours, whatever a link says."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from starlette.requests import Request

from ..languages import Language

ACCOUNT = "/account"
_NO_GOALS = frozenset(("/sign-in", "/sign-out", "/signed-out"))
_MAX_CHARACTERS = 1_000
# A second slash or a backslash at the beginning would name a host; the rest is what stands in paths and queries.
_OWN_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%?-][A-Za-z0-9._~!$&'()*+,;=:@%?/-]*)?")


def own_path(text: str | None) -> str | None:
    """The text where it is a path of ours, with its query; None where it could lead anywhere else."""
    if text is None or len(text) > _MAX_CHARACTERS or not _OWN_PATH.fullmatch(text):
        return None
    return text


def goal_of_sign_in(text: str | None) -> str | None:
    """The text where it is a path of ours that somebody may want to see who has just signed in."""
    found = own_path(text)
    if found is None or "/" + found[1:].partition("?")[0].partition("/")[0] in _NO_GOALS:
        return None
    return found


def path_of(request: Request) -> str:
    """The address of a request as `own_path` takes it."""
    query = request.url.query
    return own_path(f"{request.url.path}?{query}" if query else request.url.path) or ACCOUNT


def sign_in_address(language: Language, **asked: str | None) -> str:
    """Of our page to sign in at. asked: `return_to`, `level`, `fresh`; those that are None are left out."""
    return f"/sign-in?{urlencode({'lang': language} | {name: value for name, value in asked.items() if value})}"
