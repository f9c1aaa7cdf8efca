"""Who looked at a citizen's data, and all of it to take along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.services import KeptFor
from issuance.accesses import Purpose, record_access
from tests.api.web.following import Following, open_following
from tests.identity.simulated import HA, MINH_ANH


@pytest.fixture
async def following(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Following]:
    kept = KeptFor(application_days=3_650, application_days_without_result=0, paper_days=400)
    async with open_following(sqlite_url, tmp_path, kept_for=kept) as found:
        yield found


async def test_she_reads_who_looked_day_by_day_and_no_name(following: Following) -> None:
    application, office = following.applied(), following.office
    assert "No official has looked at anything of yours." in await following.page("/who-looked")
    official = await office.official(roles=["caseworker"], name="Phạm Thu Hà")
    for _ in range(45):
        office.at += timedelta(hours=1)
        office.do(lambda r: record_access(r, official, Purpose.SETTLE_CASE, "case", [application], office.at))
    await following.browser.sign_in()
    shown = await following.page("/who-looked")
    assert f'href="/applications/{application.code}"' in shown
    assert "caseworker · account " in shown
    assert "To settle an application: The whole application" in shown
    assert "Phạm Thu Hà" not in shown
    assert shown.index("05/06/2024") < shown.index("04/06/2024")
    link = shown.split('rel="next" href="')[1].split('"')[0]
    assert "03/06/2024" in await following.page(link)
    stranger = following.signing.another()
    await stranger.sign_in("le-hoang-dung")
    assert application.code not in (await stranger.get("/who-looked")).text


async def test_looks_of_one_minute_that_say_the_same_are_counted(following: Following) -> None:
    application, other, office = following.applied(), following.applied(), following.office
    official = await office.official(roles=["caseworker"])
    for one in (application, application, application, other, application):
        office.at += timedelta(seconds=1)
        office.do(lambda r, one=one: record_access(r, official, Purpose.SETTLE_CASE, "case", [one], office.at))
    shown = await following.page("/who-looked")
    assert shown.count("The whole application") == 3
    assert shown.count(" · 3 times") == 1
    assert shown.index(" · 3 times") > shown.index(other.code)


async def test_all_of_it_to_take_along_for_herself_alone(following: Following) -> None:
    application = following.applied()
    told = await following.browser.get("/my-data/export")
    assert told.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert told.headers["cache-control"] == "private, no-store"
    assert [one["code"] for one in told.json()["applications"]] == [application.code]
    away = await following.browser.get("/my-data/export", headers={"Sec-Fetch-Site": "cross-site"})
    assert away.headers["location"] == "/my-data"
    official = following.signing.another()
    await official.sign_in(HA, "officials")
    assert (await official.get("/my-data/export")).status_code in (303, 403)


async def test_it_says_for_how_long_as_the_settings_do(following: Following) -> None:
    shown = await following.page("/my-data")
    assert "10 years after their end; while the document is in force, longer." in shown
    assert "for good after their end." in shown
    assert "400 days after the end of the application; 90 days where it had no result." in shown


async def test_erasure_is_asked_for_once_and_on_purpose(following: Following) -> None:
    doubtful = await following.send("/my-data")
    assert doubtful.status_code == 422
    assert 'href="#sure"' in doubtful.text
    done = await following.send("/my-data", sure="1", once="sure")
    assert done.headers["location"] == "/my-data?done=erasure"
    shown = await following.page("/my-data?done=erasure")
    assert "Your request has been recorded." in shown
    assert "You are answered by 17:00 05/06/2024 at the latest." in shown
    assert 'name="sure"' not in shown


async def test_level_1_is_told_what_it_needs(following: Following) -> None:
    low = following.signing.another()
    await low.come_back(
        await following.signing.provider.authorize(await low.begin(), MINH_ANH, simulated_acr="level-1")
    )
    shown = (await low.get("/my-data")).text
    assert "This needs a sign-in at level 2." in shown
    assert 'name="sure"' not in shown
    token = {"form_token": await low.form_token(), "sure": "1"}
    assert (await low.send("/my-data", token)).status_code == 401
