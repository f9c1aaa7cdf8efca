"""One installation under load whose processes and whose database server are killed, and started again, many times."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from os import kill
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from condau.clock import now
from condau.demo import demo_settings
from condau.initialise import initialise
from condau.running import address_of, listen, running
from condau.settings import (
    ClientSettings,
    LimitSettings,
    ScheduleSettings,
    Settings,
    TimestampSettings,
    WebhookSettings,
    WorkerSettings,
)
from identity.officials_register import RegisteredOfficial
from simulators.outside_world import create_outside_world
from simulators.people import load_people
from simulators.timestamp_authority import POLICY, TimestampAuthority
from tests.campaign.kills.announcer import Announcer
from tests.campaign.kills.announcer import secret_file as notice_secret_file
from tests.campaign.kills.batches import prepared_batches
from tests.campaign.kills.crowd import OFFICIAL
from tests.campaign.kills.deaths import OFTEN, POINTS, SELDOM, Doom
from tests.campaign.kills.hooks import FICKLE, LOYAL, PATIENCE_SECONDS, Hooks
from tests.campaign.kills.hooks import secret_file as webhook_secret_file
from tests.campaign.kills.killable_postgres import KillablePostgres
from tests.campaign.kills.nursery import Nursery
from tests.campaign.kills.opened import opened
from tests.campaign.kills.serve_and_die import KEYS_AWAY, ready_file
from tests.campaign.kills.weather import Weather

_LOOK_SECONDS = 0.01
_START_SECONDS = 30
HOOKS = "/hooks"
_AT_START, _STARTING_SECONDS = 0.1, 1.0
_TO_A_POINT = 4
"""So many lives is a process given to come to the point at which it is to die; else it dies wherever it is."""
_PLENTY = 100_000_000
_ENDS_OF_A_BATCH = (0, 1, 2)
"""Of `condau issue`: all done, something left, nothing done since keys or database were away."""

_TOO_MANY = 10
"""So many processes that end by themselves, and there is nothing left to learn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """kills: how many. people: who ask at once. named: the share of processes that are given a point to die at.

    has_token: whether the keys of documents are in a token (PKCS#11).
    batches, lines: how many are issued one after the other, and how many lines each of them has.
    patience_seconds: how long whatever is begun may take to come to its end once nothing is killed any more.
    """

    seed: int
    kills: int
    people: int = 12
    apis: int = 2
    workers: int = 3
    postmaster_share: float = 0.025
    named: float = 0.75
    longest_life_seconds: float = 3.0
    stamps: bool = False
    has_token: bool = False
    batches: int = 4
    lines: int = 8
    patience_seconds: float = 120.0


@dataclass
class _Slot:
    """A process's place; it is born again wherever it dies."""

    kind: str
    settings: Settings
    number: int = 0
    doom: Doom = field(default_factory=Doom)
    dies_at: float = float("inf")
    killed: str = ""
    is_ready: bool = False


class Town:
    """server: None on SQLite, where one process does everything."""

    def __init__(self, folder: Path, outside_url: str, plan: Plan, server: KillablePostgres | None) -> None:
        self.plan, self._server = plan, server
        self._chance = random.Random(plan.seed)
        self.settings = _settings(folder, outside_url, "" if server is None else server.url, plan)
        initialise(self.settings)
        _register_official(self.settings, outside_url)
        self.batches = prepared_batches(self.settings, folder, plan.batches, plan.lines)
        """Files that are not wholly issued yet; the first one is under way."""
        self.batches_again = 0
        kinds = ["service"] if server is None else ["api"] * plan.apis + ["worker"] * plan.workers
        self._slots = [_Slot(kind, self._own_settings(kind, number)) for number, kind in enumerate(kinds)]
        self.addresses = [f"http://127.0.0.1:{one.settings.port}" for one in self._slots if one.kind != "worker"]
        if self.batches:
            self._slots.append(_Slot("batch", self._own_settings("batch", len(kinds))))
        self.kills: Counter[tuple[str, str]] = Counter()
        self.failed: list[str] = []
        self.gave_up = 0
        self._server_is_new_until = 0.0
        self._nursery = Nursery(self.settings, folder / "token" if plan.has_token else None)

    def _own_settings(self, kind: str, number: int) -> Settings:
        free = listen(0)
        port = free.getsockname()[1]
        free.close()
        worker = WorkerSettings(
            inside_service=kind == "service", executor_id=f"slot-{number}", sweep_seconds=1, patience_seconds=2
        )
        return self.settings.model_copy(update={"port": port, "worker": worker})

    def let_die(self, meanwhile: Callable[[], None]) -> None:
        """Until as many were killed as planned."""
        for slot in self._slots:
            self._bear(slot, doomed=True)
        while self.kills.total() < self.plan.kills and len(self.failed) < _TOO_MANY:
            self._look(doomed=True)
            meanwhile()
            postmasters = self.kills["postmaster", "at random"]
            if self._server is not None and postmasters < self.kills.total() * self.plan.postmaster_share:
                self._server.kill_and_start()
                self._server_is_new_until = time.monotonic() + _START_SECONDS
                self.kills["postmaster", "at random"] += 1

    def let_live(self) -> None:
        """Nobody is killed any more; whoever is doomed is born again without."""
        for slot in self._slots:
            if slot.doom.point:
                kill(slot.number, signal.SIGKILL)
                slot.killed = "at random"
            slot.dies_at = float("inf")

    def look(self) -> None:
        self._look(doomed=False)

    def close(self) -> None:
        """All of them die; when this returns nobody writes any more."""
        living: set[int] = set()
        for slot in self._slots:
            # Who has died by himself meanwhile is told of already, or will be.
            with suppress(ProcessLookupError):
                kill(slot.number, signal.SIGKILL)
                living.add(slot.number)
        while living:
            living -= {number for number, _ in self._nursery.ended()}
            time.sleep(_LOOK_SECONDS)
        self._nursery.close()

    def _look(self, *, doomed: bool) -> None:
        time.sleep(_LOOK_SECONDS)
        by_number = {slot.number: slot for slot in self._slots}
        for number, code in self._nursery.ended():
            slot = by_number[number]
            if slot.kind == "batch" and code == 0 and not self._follows(slot):
                continue
            if code == -signal.SIGKILL:
                self.kills[slot.kind, slot.killed or slot.doom.point] += 1
            elif code == 1 and time.monotonic() < self._server_is_new_until:
                self.gave_up += 1  # the database was away when it started: whoever looks after it starts it again
            elif slot.kind == "batch" and code in _ENDS_OF_A_BATCH:
                self.batches_again += code != 0  # its operator starts it again
            else:
                self.failed.append(f"{slot.kind} ended by itself with {code}")
            self._bear(slot, doomed=doomed)
        for slot in self._slots:
            if doomed and not slot.is_ready and ready_file(slot.settings, slot.number).exists():
                slot.is_ready = True
                life = self.plan.longest_life_seconds
                life = _TO_A_POINT * life if slot.doom.point else self._chance.uniform(0, life)
                slot.dies_at = min(slot.dies_at, time.monotonic() + life)
            if time.monotonic() > slot.dies_at and not slot.killed:
                slot.killed = "at random"
                kill(slot.number, signal.SIGKILL)

    def _follows(self, slot: _Slot) -> bool:
        """A batch is through: whether there is another one; else nobody issues any more."""
        self.batches.pop(0)
        if not self.batches:
            self._slots.remove(slot)
        return bool(self.batches)

    def _bear(self, slot: _Slot, *, doomed: bool) -> None:
        slot.doom, slot.dies_at, slot.killed, slot.is_ready = Doom(), float("inf"), "", False
        if doomed:
            slot.doom = self._draw(slot.kind)
            if self._chance.random() < _AT_START:
                slot.dies_at = time.monotonic() + self._chance.uniform(0, _STARTING_SECONDS)
        file = self.batches[0] if slot.kind == "batch" else None
        slot.number = self._nursery.start(slot.kind, slot.settings, slot.doom, file)

    def _draw(self, kind: str) -> Doom:
        if self._chance.random() > self.plan.named:
            return Doom()
        point = self._chance.choice(POINTS[kind])
        return Doom(point, self._chance.randint(1, OFTEN.get(point, SELDOM)))


