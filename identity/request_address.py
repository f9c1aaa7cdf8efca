"""Whether two addresses name the same resource, however they are written (RFC 3986 section 6.2)."""

from __future__ import annotations

import re
from typing import Final

MAX_ADDRESS_CHARACTERS: Final = 2048

_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORT: Final = {"http": 80, "https": 443}
# RFC 3986 appendix A, without user information. Possessive, so that no input makes it try twice.
_ADDRESS = re.compile(
    r"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?)://"
    r"(?P<host>(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})++|\[[0-9A-Fa-f:.]++\])"
    r"(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<path>(?:/(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*+)*+)"
    r"(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*+)?"
    r"(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*+)?",
    re.ASCII,
)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")


def normalised_address(address: object) -> str | None:
    """The http or https address without query and fragment, in the one way of writing that all others come to.

    Scheme and host in lower case, no default port, escapes only where needed and in upper case, no dot segments, never
    an empty path. None for what is no such address, holds a user name, or is longer than 2,048 characters.
    """
    if not isinstance(address, str) or len(address) > MAX_ADDRESS_CHARACTERS:
        return None
    parts = _ADDRESS.fullmatch(address)
    if parts is None:
        return None
    scheme = parts["scheme"].lower()
    # lower case after escapes are resolved, which in turn keep theirs
    host = _ESCAPE.sub(lambda escape: escape[0].upper(), _unescaped(parts["host"]).lower())
    port = int(parts["port"] or _DEFAULT_PORT[scheme])
    authority = host if port == _DEFAULT_PORT[scheme] else f"{host}:{port}"
    return f"{scheme}://{authority}{_without_dot_segments(_unescaped(parts['path']))}"


def _unescaped(text: str) -> str:
    """Only what need not be escaped: an escaped slash stays one, as it separates nothing."""

    def resolve(escape: re.Match[str]) -> str:
        sign = chr(int(escape[1], 16))
        return sign if sign in _UNRESERVED else escape[0].upper()

    return _ESCAPE.sub(resolve, text)


def _without_dot_segments(path: str) -> str:
    """RFC 3986 section 5.2.4 for a path that is empty or starts with a slash."""
    segments = path.split("/")[1:]
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")  # what they end in is a folder
    return "/" + "/".join(kept)
