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
from tests.campaign.kills.killable_postgres import KillablePostgres, killable_postgres
from tests.campaign.kills.nursery import OUT
from tests.campaign.kills.reckon import reckon, wait_for_rest
from tests.campaign.kills.told import dead_letters, told, wait_for
from tests.campaign.kills.town import Figures, Looking, Plan, Town, outside_world
from tests.storage.databases import room_for_a_server

DONE = Path(__file__).parents[3] / "build" / "kills"
A_ROUND = 100
_LOAD = 2
"""Another number for another load: rounds of an earlier one say nothing about this one."""

ON_SQLITE = 5
"""Every so-many-eth round is one of a single process on SQLite."""


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


def said(figures: Figures) -> str:
    by_target: Counter[str] = Counter()
    for (target, _), times in figures.kills.items():
        by_target[target] += times
    lines = [
        f"{figures.kills.total()} kills ({', '.join(f'{n} {what}' for what, n in sorted(by_target.items()))}),"
        f" {figures.sent} requests, {figures.applications} applications, {figures.issued} documents,"
        f" {figures.seconds:.0f} s",
        f"lost {figures.lost}, doubled {figures.doubled}, paid but stuck {figures.stuck}, orphan files after the sweep"
        f" {figures.orphans} (swept {figures.orphans_swept}), ended at start without a database {figures.gave_up},"
        f" outages of the outside world {figures.outages}",
        f"parcels {figures.parcels}, payment notices {figures.payment_notices}, lines of batches {figures.batch_lines}"
        f" (started again without a kill {figures.batches_again}), events {figures.events} (told again"
        f" {figures.told_again}, dead until replayed {figures.dead})",
        *(f"  {target:10} {point:18} {n:5}" for (target, point), n in sorted(figures.kills.items())),
    ]
    return "\n".join([*lines, *figures.wrong])


def _round(seed: int) -> Figures:
    file = DONE / f"load-{_LOAD}-round-{seed}.json"
    if file.exists():
        return _read(file)
    kind = "sqlite" if seed % ON_SQLITE == 0 else "postgresql"
    with place() as folder:
        # Every third round stamps and archives, too: documents take longer then, and there are more points to die at.
        figures = play(folder, Plan(seed=seed, kills=A_ROUND, stamps=seed % 3 == 0), kind)
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
