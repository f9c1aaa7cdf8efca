"""The reader of policies against bytes that know which ways through it are new."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.skipif(
    find_spec("atheris") is None, reason="atheris is not installed: it is for CPython 3.11 on Linux, x86-64"
)
@pytest.mark.parametrize("runs", [300, pytest.param(300_000, marks=pytest.mark.campaign)])
def test_coverage_guided_mutations_are_refused_or_read(runs: int, tmp_path: Path) -> None:
    """atheris in a process of its own, from a fixed seed; all that it writes lies in the test's folder."""
    options = [f"-runs={runs}", "-seed=20261122", "-max_len=6000", "-timeout=60", "-print_final_stats=1"]
    command = [sys.executable, "-m", "tests.issuance.fees.fuzz", str(tmp_path / "out"), *options]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, errors="replace", check=False)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said[-4_000:]
    made = re.search(r"stat::number_of_executed_units: (\d+)", said)
    assert made is not None
    assert int(made[1]) >= runs
