"""The pages that a person sees: whom to sign in as, and why a request is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final
from urllib.parse import urlencode

from simulators.people import SyntheticCitizen, SyntheticOfficial

CHOSEN_LEVEL: Final = "simulated_acr"
"""A parameter of this page's links alone: sign in at this level, below what the account has."""
LOW_LEVEL: Final = "level-1"

# nothing is loaded and no script runs; the one style is in the page
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_PAGE: Final = """<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Định danh điện tử (mô phỏng)</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem }}
.notice {{ border: 2px dashed; padding: .5rem 1rem }}
ul {{ list-style: none; padding: 0 }}
li a {{ color: inherit }}
li a {{ display: block; padding: .75rem 1rem; margin: .5rem 0; border: 1px solid; border-radius: .5rem }}
small {{ display: block }}
li .low {{ margin-top: -.25rem; padding: .5rem 1rem; border-style: dashed; font-size: .9rem }}
</style>
</head>
<body>
<p class="notice">Hệ thống mô phỏng, chỉ gồm người không có thật.
<span lang="en">A simulation; none of these people exist.</span></p>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def choose_person(
    people: Iterable[SyntheticCitizen | SyntheticOfficial], request: Mapping[str, str], client_id: str
) -> str:
    """A page that lists the people; each link repeats the authorization request with that person's name.

    Citizens may also sign in below their account's level, as with a password alone, unless a higher one is asked for.
    """
    items = []
    may_be_low = LOW_LEVEL in request.get("acr_values", LOW_LEVEL).split()
    for person in people:
        chosen = {**request, "login_hint": person.username, "prompt": "none"}
        about = f'{escape(person.about["vi"])} · <span lang="en">{escape(person.about["en"])}</span>'
        item = f'<li><a href="?{_query(chosen)}">{escape(person.full_name)}<small>{about}</small></a>'
        if isinstance(person, SyntheticCitizen) and person.acr > LOW_LEVEL and may_be_low:
            low = _query({**chosen, CHOSEN_LEVEL: LOW_LEVEL})
            item += f'<a class="low" href="?{low}">chỉ ở mức độ 1 · <span lang="en">at level 1 only</span></a>'
        items.append(f"{item}</li>")
    body = (
        f"<p>Ứng dụng <b>{escape(client_id)}</b> yêu cầu xác thực. "
        f'<span lang="en">The application <b>{escape(client_id)}</b> asks you to sign in.</span></p>'
        f"<ul>{''.join(items)}</ul>"
    )
    return _PAGE.format(title='Đăng nhập với tư cách · <span lang="en">Sign in as</span>', body=body)


def show_token(full_name: str, access_token: str, minutes: int) -> str:
    """A page for whoever tries the service by hand: the access token of the person just signed in."""
    body = (
        f"<p>Mã truy cập của <b>{escape(full_name)}</b>, dùng được {minutes} phút. "
        f'<span lang="en">The access token of <b>{escape(full_name)}</b>, good for {minutes} minutes.</span></p>'
        f'<p><textarea readonly rows="14" style="width: 100%" aria-label="Token">{escape(access_token)}</textarea></p>'
        "<p><code>Authorization: Bearer …</code></p>"
    )
    return _PAGE.format(title='Đã đăng nhập · <span lang="en">Signed in</span>', body=body)


def say(vi: str, en: str) -> str:
    """A page that says one thing."""
    return _PAGE.format(title=f'{escape(vi)} · <span lang="en">{escape(en)}</span>', body="")


def refuse(vi: str, en: str) -> str:
    """A page for requests that must not be redirected anywhere."""
    body = f'<p>{escape(vi)}</p><p lang="en">{escape(en)}</p>'
    return _PAGE.format(title='Không thể đăng nhập · <span lang="en">Cannot sign in</span>', body=body)


def _query(parameters: Mapping[str, str]) -> str:
    return escape(urlencode(parameters), quote=True)
