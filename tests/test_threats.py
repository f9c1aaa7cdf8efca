"""docs/threats.md cannot rot: each test that it names exists, and each abuse has a proof."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
LEAST_ROWS = 40


@cache
def functions_of(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def missing(page: str) -> list[str]:
    """The named tests that are nowhere."""
    return [
        f"{file}::{name}"
        for file, name in NAMED.findall(page)
        if not name.startswith("test_") or not (ROOT / file).is_file() or name not in functions_of(ROOT / file)
    ]


def rows(page: str) -> list[list[str]]:
    """The cells of every row that is no head and no rule."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "abuse" and not set("".join(row)) <= set("-")]


def test_every_named_test_exists() -> None:
    assert missing(PAGE) == []


def test_every_abuse_has_a_control_and_a_proof() -> None:
    found = rows(PAGE)
    assert len(found) >= LEAST_ROWS
    for row in found:
        assert len(row) == 3, row
        assert all(row), row
        assert NAMED.search(row[2]), row


def test_whatever_looks_like_a_reference_is_one() -> None:
    """A misspelt reference would not be checked otherwise."""
    assert PAGE.count("::") == len(NAMED.findall(PAGE))


def test_a_name_that_is_gone_would_be_noticed() -> None:
    here = "tests/test_threats.py"
    assert missing(f"`{here}::test_every_named_test_exists`") == []
    assert missing(f"`{here}::test_gone` `{here}::missing` `tests/gone.py::test_gone`") == [
        f"{here}::test_gone",
        f"{here}::missing",
        "tests/gone.py::test_gone",
    ]
