from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.languages import LANGUAGES, language_of, preferred_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "vi"),
        ("vi", "vi"),
        ("en", "en"),
        ("EN-us,en;q=0.9", "en"),
        ("vi-VN, en;q=0.9", "vi"),
        ("en;q=0.5, vi;q=0.6", "vi"),
        ("en;q=0.6, vi;q=0.5", "en"),
        ("en, vi", "vi"),
        ("fr, de", "vi"),
        ("fr, *;q=0.1", "vi"),
        ("vi;q=0, *", "en"),
        ("en;q=0", "vi"),
        ("en;q=nan", "vi"),
        ("en;q=7", "vi"),
        ("en;q=", "vi"),
    ],
)
def test_the_better_rated_language_wins_and_vietnamese_a_tie(header: str, language: str) -> None:
    assert preferred_language(header) == language


@given(st.text(max_size=2_000))
def test_any_header_has_a_language(header: str) -> None:
    assert preferred_language(header) in LANGUAGES


@pytest.mark.parametrize(
    ("query", "language"), [(b"lang=en", "en"), (b"lang=vi", "vi"), (b"lang=xx", "en"), (b"", "en")]
)
def test_a_link_may_choose(query: bytes, language: str) -> None:
    scope = {"type": "http", "query_string": query, "headers": [(b"accept-language", b"en")]}
    assert language_of(scope) == language


def test_what_was_chosen_on_a_page_stays_and_says_nothing_to_machines() -> None:
    headers = [(b"accept-language", b"vi"), (b"cookie", b"language=en")]
    page = {"type": "http", "path": "/services", "query_string": b"", "headers": headers}
    assert language_of(page) == "en"
    assert language_of({**page, "query_string": b"lang=vi"}) == "vi"
    assert language_of({**page, "path": "/v1/services"}) == "vi"
