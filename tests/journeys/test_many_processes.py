"""PostgreSQL, two API processes and two workers, as they are deployed, without the containers around them."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import sqlalchemy as sa
from rich.console import Console

from condau.assembly import assemble
from condau.clock import now
from condau.demo import ISSUER_NAMES
from condau.initialise import initialise
from condau.running import address_of, listen, running
from condau.scenes import play
from condau.seed import seed_officials, seed_overdue
from condau.story import Story
from simulators.identity_provider.clients import pages_clients
from simulators.outside_world import create_outside_world
from simulators.people import load_people
from simulators.sign_in_links import SignInLinks
from simulators.timestamp_authority import TimestampAuthority
from tests.condau.test_metrics import free_port
from tests.journeys import service_process
from tests.processes import Forked
from tests.storage.workers import wait_until

LINK = re.compile(r'"(?:https?://|/)[^"]*"')
APIS, WORKERS = ("api-1", "api-2"), ("worker-1", "worker-2")


class Spread(httpx.BaseTransport):
    """What a proxy does: one request here, the next one there."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = itertools.cycle(ports)
        self._inner = httpx.HTTPTransport()
        self.told: list[str] = []
        """What is told to everybody on the way: addresses, headers of answers, and refusals whole."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(port=next(self._ports))
        response = self._inner.handle_request(request)
        self.told += [unquote(str(request.url)), *(unquote(value) for value in response.headers.values())]
        response.read()
        if response.is_error:
            self.told.append(response.text)
        self.told += LINK.findall(response.text) if "json" in response.headers.get("content-type", "") else []
        return response

    def close(self) -> None:
        self._inner.close()


class Deployed:
    """The running processes by their names, and the port of each."""

    def __init__(self, folder: Path, outside_url: str, database_url: str) -> None:
        self.folder, self.outside_url, self.database_url = folder, outside_url, database_url
        self.ports = {name: free_port() for name in (*APIS, *WORKERS)}
        self.processes: dict[str, Forked] = {}

    def start(self, name: str) -> None:
        what = "serve" if name in APIS else "work"
        self.processes[name] = Forked(
            service_process.main,
            what,
            str(self.folder),
            self.outside_url,
            self.database_url,
            str(self.ports[APIS[0]]),
            str(self.ports[name]),
            name,
        )

    def get(self, name: str, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.ports[name]}{path}", trust_env=False, timeout=10)

    def is_up(self, name: str) -> bool:
        try:
            return self.get(name, "/readyz" if name in APIS else "/metrics").status_code == 200
        except httpx.HTTPError:
            return False

    def logged(self) -> str:
        return "".join((self.folder / f"{name}.log").read_text(encoding="utf-8") for name in self.ports)


@contextmanager
def deployed(folder: Path, database_url: str) -> Iterator[Deployed]:
    outside = listen(0)
    outside_url = address_of(outside)
    authority = TimestampAuthority.kept_in(folder / "timestamp-authority.pem", now())
    (folder / "timestamp-root.pem").write_bytes(authority.root_pem())
    here = Deployed(folder, outside_url, database_url)
    settings = service_process.settings_of(str(folder), outside_url, database_url, here.ports[APIS[0]])
    initialise(settings)
    links, pages = SignInLinks(outside_url), pages_clients(settings.public_url, ISSUER_NAMES)
    world = create_outside_world(
        outside_url, now, demo=True, links=links, pages=pages, timestamps=authority, keys_folder=folder
    )
    with running(world, outside), ExitStack() as stack:
        for name in here.ports:
            here.start(name)
            stack.callback(lambda name=name: here.processes[name].close())
        assembly = assemble(settings)
        seed_officials(assembly, outside_url)
        seed_overdue(assembly, outside_url)
        assembly.registers.close()
        assembly.database.dispose_blocking()
        try:
            wait_until(lambda: all(here.is_up(name) for name in here.ports), 240)
        except AssertionError:
            raise AssertionError(f"not all came up: {here.logged()[-3000:]}") from None
        yield here


def stored_by_jobs(database_url: str) -> str:
    engine = sa.create_engine(sa.make_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        found = "\n".join(
            str(tuple(row))
            for table in sa.inspect(engine).get_table_names("dbos")
            for row in connection.execute(sa.text(f'SELECT * FROM dbos."{table}"'))
        )
    engine.dispose()
    return found


def personal() -> set[str]:
    """What must be nowhere: names and numbers of everybody who plays."""
    people = load_people()
    known: list[Any] = [*people.citizens, *people.officials, *people.children]
    found = {word for one in known for word in (one.full_name, one.full_name.upper(), getattr(one, "personal_id", ""))}
    return {word for word in found if word}


def test_the_story_over_many_processes(postgresql_url: str, tmp_path: Path) -> None:
    with deployed(tmp_path, postgresql_url) as here:
        ports = [here.ports[name] for name in APIS]
        spread = Spread(ports)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{ports[0]}", transport=spread, timeout=30, trust_env=False
        ) as client:
            play(Story(client, here.outside_url, tmp_path, Console(quiet=True)))
        figures = {name: here.get(name, "/metrics").text for name in WORKERS}
        assert all("condau_workers 2.0" in text for text in figures.values())
        assert here.get(APIS[0], "/readyz").json()["watch"]["workers"]

        # Each request and job has its line, and none names anybody. One worker may have been quick enough for all.
        lines = [json.loads(line) for line in here.logged().splitlines()]
        requests = [one for one in lines if one.get("event") == "request"]
        jobs = [one for one in lines if one.get("event") == "job"]
        assert set() < {one["worker"] for one in jobs} <= set(WORKERS)
        assert len({one["request_id"] for one in requests}) == len(requests) > 40
        done = [one["job"] for one in jobs if one["outcome"] == "done"]
        assert len(done) == len(set(done)), "a job was done twice"
        assert len(spread.told) > 300
        everything = "".join(spread.told) + here.logged() + "".join(figures.values()) + stored_by_jobs(postgresql_url)
        assert [word for word in personal() if word in everything] == []

        # Who is asked to stop says so while it answers, then goes; the other one serves on.
        os.kill(here.processes["api-1"].pid, signal.SIGTERM)
        wait_until(lambda: here.get("api-1", "/readyz").status_code == 503)
        assert here.get("api-1", "/readyz").json()["checks"]["serving"] is False
        assert here.get("api-1", "/livez").status_code == 200
        assert here.get("api-2", "/readyz").status_code == 200
        os.kill(here.processes["worker-1"].pid, signal.SIGTERM)
        assert here.processes["worker-1"].wait() == 0
        assert here.processes["api-1"].wait() in (0, -signal.SIGTERM)
        assert here.get("api-2", "/readyz").status_code == 200

        with pytest.raises(httpx.HTTPError):
            here.get("api-1", "/livez")
