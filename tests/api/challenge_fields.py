"""Reads `WWW-Authenticate` fields as strictly as they are written."""

from __future__ import annotations

import re

import httpx

# RFC 9110 section 11.6.1, as far as it is used: a scheme, then parameters, all of them quoted
_PARAMETER = r'[a-z_]+="[\x20\x21\x23-\x5B\x5D-\x7E]*"'
_CHALLENGE = re.compile(rf"(Bearer|DPoP) ({_PARAMETER}(?:, {_PARAMETER})*)")


def challenges_of(answer: httpx.Response) -> dict[str, dict[str, str]]:
    """Each scheme's parameters; every field holds one challenge and names each parameter once."""
    return read_challenges(answer.headers.get_list("www-authenticate"))


def read_challenges(fields: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for field in fields:
        parts = _CHALLENGE.fullmatch(field)
        assert parts is not None, field
        named = re.findall(r'([a-z_]+)="([^"]*)"', parts[2])
        assert len(dict(named)) == len(named), field
        assert parts[1] not in found, fields
        found[parts[1]] = dict(named)
    return found
