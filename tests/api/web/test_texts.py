"""Every text of the pages has its Vietnamese, and no catalogue holds what no page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import api.web
from api.web.texts import CATALOGUES, GROUPS, translate

WEB = Path(next(iter(api.web.__path__)))
PLACE = re.compile(r"%\((\w+)\)[sd]")
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "translate": None}


def sources(group: str) -> Iterator[tuple[str, Path]]:
    if group == "site":
        yield from (("python", path) for path in WEB.glob("*.py"))
        yield from (("jinja2", path) for path in (WEB / "templates").glob("*.html"))
        yield from (("jinja2", path) for path in (WEB / "templates" / "parts").rglob("*.html"))
    else:
        yield from (("python", path) for path in (WEB / group).rglob("*.py"))
        yield from (("jinja2", path) for path in (WEB / "templates" / group).rglob("*.html"))


def said(group: str) -> dict[str, str]:
    """The texts of a group of pages, each with where it stands."""
    found = {}
    for method, path in sources(group):
        options = {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"} if method == "jinja2" else {}
        for line, text, _, _ in extract_from_file(method, path, keywords=KEYWORDS, options=options):
            first = text[0] if isinstance(text, tuple) else text
            found[first] = f"{path.relative_to(WEB)}:{line}"
    return found


def catalogue(group: str) -> dict[str, Message]:
    with (CATALOGUES / "vi" / f"{group}.po").open("rb") as file:
        read = read_po(file, locale="vi", abort_invalid=True)
    assert not read.obsolete
    return {one.id[0] if isinstance(one.id, tuple) else one.id: one for one in read if one.id}


def placeholders(text: str | tuple[str, ...] | list[str]) -> set[str]:
    return {name for part in ([text] if isinstance(text, str) else text) for name in PLACE.findall(part)}


@pytest.mark.parametrize("group", GROUPS)
def test_each_text_is_translated_and_each_translation_used(group: str) -> None:
    texts, translated = said(group), catalogue(group)
    shared = catalogue("site") if group != "site" else {}
    missing = {text: where for text, where in texts.items() if text not in translated and text not in shared}

    assert missing == {}
    assert translated.keys() - texts.keys() == set()
    for text, message in translated.items():
        assert message.string, text
        assert not message.fuzzy, text
        vietnamese = [message.string] if isinstance(message.string, str) else message.string
        assert all(vietnamese), text
        assert placeholders(message.id) == placeholders(vietnamese), text


def test_one_text_has_one_translation() -> None:
    """All groups are merged when they are read; the later would win."""
    seen: dict[str, object] = {}
    for group in GROUPS:
        for text, message in catalogue(group).items():
            assert seen.setdefault(text, message.string) == message.string, text


def test_texts_that_are_no_literals_are_found_too() -> None:
    assert translate("caseworker", "vi") == "cán bộ thụ lý"
    assert translate("caseworker", "en") == "caseworker"
