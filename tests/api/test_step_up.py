"""A document type may ask for a fresh sign-in; whoever lacks it is told how fresh (RFC 9470)."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from issuance.apply import Rules
from issuance.documents.catalogue import load_catalogue, shipped_types_folder
from issuance.documents.errors import BrokenDocumentType
from issuance.procedure.calendar import WorkingCalendar
from storage.runner import Database
from tests.api.challenge_fields import challenges_of
from tests.api.house import House, open_house
from tests.identity.issuer import OMIT
from tests.issuance.office import CLIENTS, INPUT, TYPE, person_index

BODY = {"type": TYPE, "input": INPUT}


def changed_types(folder: Path, line: str) -> Path:
    """The shipped types, the first of them with one more line in its `document.toml`."""
    types = shutil.copytree(shipped_types_folder(), folder / "types", ignore=shutil.ignore_patterns("*.py", "__*"))
    file = types / TYPE / "document.toml"
    file.write_text(f"{line}\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    return types


@pytest.fixture
async def strict(sqlite_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A house whose document is only for those who signed in within ten minutes."""
    rules = Rules(
        catalogue=load_catalogue(changed_types(tmp_path, "max_authentication_age_minutes = 10")),
        calendar=WorkingCalendar(),
        channels=CLIENTS.channels,
        person_index=person_index,
    )
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path / "strict", rules=rules) as house:
        yield house
    await database.dispose()


async def test_the_service_says_what_it_asks_for(strict: House, house: House) -> None:
    shown = (await strict.get(f"/v1/services/{TYPE}", strict.citizen())).json()
    shipped = (await house.get(f"/v1/services/{TYPE}", house.citizen())).json()

    assert (shown["level_required"], shown["max_authentication_age_minutes"]) == (2, 10)
    assert shipped["max_authentication_age_minutes"] is None


@pytest.mark.parametrize("seconds", [601, 3_500])
async def test_an_old_sign_in_is_told_how_fresh_it_must_be(strict: House, seconds: int) -> None:
    old = strict.citizen(auth_time=int((strict.office.at - timedelta(seconds=seconds)).timestamp()))
    answer = await strict.post("/v1/applications", old, json=BODY)

    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_too_old")
    assert challenges_of(answer)["Bearer"] == {
        "realm": "condau",
        "error": "insufficient_user_authentication",
        "error_description": "A fresh sign-in is needed.",
        "max_age": "600",
    }
    assert (await strict.get("/v1/applications", old)).json()["items"] == []


async def test_a_sign_in_of_unknown_time_is_none(strict: House) -> None:
    answer = await strict.post("/v1/applications", strict.citizen(auth_time=OMIT), json=BODY)

    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_too_old")


async def test_a_fresh_sign_in_is_enough_and_the_answer_is_kept(strict: House) -> None:
    fresh = strict.citizen(auth_time=int((strict.office.at - timedelta(seconds=590)).timestamp()))
    first = await strict.post("/v1/applications", fresh, key="once", json=BODY)
    strict.office.at += timedelta(seconds=60)
    again = await strict.post("/v1/applications", fresh, key="once", json=BODY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["code"] == again.json()["code"]


@pytest.mark.parametrize("value", ["0", "-5", '"10"', "1.5", "true", "100000"])
def test_a_period_that_is_none_stops_the_start(tmp_path: Path, value: str) -> None:
    with pytest.raises(BrokenDocumentType):
        load_catalogue(changed_types(tmp_path, f"max_authentication_age_minutes = {value}"))
