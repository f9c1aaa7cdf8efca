"""The two cookies of our pages: who is signed in, and which browser began a sign-in. Both hold a secret alone.

Their names begin with `__Host-`: browsers then take them only with `Secure`, for this very host and all of its paths,
so that no neighbouring host can plant one (RFC 6265bis section 4.1.3.2). Where `public_url` is plain http, which
settings allow on loopback alone, they go without the prefix and without `Secure`: not every browser takes such ones.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from identity.sign_in import SIGN_IN_LIFETIME, secret_digest

_SESSION = "condau"
_SIGN_IN = "condau-sign-in-"
_MOST_SIGN_INS = 5
"""At once in one browser; beyond that the oldest ones are given up, so that they cannot crowd the requests."""


def session_secret(request: Request, public_url: str) -> str | None:
    """What the browser holds of a session, unverified."""
    return request.cookies.get(_name(_SESSION, public_url))


def set_session(response: Response, secret: str, public_url: str) -> None:
    """For as long as the browser is open; how long the session lasts is decided here, not there."""
    _set(response, _name(_SESSION, public_url), secret, public_url)


def clear_session(response: Response, public_url: str) -> None:
    _set(response, _name(_SESSION, public_url), "", public_url, max_age_seconds=0)


def sign_in_secret(request: Request, state: str, public_url: str) -> str | None:
    """What the browser holds of the sign-in with this state, unverified."""
    return request.cookies.get(_name(_sign_in(secret_digest(state)), public_url))


def set_sign_in(response: Response, request: Request, state_digest: bytes, secret: str, public_url: str) -> None:
    """One cookie for each sign-in, so that two in two windows do not undo each other."""
    prefix = _name(_SIGN_IN, public_url)
    others = [name for name in request.cookies if name.startswith(prefix)]
    # browsers send the oldest first (RFC 6265 section 5.4)
    for name in others[: max(0, len(others) + 1 - _MOST_SIGN_INS)]:
        _set(response, name, "", public_url, max_age_seconds=0)
    lifetime = int(SIGN_IN_LIFETIME.total_seconds())
    _set(response, _name(_sign_in(state_digest), public_url), secret, public_url, max_age_seconds=lifetime)


def clear_sign_in(response: Response, state: str, public_url: str) -> None:
    _set(response, _name(_sign_in(secret_digest(state)), public_url), "", public_url, max_age_seconds=0)


def _sign_in(state_digest: bytes) -> str:
    return _SIGN_IN + state_digest[:8].hex()


def _is_https(public_url: str) -> bool:
    return public_url.startswith("https:")


def _name(name: str, public_url: str) -> str:
    return f"__Host-{name}" if _is_https(public_url) else name


def _set(response: Response, name: str, value: str, public_url: str, *, max_age_seconds: int | None = None) -> None:
    # Lax: coming back from the issuer is a navigation from another site, and a form sent from there is not.
    response.set_cookie(
        name, value, max_age=max_age_seconds, path="/", secure=_is_https(public_url), httponly=True, samesite="lax"
    )
