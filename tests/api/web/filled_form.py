"""The form of a page as a browser has it: every field with what stands in it, and what a press of a button sends."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx

from tests.api.signing_in import Browser

_VOID = {"checkbox", "radio"}


class _Reader(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self._action, self._inside = action, False
        self._select, self._option, self._textarea = "", "", ""
        self.fields: dict[str, str] = {}
        self.found = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("action") == self._action and given.get("method") == "post":
            self._inside = self.found = True
        if not self._inside:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") != "file":
            if given.get("type") not in _VOID or "checked" in given:
                self.fields[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in given or self._select not in self.fields:
                self.fields[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._textarea, self.fields[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data


def form_of(answer: httpx.Response, action: str) -> dict[str, str]:
    """The fields of the form that is sent to this address, as the page shows it."""
    reader = _Reader(action)
    reader.feed(answer.text)
    assert reader.found, f"no form for {action}"
    return reader.fields


async def press(browser: Browser, shown: httpx.Response, action: str, do: str = "save", **typed: str) -> httpx.Response:
    """Type into the form of a page and press one of its buttons. typed: `_` at the end of a name is left out; an empty
    text for a box takes its tick away."""
    fields = form_of(shown, action) | {name.rstrip("_"): text for name, text in typed.items()} | {"do": do}
    return await browser.send(action, fields)
