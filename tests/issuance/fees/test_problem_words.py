"""The table of problems: every code in both languages, each used, none missing."""

from __future__ import annotations

import ast
import string
import unicodedata
from pathlib import Path

import pytest

from issuance.fees.problem_table import PROBLEM_WORDS
from issuance.fees.problem_words import Near, complain
from issuance.fees.wording import Label

FOLDER = Path(__file__).parents[3] / "issuance" / "fees"
SOURCES = [file for file in FOLDER.rglob("*.py") if file.name != "problem_table.py"]
CALLS = {"complain", "_refused", "_refuse", "_filled", "_refusal"}


def texts_of(node: ast.AST) -> set[str]:
    return {inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant) and isinstance(inner.value, str)}


def called_with(tree: ast.AST) -> set[str]:
    """Codes that stand in a call which words a problem."""
    return {
        argument.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in CALLS
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


TREES = [ast.parse(file.read_text(encoding="utf-8")) for file in SOURCES]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", PROBLEM_WORDS)
def test_a_code_is_said_in_both_languages(code: str) -> None:
    words = PROBLEM_WORDS[code]
    assert fields(words.vi) == fields(words.en)
    assert words.vi.strip()
    assert words.vi != words.en
    assert unicodedata.is_normalized("NFC", words.vi)


def test_every_code_is_used() -> None:
    assert not set(PROBLEM_WORDS) - set().union(*(texts_of(tree) for tree in TREES))


def test_every_code_that_is_used_is_known() -> None:
    used = set().union(*(called_with(tree) for tree in TREES))
    assert len(used) > 80
    assert not {code for code in used if " " not in code and code} - set(PROBLEM_WORDS)


def test_values_are_put_into_each_language() -> None:
    label = complain("one_of", expected=Label("'a' hoặc 'b'", "'a' or 'b'")).in_words()
    assert (label.vi, label.en) == ("phải là 'a' hoặc 'b'", "must be 'a' or 'b'")


def test_what_an_author_wrote_is_no_template() -> None:
    label = complain("twice", id="{0.__class__}{id}").in_words()
    assert label.en == "'{0.__class__}{id}' stands here twice"


def test_a_near_word_is_offered_else_the_known_ones() -> None:
    assert Near("copys", ["copies", "channel"]).in_words().en == " 'copys', did you mean 'copies'?"
    assert Near("copys", ["copies", "channel"]).in_words().vi == " 'copys'; có phải ý là 'copies'?"
    assert Near("xyz", ["copies", "channel"]).in_words().en == " 'xyz' (known: channel, copies)"
    assert Near("copys", ["copies"]).in_words(search=False).en == " 'copys' (known: copies)"


def test_of_very_many_words_some_are_shown_and_the_near_one_is_found() -> None:
    known = [f"word{index:04}" for index in range(1_000)] + ["resolution"]
    assert Near("resolutoin", known).in_words().en == " 'resolutoin', did you mean 'resolution'?"
    assert Near("zz", known).in_words().en.endswith("word0010, …)")
    assert len(Near("z" * 5_000, known).in_words().en) < 300
