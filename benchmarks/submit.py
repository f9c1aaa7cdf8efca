"""Applications submitted per second over HTTP, four in flight, on SQLite and on PostgreSQL.

Ours does all that `POST /v1/applications` does: token, fee with its trace, audit, counter, two jobs, stored answer for
retries. The baseline is a bare FastAPI handler with the same token check and one insert on the same kind of database.
Beside it stands the same handler as a route of our own application: it tells what the house costs, and what the work.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from benchmarks.client import post, send_all
from benchmarks.measurement import Measurement, Run, percentile
from tests.issuance.office import INPUT, TYPE
from tests.storage.databases import postgres_server

IN_FLIGHT = 4
WARM_UP = 500
"""Until most of what alike requests share has been made, and each connection knows its statements."""
STOP_SECONDS = 20
SERVICES = ("ours", "housed", "bare")
MOST_COPIES = 5
_keys = itertools.count(1)


def measure(
    say: Callable[[str], None], *, turns: int = 8, requests: int = 250, warm_up: int = WARM_UP
) -> list[Measurement]:
    """Both databases, one after the other. Together with the warm-up a service gets less than a day's 9,999 codes."""
    return [measure_on(kind, say, turns=turns, requests=requests, warm_up=warm_up) for kind in ("sqlite", "postgresql")]


def measure_on(kind: str, say: Callable[[str], None], *, turns: int, requests: int, warm_up: int) -> Measurement:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="condau-bench-")))
        addresses = stack.enter_context(_databases(kind, folder))
        services = {
            name: stack.enter_context(_Service.running(name, addresses[name], folder / name)) for name in addresses
        }
        for service in services.values():
            service.send(warm_up)
        sent: dict[str, list[_Sent]] = {name: [] for name in services}
        for turn in range(turns):
            for name, service in services.items():
                sent[name].append(service.send(requests))
            rates = ", ".join(f"{name} {sent[name][-1].rate:.0f}" for name in SERVICES)
            say(f"submit-{kind} {turn + 1}/{turns}: {rates} requests/s")
    durable = "synchronous=FULL, one writer thread" if kind == "sqlite" else "fsync on, asyncpg"
    return Measurement(
        name=f"submit-{kind}",
        unit="requests/s",
        ours_is=f"POST /v1/applications, real application, {kind} ({durable}); one uvicorn process, 4 in flight",
        baseline_is="bare FastAPI handler: same token check, one insert, same kind of database",
        runs=[Run(ours=one.rate, baseline=other.rate) for one, other in zip(sent["ours"], sent["bare"], strict=True)],
        details={
            "requests_per_turn": requests,
            "in_flight": IN_FLIGHT,
            "background_worker": "off: jobs are enqueued and stay",
            "housed_is": "the bare handler as a route of our application: its layers, token dependency and strict body",
            "ratio_to_housed": round(
                median(one.rate / other.rate for one, other in zip(sent["ours"], sent["housed"], strict=True)), 3
            ),
            # Of the serving processes alone: on a machine that does other work too this says more than the rates, and
            # the turn that was disturbed least the most.
            "cpu_ratio": _cpu_ratio(sent["bare"], sent["ours"]),
            "cpu_ratio_to_housed": _cpu_ratio(sent["housed"], sent["ours"]),
            **{name: _figures(sent[name]) for name in SERVICES},
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """One turn of one service. rate: requests per second. seconds: of each. cpu_ms: of its process for each."""

    rate: float
    seconds: list[float]
    cpu_ms: float


def _quietest(turns: Sequence[_Sent]) -> float:
    return min(one.cpu_ms for one in turns)


def _cpu_ratio(baseline: Sequence[_Sent], ours: Sequence[_Sent]) -> float | None:
    """None for a few requests, which take no tick of the kernel's clock."""
    return round(_quietest(baseline) / _quietest(ours), 3) if _quietest(ours) else None


def _figures(turns: Sequence[_Sent]) -> dict[str, float]:
    seconds = [each for one in turns for each in one.seconds]
    return {
        "requests_per_second": round(median(one.rate for one in turns), 1),
        "p50_ms": round(percentile(seconds, 0.5) * 1000, 1),
        "p99_ms": round(percentile(seconds, 0.99) * 1000, 1),
        "cpu_ms": round(fmean(one.cpu_ms for one in turns), 2),
        "cpu_ms_quietest": round(_quietest(turns), 2),
    }


class _Service:
    def __init__(self, process_id: int, port: int, path: str, tokens: list[str]) -> None:
        self._process_id = process_id
        self._port = port
        self._path = path
        self._tokens = itertools.cycle(tokens)

    @classmethod
    @contextmanager
    def running(cls, kind: str, database_url: str, folder: Path) -> Iterator[_Service]:
        """Start it in a process of its own, and stop it."""
        folder.mkdir()
        command = [sys.executable, "-m", "benchmarks.served", kind, database_url, str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                ready = json.loads((process.stdout and process.stdout.readline()) or "{}")
                if not ready:
                    raise RuntimeError(f"the {kind} service did not start; its words are above")
                yield cls(process.pid, **ready)
            finally:
                process.terminate()
                process.wait(STOP_SECONDS)

    def send(self, count: int) -> _Sent:
        """Every request is a new application under a new key."""
        requests = [self._request() for _ in range(count)]
        before = self.cpu_seconds()
        wall, each = asyncio.run(send_all(self._port, requests, IN_FLIGHT))
        return _Sent(rate=count / wall, seconds=each, cpu_ms=(self.cpu_seconds() - before) / count * 1000)

    def cpu_seconds(self) -> float:
        """That its process has used so far, its own and the kernel's for it (proc(5): utime and stime)."""
        fields = Path(f"/proc/{self._process_id}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _request(self) -> bytes:
        number = next(_keys)
        headers = {"Authorization": f"Bearer {next(self._tokens)}", "Idempotency-Key": f"bench-{number}"}
        asked = INPUT | {"copies": number % MOST_COPIES + 1}
        return post(self._port, self._path, headers, {"type": TYPE, "input": asked})


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    """An address for each of the services."""
    if kind == "sqlite":
        yield {name: f"sqlite:///{folder / name}.sqlite" for name in SERVICES}
        return
    with postgres_server() as server:
        addresses = {name: server.create_database(migrated=False) for name in SERVICES}
        # The tests' server trades durability for speed; a measurement may not.
        engine = sa.create_engine(
            sa.make_url(addresses["bare"]).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET fsync = on")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        engine.dispose()
        yield addresses
