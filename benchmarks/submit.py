"""Applications submitted per second over HTTP, four in flight, on SQLite and on PostgreSQL.

Ours does all that `POST /v1/applications` does: token, fee with its trace, audit, counter, two jobs, stored answer for
retries. The baseline is a bare FastAPI handler with the same token check and one insert on the same kind of database.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from benchmarks.client import post, send_all
from benchmarks.measurement import Measurement, Run, percentile
from tests.issuance.office import INPUT, TYPE
from tests.storage.databases import postgres_server

IN_FLIGHT = 4
WARM_UP = 30
STOP_SECONDS = 20
_keys = itertools.count(1)


def measure(
    say: Callable[[str], None], *, turns: int = 5, requests: int = 400, warm_up: int = WARM_UP
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
        runs = []
        seconds: dict[str, list[float]] = {name: [] for name in services}
        before = {name: service.cpu_seconds() for name, service in services.items()}
        for turn in range(turns):
            rates = {}
            for name, service in services.items():
                rates[name], each = service.send(requests)
                seconds[name] += each
            runs.append(Run(ours=rates["ours"], baseline=rates["bare"]))
            say(f"submit-{kind} {turn + 1}/{turns}: {rates['ours']:.0f} against {rates['bare']:.0f} requests/s")
        cpu = {name: service.cpu_seconds() - before[name] for name, service in services.items()}
    latencies = {
        f"{name}_p{round(share * 100)}_ms": round(percentile(each, share) * 1000, 1)
        for name, each in (("ours", seconds["ours"]), ("baseline", seconds["bare"]))
        for share in (0.5, 0.99)
    }
    durable = "synchronous=FULL, one writer thread" if kind == "sqlite" else "fsync on, asyncpg"
    return Measurement(
        name=f"submit-{kind}",
        unit="requests/s",
        ours_is=f"POST /v1/applications, real application, {kind} ({durable}); one uvicorn process, 4 in flight",
        baseline_is="bare FastAPI handler: same token check, one insert, same kind of database",
        runs=runs,
        details={
            "requests_per_turn": requests,
            "in_flight": IN_FLIGHT,
            "background_worker": "off: jobs are enqueued and stay",
            # Of the serving processes alone: on a machine that does other work too this says more than the rates.
            "ours_cpu_ms": round(cpu["ours"] / (turns * requests) * 1000, 2),
            "baseline_cpu_ms": round(cpu["bare"] / (turns * requests) * 1000, 2),
            "cpu_ratio": round(cpu["bare"] / cpu["ours"], 3) if cpu["ours"] else None,
            **latencies,
        },
    )


class _Service:
    def __init__(self, process_id: int, port: int, tokens: list[str]) -> None:
        self._process_id = process_id
        self._port = port
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
                yield cls(process.pid, ready["port"], ready["tokens"])
            finally:
                process.terminate()
                process.wait(STOP_SECONDS)

    def send(self, count: int) -> tuple[float, list[float]]:
        """Requests per second, and the seconds of each; every request is a new application under a new key."""
        requests = [self._request() for _ in range(count)]
        wall, each = asyncio.run(send_all(self._port, requests, IN_FLIGHT))
        return count / wall, each

    def cpu_seconds(self) -> float:
        """That its process has used so far, its own and the kernel's for it (proc(5): utime and stime)."""
        fields = Path(f"/proc/{self._process_id}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _request(self) -> bytes:
        headers = {"Authorization": f"Bearer {next(self._tokens)}", "Idempotency-Key": f"bench-{next(_keys)}"}
        return post(self._port, "/v1/applications", headers, {"type": TYPE, "input": INPUT})


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    """An address for each of the two services."""
    if kind == "sqlite":
        yield {name: f"sqlite:///{folder / name}.sqlite" for name in ("ours", "bare")}
        return
    with postgres_server() as server:
        addresses = {name: server.create_database(migrated=False) for name in ("ours", "bare")}
        # The tests' server trades durability for speed; a measurement may not.
        engine = sa.create_engine(
            sa.make_url(addresses["bare"]).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET fsync = on")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        engine.dispose()
        yield addresses
