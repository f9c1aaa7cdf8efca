"""The real `condau serve` and `condau worker`, watched at every named point, one of which kills them.

The product knows nothing of it: what is watched is put in here, around its own parts.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import threading
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import fastapi._compat.v2
import httpx
import sqlalchemy as sa
import typer
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from fastapi import FastAPI
from sqlalchemy.engine.default import DefaultDialect

import condau.assembly
import condau.batches.cli
import condau.initialise
import condau.installation_secret
import condau.proof_nonces
import condau.serve
import condau.webhooks
import storage.durable_files
from api.app import create_app
from condau.assembly import Assembly
from condau.settings import Settings
from issuance.batches import issue_block as block
from issuance.delivery import send_notices
from issuance.delivery.send_notices import SendingRules
from issuance.fees.policy import SHIPPED_POLICIES
from issuance.jobs import JobHandler, JobKind, StepRunner
from signing.errors import KeyUnavailable
from signing.keys import Keys, SigningKey
from storage.worker import Worker
from tests.campaign.kills.deaths import Doom, Passed
from tests.campaign.kills.hooks import PATIENCE_SECONDS
from tests.type_adapters import MadeOnce

SIGNED = "signed.log"
"""In the state folder: each use of a document key, written down before it signs."""

KEYS_AWAY = "keys-away"
"""In the state folder: while it is there, no key of documents answers."""

_POLLING_SECONDS = 0.2
"""Many workers share few cores here, and each of them would rather look than work."""

_A_MOMENT = timedelta(seconds=0.3)

_job = threading.local()


def ready_file(settings: Settings, number: int) -> Path:
    """There once the process of this number has begun to work."""
    return settings.state_folder / f"ready-{number}"


class _StretchedOnce:
    """Scrypt, whose price every new process would pay for the same secrets."""

    def __init__(self, **how: Any) -> None:
        self._how = tuple(sorted(how.items()))

    def derive(self, key_material: bytes) -> bytes:
        return _stretch(self._how, key_material)


@functools.cache
def _stretch(how: tuple[tuple[str, Any], ...], key_material: bytes) -> bytes:
    return Scrypt(**dict(how)).derive(key_material)


def warm_up(settings: Settings) -> None:
    """What every process of the installation computes alike is computed once, before they are forked."""
    for deriving in (condau.installation_secret, condau.proof_nonces):
        deriving.Scrypt = _StretchedOnce  # type: ignore[attr-defined] # imported there by name
    httpx._transports.default.create_ssl_context = functools.cache(httpx._transports.default.create_ssl_context)
    condau.assembly.load_catalogue = functools.cache(condau.assembly.load_catalogue)
    for reading in (condau.assembly, condau.initialise):
        reading.read_shipped = functools.cache(reading.read_shipped)  # type: ignore[attr-defined] # as above
        reading.read_shipped(SHIPPED_POLICIES, *settings.policy_folders)  # type: ignore[attr-defined] # as above
    fastapi._compat.v2.TypeAdapter = MadeOnce()  # type: ignore[attr-defined,assignment] # what routes are made of
    assembly = condau.assembly.assemble(settings)
    asyncio.run(_ask_once(create_app(assembly.services)))
    assembly.database.dispose_blocking()


async def _ask_once(app: FastAPI) -> None:
    """The first request makes the routes."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        (await client.get("/livez")).raise_for_status()


def run(kind: str, settings: Settings, doom: Doom, file: Path | None = None) -> int:
    """Until it is killed, by itself or by somebody else. kind: "api", "worker" or, both in one, "service"; or "batch",
    which ends with its file: the exit code."""
    reached = Passed(doom)
    _watch_transactions(reached)
    _watch_files(reached)
    _hasten_notices()

    def ready() -> None:
        ready_file(settings, os.getpid()).touch()

    assemble, create_service = condau.serve.assemble, condau.serve.create_service
    condau.serve.assemble = lambda read: _watched(assemble(read), reached)  # type: ignore[attr-defined] # by name
    condau.serve.create_service = lambda assembly: _Watched(create_service(assembly), reached, ready)  # type: ignore[assignment,return-value] # any ASGI app serves
    logging.basicConfig(filename=settings.state_folder / "log", level=logging.WARNING)
    if kind == "batch" and file is not None:
        return _issue_batch(settings, file, reached, ready)
    if kind == "worker":
        start = Worker.start

        def starting(self: Worker) -> None:
            start(self)
            ready()

        Worker.start = starting  # type: ignore[method-assign] # of this process alone
        condau.serve.work(settings)
    else:
        condau.serve.serve(settings)
    return 0