@dataclass(frozen=True, slots=True)
class Outside:
    """url: of the outside world, which outlives all that is killed."""

    url: str
    weather: Weather
    hooks: Hooks
    announcer: Announcer


@contextmanager
def outside_world(folder: Path, seed: int) -> Iterator[Outside]:
    socket = listen(0)
    url = address_of(socket)
    authority = TimestampAuthority.kept_in(folder / "authority.pem", now())
    (folder / "timestamp-root.pem").write_bytes(authority.root_pem())
    hooks, announcer = Hooks(folder, seed), Announcer(folder, now, seed)
    world = create_outside_world(url, now, demo=True, timestamps=authority, keys_folder=folder, notices=announcer)
    weather = Weather(
        Starlette(routes=[Mount(HOOKS, hooks.app), Mount("/", world)]), seed, folder / "state" / KEYS_AWAY
    )
    with running(weather, socket):
        yield Outside(url, weather, hooks, announcer)


class Looking:
    """Keeps the processes alive from a thread of its own while somebody waits for them."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Looking:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.is_set():
            self.town.look()


def _settings(folder: Path, outside_url: str, database_url: str, plan: Plan) -> Settings:
    stamps = TimestampSettings(
        url=f"{outside_url}/timestamps/", roots_file=folder / "timestamp-root.pem", policy=POLICY
    )
    demo = demo_settings(
        folder, 8000, outside_url, database_url, stamps if plan.stamps else None, notice_secret_file(folder)
    )
    limits = LimitSettings(requests_per_person_per_minute=_PLENTY, refused_evidence_per_minute=_PLENTY)
    clients = tuple(_told(client, folder, outside_url) for client in demo.clients)
    return demo.model_copy(
        update={
            "pdf_key_type": "p256",  # thirty times as fast as RSA, and no other code
            "limits": limits,
            "clients": clients,
            "schedules": ScheduleSettings(deadlines_seconds=2),
            "webhooks": WebhookSettings(timeout_seconds=PATIENCE_SECONDS),
        }
    )


def _told(client: ClientSettings, folder: Path, outside_url: str) -> ClientSettings:
    """As many requests as it likes; and events, where a receiver waits for them."""
    told: dict[str, object] = {"requests_per_minute": _PLENTY}
    if client.client_id in (LOYAL, FICKLE):
        told["webhook_url"] = f"{outside_url}{HOOKS}/{client.client_id}"
        told["webhook_secret_file"] = webhook_secret_file(folder, client.client_id)
    return client.model_copy(update=told)


def _register_official(settings: Settings, outside_url: str) -> None:
    """One, who has both roles: so every case is hers to settle."""
    (official,) = (one for one in load_people().officials if one.username == OFFICIAL)
    registered = RegisteredOfficial(
        subject_key=f"{outside_url}/officials|{official.subject}",
        unit=official.unit,
        roles=frozenset({"caseworker", "head"}),
        full_name=official.full_name,
    )
    with opened(settings) as database:
        database.run_blocking(lambda records: records.officials.put(registered, now()))
