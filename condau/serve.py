"""The two long-running programs: the service, and a worker of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from condau.assembly import Assembly, assemble
from condau.draining_server import DrainingServer
from condau.initialise import initialise
from condau.logs import write_logs
from condau.serve_metrics import metrics_served
from condau.settings import Settings

logger = logging.getLogger(__name__)


def create_service(assembly: Assembly) -> FastAPI:
    """The ASGI app; its lifespan runs the worker too, where the settings say so or SQLite leaves no other way."""
    settings = assembly.settings

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        works = settings.worker.inside_service or not assembly.database.is_postgresql
        with metrics_served(settings.metrics_host, settings.metrics_port, assembly.services.metrics.registry):
            await asyncio.to_thread(assembly.database.warm_up)
            if works:
                await asyncio.to_thread(assembly.worker.start)
            try:
                yield
            finally:
                if works:
                    await asyncio.to_thread(assembly.worker.stop)
                await app.state.shared.security_events.close()
                await assembly.close()

    quieten()
    return create_app(assembly.services, lifespan=lifespan)


def serve(settings: Settings, say_first_run: Callable[[Settings], None] | None = None) -> None:
    """Serve until a signal; running requests and jobs end first. say_first_run: called when the database is there."""
    write_logs(settings.log_format)
    initialise(settings)
    if say_first_run is not None:
        say_first_run(settings)
    assembly = assemble(settings)
    app = create_service(assembly)
    # Our own guard decides whose X-Forwarded-For counts; uvicorn would believe anybody on this machine.
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        timeout_graceful_shutdown=20,
    )
    DrainingServer(config, assembly.draining, settings.drain_seconds).run()


def quieten() -> None:
    """Leave out of the log what anybody can have written there without end: that a request could not be read.

    What could be read and was refused is counted, and written down within a bound, by the service itself.
    """
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    # A filter and no level: uvicorn sets its levels when it starts, and says there too that it is up.
    logging.getLogger("uvicorn.error").addFilter(_not_of_a_connection)


def _not_of_a_connection(record: logging.LogRecord) -> bool:
    return record.levelno != logging.WARNING or not record.module.endswith("_impl")


def work(settings: Settings) -> None:
    """Do background work until a signal; running jobs end first."""
    write_logs(settings.log_format)
    initialise(settings)
    assembly = assemble(settings)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with metrics_served(settings.metrics_host, settings.worker.metrics_port, assembly.services.metrics.registry):
        assembly.database.warm_up()
        assembly.worker.start()
        logger.info("working as %s", settings.worker.executor_id)
        stopped.wait()
        logger.info("stopping: running jobs may end within %d s", settings.worker.drain_seconds)
        assembly.worker.stop()
    assembly.registers.close()
    assembly.database.dispose_blocking()
