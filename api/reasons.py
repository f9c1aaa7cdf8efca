"""Reasons that officials choose from: shipped in a file, of which an agency may replace each list by its own."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

from issuance.fees.wording import Label

from .languages import Language

SHIPPED = Path(__file__).with_name("reasons.toml")
MOST_LETTERS = 500
"""Of one reason, so that there is room for an official's own words after it."""
MAX_FILE_BYTES = 256 * 1024
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
Reasons = Mapping[str, Mapping[str, Label]]
"""By the kind of what they are for, then by the name under which a form sends each."""


class ReasonsRefused(Exception):
    """A file of reasons cannot be used; the message says where and why."""


@cache
def shipped_reasons() -> Reasons:
    """Those that stand where an agency has none of its own."""
    return _read(SHIPPED)


def read_reasons(file: Path | None) -> Reasons:
    """The shipped lists, with those of the file in their place. Raises ReasonsRefused."""
    shipped = shipped_reasons()
    if file is None:
        return shipped
    own = _read(file)
    strange = sorted(set(own) - set(shipped))
    if strange:
        raise ReasonsRefused(f"{file}: there is no list {strange[0]!r}; the lists are {', '.join(shipped)}")
    return MappingProxyType({**shipped, **own})


def options_of(listed: Mapping[str, Label], language: Language) -> Sequence[tuple[str, str]]:
    """For a list to choose from."""
    return [(name, text.in_language(language)) for name, text in listed.items()]


def words_chosen(listed: Mapping[str, Label], chosen: str, own: str) -> str:
    """What the citizen reads: the words chosen, then the official's own. Empty where there are neither."""
    known = listed.get(chosen)
    return " ".join(part for part in ("" if known is None else known.vi, own.strip()) if part)


def _read(file: Path) -> Reasons:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ReasonsRefused(f"{file} cannot be read: {error.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise ReasonsRefused(f"{file}: larger than {MAX_FILE_BYTES} bytes")
    try:
        found = tomllib.loads(content.decode())
    except ValueError as error:
        raise ReasonsRefused(f"{file}: no TOML in UTF-8 ({error})") from None
    return MappingProxyType({kind: _listed(file, kind, listed) for kind, listed in found.items()})


def _listed(file: Path, kind: str, listed: object) -> Mapping[str, Label]:
    if not isinstance(listed, dict):
        raise ReasonsRefused(f"{file}: {kind!r} is no list")
    return MappingProxyType({name: _label(file, kind, name, words) for name, words in listed.items()})


def _label(file: Path, kind: str, name: str, words: object) -> Label:
    place = f"{file}: {kind}.{name}"
    if not _NAME.fullmatch(name):
        raise ReasonsRefused(f"{place}: a name has small letters, digits and _, and begins with a letter")
    if not isinstance(words, dict) or set(words) != {"vi", "en"}:
        raise ReasonsRefused(f"{place}: needs words in `vi` and in `en`, and nothing else")
    for text in words.values():
        if not isinstance(text, str) or not text.strip() or not text.isprintable() or len(text) > MOST_LETTERS:
            raise ReasonsRefused(f"{place}: needs words on one line, at most {MOST_LETTERS} letters")
    vi, en = (unicodedata.normalize("NFC", words[language]).strip() for language in ("vi", "en"))
    return Label(vi, en)
