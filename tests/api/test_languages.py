from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import api.web
from api.languages import LANGUAGES, language_of, preferred_language
from identity.citizen import ROLES
from issuance.feedback.survey_book import ASPECTS, SCORES

TEXTS = Path(api.web.__file__).parent / "texts"
TEMPLATES = Path(api.web.__file__).parent / "templates"


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


def test_the_pages_have_the_same_words_in_both_languages() -> None:
    vi, en = (tomllib.loads((TEXTS / f"{one}.toml").read_text(encoding="utf-8")) for one in LANGUAGES)
    templates = "".join(file.read_text(encoding="utf-8") for file in TEMPLATES.glob("*.html"))

    assert vi.keys() == en.keys()
    roles = {f"role_{role}" for role in ROLES}
    assert {name for name in vi if name.startswith("role_")} == roles
    survey = {f"survey_score_{score}" for score in SCORES} | {f"survey_{word}" for word in (*ASPECTS, "yes", "no")}
    assert survey <= vi.keys()
    composed = roles | survey
    assert [name for name in vi if f"t.{name}" not in templates and name not in composed] == []
    for texts in (vi, en):
        assert [name for name, text in texts.items() if not text.strip()] == []
