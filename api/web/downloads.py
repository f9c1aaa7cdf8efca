"""Files that a page hands out: only to whoever follows a link of ours, never to what loads pages ahead."""

from __future__ import annotations

from starlette.requests import Request


def from_our_pages(request: Request) -> bool:
    """Whether the person has asked for the file. The first download of a result returns it to its owner, and an
    official's is noted under her name, so neither another site's link nor a browser that loads what might be wanted
    next may bring it about. Whoever types the address, or comes from a bookmark, has asked for it; browsers too old to
    say where they come from are believed."""
    ahead = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    if "prefetch" in ahead.lower():
        return False
    return request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
