"""kill -9 of everything, anywhere, under load: nothing that was promised is lost, nothing is there twice.

A few kills in every run; in a campaign as many as `KILLS` says (2,000), in rounds, each on a new installation. Rounds
that are done lie in build/kills and are not played again; `KILL_MINUTES` (40) ends it in time.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.campaign.kills.killable_postgres import killable_postgres
from tests.campaign.kills.reckon import reckon
from tests.campaign.kills.town import Figures, Plan, live_and_die
from tests.storage.databases import room_for_a_server

DONE = Path(__file__).parents[3] / "build" / "kills"
A_ROUND = 100
ON_SQLITE = 5
"""Every so-many-eth round is one of a single process on SQLite."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where there is room: what dies is a process, and no machine."""
    made = Path(tempfile.mkdtemp(prefix="condau-kills-", dir=room_for_a_server()))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_few_kills(folder: Path, kind: str) -> None:
    plan = Plan(seed=7, kills=3 if kind == "sqlite" else 6, people=4, apis=1, workers=1, longest_life_seconds=1.5)
    figures = _play(folder, plan, kind)
    print(_said(figures))
    assert_nothing_happened(figures)


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_thousands_of_kills(folder: Path) -> None:
    wanted, minutes = int(os.environ.get("KILLS", "2000")), float(os.environ.get("KILL_MINUTES", "40"))
    end = time.monotonic() + 60 * minutes
    DONE.mkdir(parents=True, exist_ok=True)
    figures, seed = Figures(), 0
    while figures.kills.total() < wanted and time.monotonic() < end:
        seed += 1
        figures += _round(folder / str(seed), seed)
        print(f"after round {seed}:\n{_said(figures)}", flush=True)
    assert_nothing_happened(figures)
    assert figures.kills.total() >= wanted, "the time was over; run it again, and it goes on from here"


def assert_nothing_happened(figures: Figures) -> None:
    assert figures.wrong == []
    assert (figures.lost, figures.doubled, figures.stuck, figures.orphans) == (0, 0, 0, 0)
    assert figures.applications > 0
    assert figures.issued > 0


def _round(folder: Path, seed: int) -> Figures:
    file = DONE / f"round-{seed}.json"
    if file.exists():
        return _read(file)
    folder.mkdir()
    kind = "sqlite" if seed % ON_SQLITE == 0 else "postgresql"
    # Every third round stamps and archives, too: documents take longer then, and there are more points to die at.
    figures = _play(folder, Plan(seed=seed, kills=A_ROUND, stamps=seed % 3 == 0), kind)
    if not figures.wrong:
        _write(file, figures)
        shutil.rmtree(folder, ignore_errors=True)
    return figures


def _play(folder: Path, plan: Plan, kind: str) -> Figures:
    if kind == "sqlite":
        return live_and_die(folder, plan, None, reckon)
    with killable_postgres() as server:
        return live_and_die(folder, plan, server, reckon)


def _said(figures: Figures) -> str:
    by_target: Counter[str] = Counter()
    for (target, _), times in figures.kills.items():
        by_target[target] += times
    lines = [
        f"{figures.kills.total()} kills ({', '.join(f'{n} {what}' for what, n in sorted(by_target.items()))}),"
        f" {figures.sent} requests, {figures.applications} applications, {figures.issued} documents,"
        f" {figures.seconds:.0f} s",
        f"lost {figures.lost}, doubled {figures.doubled}, paid but stuck {figures.stuck}, orphan files after the sweep"
        f" {figures.orphans} (swept {figures.orphans_swept}), ended at start without a database {figures.gave_up}",
        *(f"  {target:10} {point:18} {n:5}" for (target, point), n in sorted(figures.kills.items())),
    ]
    return "\n".join([*lines, *figures.wrong])


def _write(file: Path, figures: Figures) -> None:
    kept = asdict(figures) | {"kills": [[*what, times] for what, times in figures.kills.items()]}
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps(kept), encoding="utf-8")
    unfinished.rename(file)


def _read(file: Path) -> Figures:
    kept = json.loads(file.read_text(encoding="utf-8"))
    kills = Counter({(target, point): times for target, point, times in kept.pop("kills")})
    return Figures(**kept, kills=kills)
