"""Rounds of kills, each on a new installation, and what they came to: `python -m tests.campaign.kills`.

KILLS says how many (2,000), KILL_MINUTES how long at most (40). Rounds that are done lie in build/kills and are not
played again, so that whoever is interrupted goes on where he was.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.campaign.kills.crowd import Crowd
from tests.campaign.kills.figures import Figures, said
from tests.campaign.kills.killable_postgres import KillablePostgres, killable_postgres
from tests.campaign.kills.nursery import OUT
from tests.campaign.kills.reckon import reckon, wait_for_rest
from tests.campaign.kills.told import dead_letters, told, wait_for
from tests.campaign.kills.town import Looking, Plan, Town, outside_world
from tests.storage.databases import room_for_a_server

DONE = Path(__file__).parents[3] / "build" / "kills"
A_ROUND = 100
_LOAD = 3
"""Another number for another load: rounds of an earlier one say nothing about this one."""

ON_SQLITE, STAMPED, IN_A_TOKEN = 5, 3, 4
"""Every so-many-eth round is one of a single process on SQLite; stamps and archives, too, so that documents take longer
and there are more points to die at; has the keys of documents in a token."""


def many() -> tuple[Figures, bool]:
    """What all rounds came to, and whether there were enough of them in the time."""
    wanted, minutes = int(os.environ.get("KILLS", "2000")), float(os.environ.get("KILL_MINUTES", "40"))
    end = time.monotonic() + 60 * minutes
    DONE.mkdir(parents=True, exist_ok=True)
    figures, seed = Figures(), 0
    while figures.kills.total() < wanted and time.monotonic() < end:
        seed += 1
        figures += _round(seed)
        print(f"after round {seed}:\n{said(figures)}", flush=True)
    return figures, figures.kills.total() >= wanted


def play(folder: Path, plan: Plan, kind: str) -> Figures:
    """One round. kind: of the database."""
    if kind == "sqlite":
        return _live_and_die(folder, plan, None)
    with killable_postgres() as server:
        return _live_and_die(folder, plan, server)


def _live_and_die(folder: Path, plan: Plan, server: KillablePostgres | None) -> Figures:
    """Load and kills, then quiet until all is done, then the end of all processes, then the reckoning."""
    began = time.monotonic()
    with outside_world(folder, plan.seed) as outside:
        town = Town(folder, outside.url, plan, server)
        outside.announcer.addresses = town.addresses
        try:
            crowd = Crowd(outside.url, town.addresses, plan.seed)
            crowd.begin(plan.people)
            town.let_die(outside.weather.change)
            town.let_live()
            outside.weather.clear()
            outside.hooks.calm_down()
            with Looking(town):
                # Where processes end by themselves nobody needs to be waited for.
                patience = 0.0 if town.failed else plan.patience_seconds
                crowd.finish(patience)
                restless = [*wait_for(town, outside, patience), *wait_for_rest(town.settings)]
                dead = dead_letters(town.settings, outside.hooks)
                restless += wait_for_rest(town.settings)
        finally:
            town.close()
        figures = reckon(town.settings, crowd, plan)
        figures += told(town.settings, outside, dead)
    figures.kills, figures.sent, figures.gave_up = town.kills, crowd.sent, town.gave_up
    figures.outages, figures.batches_again = outside.weather.outages.total(), town.batches_again
    figures.wrong += [*restless, *crowd.wrong, *town.failed]
    if town.failed:
        figures.wrong.append((town.settings.state_folder / OUT).read_text(encoding="utf-8")[-2_000:])
    figures.seconds = time.monotonic() - began
    return figures


@contextmanager
def place() -> Iterator[Path]:
    """In memory where there is room: what dies is a process, and no machine."""
    made = Path(tempfile.mkdtemp(prefix="condau-kills-", dir=room_for_a_server()))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _round(seed: int) -> Figures:
    file = DONE / f"load-{_LOAD}-round-{seed}.json"
    if file.exists():
        return _read(file)
    kind = "sqlite" if seed % ON_SQLITE == 0 else "postgresql"
    with place() as folder:
        plan = Plan(seed=seed, kills=A_ROUND, stamps=seed % STAMPED == 0, has_token=seed % IN_A_TOKEN == 0)
        figures = play(folder, plan, kind)
        if figures.wrong:
            shutil.copytree(folder, DONE / f"broken-{seed}", dirs_exist_ok=True)
        else:
            _write(file, figures)
    return figures


def _write(file: Path, figures: Figures) -> None:
    kept = asdict(figures) | {"kills": [[*what, times] for what, times in figures.kills.items()]}
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps(kept), encoding="utf-8")
    unfinished.rename(file)


def _read(file: Path) -> Figures:
    kept = json.loads(file.read_text(encoding="utf-8"))
    kills = Counter({(target, point): times for target, point, times in kept.pop("kills")})
    return Figures(**kept, kills=kills)
