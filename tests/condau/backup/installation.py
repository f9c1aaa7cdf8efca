"""An installation for tests of backups: a house whose folder is a state folder, and an empty machine beside it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from condau.settings import Settings
from storage.runner import Database
from tests.api.house import House, open_house
from tests.issuance.office import MONDAY, PASSPHRASE


def settings_of(state: Path, database_url: str) -> Settings:
    return Settings(
        mode="demo", state_folder=state, database_url=database_url, key_passphrase=SecretStr(PASSPHRASE.decode())
    )


@asynccontextmanager
async def lived_in(state: Path, url: str) -> AsyncIterator[House]:
    """The house of an installation that is already there, with its keys and rows."""
    database = Database(url, clock=lambda: MONDAY)
    with pytest.MonkeyPatch.context() as patch:
        if (state / "keys").is_dir():
            patch.setattr("tests.issuance.office.make_keys", lambda *_: None)
        # An office encrypts papers under a secret of its own, an installation under one of its passphrase.
        patch.setattr("tests.issuance.office.FolderPaperFiles", lambda *_: None)
        async with open_house(database, state) as house:
            yield house
    await database.dispose()


def lose(state: Path) -> None:
    """The machine is gone, with all that was on it."""
    shutil.rmtree(state)
