"""The script of a page that waits, run by node with a clock of its own."""

from __future__ import annotations

from pathlib import Path

from tests.api.web.test_scanner_core import run_node


def test_a_page_that_waits_looks_at_once_when_somebody_comes_back(tmp_path: Path) -> None:
    run_node(tmp_path, Path(__file__).with_name("follow.test.js"))
