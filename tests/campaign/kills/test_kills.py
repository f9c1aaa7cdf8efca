"""kill -9 of everything, anywhere, under load: nothing that was promised is lost, nothing is there twice.

A few kills by themselves, and as many as `rounds` says; both in campaigns only. In one long run of all tests the few
never saw a document issued, and why is not known yet.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaign.kills.rounds import many, place, play, said
from tests.campaign.kills.town import Figures, Plan

ROOT = Path(__file__).parents[3]


@pytest.mark.campaign
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_few_kills(kind: str) -> None:
    # In a process of its own: what forks processes by the dozen shares none with tests that went before.
    command = [
        sys.executable,
        "-c",
        "import sys; from tests.campaign.kills.test_kills import few; few(sys.argv[1])",
        kind,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def few(kind: str) -> None:
    plan = Plan(seed=7, kills=3 if kind == "sqlite" else 6, people=3, apis=1, workers=1, longest_life_seconds=1.5)
    with place() as folder:
        figures = play(folder, plan, kind)
    print(said(figures))
    assert_nothing_happened(figures)


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_thousands_of_kills() -> None:
    figures, are_enough = many()
    assert_nothing_happened(figures)
    assert are_enough, "the time was over; run it again, and it goes on from here"


def assert_nothing_happened(figures: Figures) -> None:
    assert figures.wrong == []
    assert (figures.lost, figures.doubled, figures.stuck, figures.orphans) == (0, 0, 0, 0)
    assert figures.applications > 0
    assert figures.issued > 0
