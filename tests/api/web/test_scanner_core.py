"""The scanner's JavaScript, run by node: it concludes what Python concludes, offline, from the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.api.web.scanner_core import bundles, codes
from tests.node_packages import NODE
from tests.sealing import AT

FOLDER = Path(__file__).with_name("scanner_core")
TIMEOUT_SECONDS = 240


def run_node(questions: Path, *files: Path) -> None:
    done = subprocess.run(
        [NODE, "--test", *files],
        env=os.environ | {"CONDAU_QUESTIONS": str(questions)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "# skipped 0" in done.stdout or "skipped 0" in done.stdout, done.stdout


def write_questions(folder: Path, codes_count: int, damages: int, seed: int) -> Path:
    questions = {
        "at": codes.milliseconds(AT),
        "downloads": codes.downloads(),
        "codes": list(codes.cases(codes_count, seed)),
        "bundles": list(bundles.cases(folder, damages, seed)),
    }
    file = folder / "questions.json"
    file.write_text(json.dumps(questions), encoding="utf-8")
    return file


def test_it_answers_as_python_does(tmp_path: Path) -> None:
    run_node(write_questions(tmp_path, 600, 100, seed=20), *sorted(FOLDER.glob("*.test.js")))


@pytest.mark.campaign
def test_it_answers_many_questions_as_python_does(tmp_path: Path) -> None:
    for seed in range(10):
        run_node(write_questions(tmp_path, 5000, 500, seed), FOLDER / "same_as_python.test.js")