def _issue_batch(settings: Settings, file: Path, reached: Callable[[str], None], ready: Callable[[], None]) -> int:
    """`condau issue --batch FILE`, as its operator starts it again whenever it has ended by anything but 0."""
    assemble, produce, issue = condau.assembly.assemble, block.produce, block.issue

    def assembling(read: Settings) -> Assembly:
        assembly = _watched(assemble(read), reached)
        ready()
        return assembly

    def producing(workshop: Any, certificate: Any) -> Any:
        _job.now = (JobKind.ISSUE_RESULT.value, certificate.application_id)
        return produce(workshop, certificate)

    def issuing(workshop: Any, kind: Any, application_id: UUID, step: StepRunner) -> None:
        _job.now = (JobKind.ISSUE_RESULT.value, application_id)
        issue(workshop, kind, application_id, step)

    condau.assembly.assemble = assembling
    block.produce, block.issue = producing, issuing  # type: ignore[attr-defined] # imported there by name
    condau.batches.cli.settings_of = lambda _: settings  # type: ignore[attr-defined] # as above
    try:
        with condau.batches.cli._refusals("en"):
            condau.batches.cli._issue(None, file, None, 1, None, "en")
    except typer.Exit as ended:
        return ended.exit_code
    return 0


def _hasten_notices() -> None:
    """Events are tried again in moments, and whoever died while sending is relieved as soon."""
    send_notices._HELD_FOR = 3 * timedelta(seconds=PATIENCE_SECONDS)
    condau.webhooks.SendingRules = functools.partial(  # type: ignore[attr-defined] # imported there by name
        SendingRules, first_pause=_A_MOMENT, longest_pause=5 * _A_MOMENT, longest_rest=2 * _A_MOMENT
    )


class _Watched:
    """The ASGI application, with the moment at which a request came and the one before its answer goes."""

    def __init__(self, app: Any, reached: Callable[[str], None], ready: Callable[[], None]) -> None:
        self._app, self._reached, self._ready = app, reached, ready

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, self._told(send))
            return

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._reached("answer")
            await send(message)

        self._reached("request")
        await self._app(scope, receive, sending)

    def _told(self, send: Any) -> Any:
        async def telling(message: MutableMapping[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._ready()

        return telling


class _LoggedKey:
    def __init__(self, key: SigningKey, log: Callable[[str], None], away: Path) -> None:
        self._key, self._log, self._away = key, log, away

    def __getattr__(self, name: str) -> Any:
        return getattr(self._key, name)

    def sign(self, data: bytes) -> bytes:
        if self._away.exists():
            raise KeyUnavailable("away, for a while")
        self._log(self._key.key_id)
        return self._key.sign(data)


class _LoggedKeys:
    """The keys of documents; what they sign is told apart by the job in which they do."""

    def __init__(self, keys: Keys, file: Path) -> None:
        self._keys, self._away = keys, file.with_name(KEYS_AWAY)
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)

    def by_id(self, key_id: str) -> SigningKey:
        return _LoggedKey(self._keys.by_id(key_id), self._write, self._away)

    def active(self, *what: Any) -> SigningKey:
        return _LoggedKey(self._keys.active(*what), self._write, self._away)

    def trust_list(self, at: datetime) -> Any:
        return self._keys.trust_list(at)

    def _write(self, key_id: str) -> None:
        kind, concerned = getattr(_job, "now", ("outside", "a job"))
        os.write(self._file, f"{kind} {concerned} {key_id}\n".encode())


def _watched(assembly: Assembly, reached: Callable[[str], None]) -> Assembly:
    workshop, worker = assembly.workshop, assembly.worker
    # The assembly's handlers have this very workshop, and no other could be given to them.
    object.__setattr__(workshop, "reached", reached)
    object.__setattr__(workshop, "keys", _LoggedKeys(workshop.keys, assembly.settings.state_folder / SIGNED))
    worker._options = replace(worker._options, polling_interval_seconds=_POLLING_SECONDS)
    worker._handlers = {kind: _in_steps(kind, handler, reached) for kind, handler in worker._handlers.items()}
    return assembly


def _in_steps(kind: JobKind, handler: JobHandler, reached: Callable[[str], None]) -> JobHandler:
    def work(concerned: UUID, step: StepRunner) -> None:
        def watched(name: str, act: Callable[[], Any]) -> Any:
            def doing() -> Any:
                _job.now = (kind.value, concerned)
                return act()

            reached(f"before {name}")
            result = step(name, doing)
            reached(f"after {name}")
            return result

        handler(concerned, watched)

    return work


def _watch_transactions(reached: Callable[[str], None]) -> None:
    sa.event.listen(sa.Engine, "begin", lambda _: reached("begun"))
    sa.event.listen(sa.Engine, "before_cursor_execute", lambda *_: reached("statement"))
    sa.event.listen(sa.Engine, "commit", lambda _: reached("commit"))
    commit = DefaultDialect.do_commit

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        commit(self, connection)
        reached("committed")

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign] # the moment after, for which there is no event


def _watch_files(reached: Callable[[str], None]) -> None:
    write, sync = storage.durable_files._write, storage.durable_files._sync_folder

    def writing(path: Path, data: bytes) -> None:
        write(path, data)
        reached("file_written")

    def syncing(folder: Path) -> None:
        reached("file_renamed")
        sync(folder)

    storage.durable_files._write, storage.durable_files._sync_folder = writing, syncing
