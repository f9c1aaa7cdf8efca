"""Which of several forms of one answer the caller wants, and whether he has it (RFC 9110 sections 12.5, 13.1.2)."""

from __future__ import annotations

from collections.abc import Sequence

_MAX_HEADER_CHARACTERS = 1_000
_MAX_RANGES = 30


def preferred_type(accept: str | None, offered: Sequence[str]) -> str | None:
    """The best rated of the offered media types, the first of them where several are; None where none is wanted.

    Without the header everything is wanted alike. Parameters of media ranges are not told apart.
    """
    if accept is None or not accept.strip():
        return offered[0]
    rated = _rated(accept)
    best, best_quality = None, 0.0
    for name in offered:
        ranges = (name, f"{name.partition('/')[0]}/*", "*/*")
        # The most specific range decides, also when it says no.
        quality = next((rated[one] for one in ranges if one in rated), 0.0)
        if quality > best_quality:
            best, best_quality = name, quality
    return best


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether the answer may come compressed; not without the header, so that simple callers get it plain."""
    rated = _rated(accept_encoding or "")
    return rated.get("gzip", rated.get("*", 0.0)) > 0


def names_etag(if_none_match: str | None, etag: str) -> bool:
    """Whether the caller has this answer already (RFC 9110 section 13.1.2): `*` has any.

    By the weak comparison, for what asks and what answers may each call it weak.
    """
    named = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    return named == ["*"] or etag.removeprefix("W/") in named


def _rated(header: str) -> dict[str, float]:
    rated: dict[str, float] = {}
    for entry in header[:_MAX_HEADER_CHARACTERS].split(",")[:_MAX_RANGES]:
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        rated[name] = max(rated.get(name, 0.0), _quality(parameters))
    return rated


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value.strip())
            except ValueError:
                return 0.0
            # NaN compares false with both bounds.
            return quality if 0.0 <= quality <= 1.0 else 0.0
    return 1.0
