"""The table of problems with procedures: every code in both languages, each used, none missing."""

from __future__ import annotations

import ast
import string
import unicodedata
from pathlib import Path
from typing import get_args

import pytest

from issuance.procedure.limit import LimitUnit
from issuance.procedure.problem_table import PROBLEM_WORDS

ISSUANCE = Path(__file__).parents[3] / "issuance"
FILES = [
    *(file for file in (ISSUANCE / "procedure").glob("*.py") if file.name != "problem_table.py"),
    ISSUANCE / "fees" / "reading" / "strict_json.py",
]
TREES = [ast.parse(file.read_text(encoding="utf-8")) for file in FILES]
TEXTS = {
    node.value
    for tree in TREES
    for node in ast.walk(tree)
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}
COMPOSED = {f"kind_{kind}" for kind in ("truth", "number", "choice")} | {
    f"write_in_{unit}" for unit in get_args(LimitUnit) if unit != "working_days"
}


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
    assert set(PROBLEM_WORDS) <= TEXTS | COMPOSED


def test_every_code_that_is_used_is_known() -> None:
    used = {
        call.args[0].value
        for tree in TREES
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "complain"
        if isinstance(call.args[0], ast.Constant)
    }
    assert len(used) > 50
    assert (used | COMPOSED) <= set(PROBLEM_WORDS)
