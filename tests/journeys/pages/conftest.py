from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.api.test_page_browser import ARGUMENTS, CHROMIUM, axe

__all__ = ["axe"]


@contextmanager
def serving(folder: Path, *how: str) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "tests.journeys.pages.serving", str(folder), *how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The demonstration in a process of its own: addresses of the `service` and of its `outside` world."""
    with serving(tmp_path_factory.mktemp("pages")) as addresses:
        yield addresses


@pytest.fixture(scope="session")
def played_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The same after its story."""
    with serving(tmp_path_factory.mktemp("played"), "played") as addresses:
        yield addresses


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        await started.close()
