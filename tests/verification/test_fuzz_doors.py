"""Mutated documents and lists at every door: only verdicts come out, and what is accepted is what was sealed."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verification.fuzz.doors import DOORS, SEEDS

REPOSITORY = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")


def mutated(data: bytes, chosen: Random) -> bytes:
    """A few bytes inserted, repeated, removed, exchanged or altered, anywhere."""
    for _ in range(chosen.choice((1, 1, 1, 2, 5))):
        start = chosen.randint(0, len(data))
        end = min(len(data), start + chosen.choice((1, 1, 2, 8, 60)))
        other = chosen.randrange(len(data) + 1)
        put = chosen.choice((b"", data[start:end] * 2, data[other : other + 8], chosen.randbytes(end - start)))
        data = data[:start] + put + data[end:]
    return data


@pytest.mark.parametrize("name", DOORS)
def test_a_door_lets_in_what_is_honest(name: str) -> None:
    """Else nothing below would try more than the first check."""
    for seed in SEEDS[name]:
        assert DOORS[name](seed)


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(start=st.integers(min_value=0))
def test_what_is_mutated_says_what_was_sealed_or_nothing(name: str, start: int) -> None:
    chosen = Random(start)
    DOORS[name](mutated(chosen.choice(SEEDS[name]), chosen))


@pytest.mark.parametrize("name", DOORS)
@settings(deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused(name: str, data: bytes) -> None:
    assert not DOORS[name](data)


COVERAGE_GUIDED = pytest.mark.skipif(
    find_spec("atheris") is None, reason="atheris is not installed: it is for CPython 3.11 on Linux, x86-64"
)


@COVERAGE_GUIDED
@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("runs", [2_000, pytest.param(200_000, marks=pytest.mark.campaign)])
def test_coverage_guided_mutations_find_no_way_round(name: str, runs: int, tmp_path: Path) -> None:
    """atheris in a process of its own, from a fixed seed; all that it writes lies in the test's folder."""
    options = [f"-runs={runs}", "-seed=20261122", "-max_len=130000", "-timeout=60", "-print_final_stats=1"]
    command = [sys.executable, "-m", "tests.verification.fuzz", name, str(tmp_path / "out"), *options]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, errors="replace", check=False)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said[-4_000:]
    made = re.search(r"stat::number_of_executed_units: (\d+)", said)
    assert made is not None
    assert int(made[1]) >= runs
    print(f"{name}: {made[1]} executions")
