"""Work lists and a citizen's list: who sees what, in which order, page by page without a gap or a repetition."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.application import Application, ApplicationState
from issuance.errors import ApplicationNotFound, InvalidCursor
from storage.cursors import citizen_key, encode_cursor, work_list_key
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import CITIZEN, NOW, OFFICIAL, UNIT, an_application, approved, fee

A_DAY = datetime(2024, 6, 17, 10, tzinfo=UTC)
AN_ID = UUID(int=7)
MOMENTS = st.datetimes(timezones=st.just(UTC))


async def store(database: Database, *applications: Application) -> None:
    def add(records: SqlRecords) -> None:
        for application in applications:
            records.applications.add(application)

    await database.run(add)


async def all_pages(database: Database, limit: int) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        page = await database.run(lambda records, at=cursor: records.applications.work_list(UNIT, at, limit))
        pages.append([application.code for application in page.applications])
        cursor = page.next_cursor
        if cursor is None:
            return pages


@pytest.mark.parametrize("limit", [1, 3, 7, 20])
async def test_the_pages_of_a_work_list_hold_each_application_once_earliest_promise_first(
    database: Database, limit: int
) -> None:
    # Several share their promised date, and some also the instant of submission: the id decides then.
    applications = [
        an_application(promised_at=A_DAY + timedelta(days=n % 3), submitted_at=NOW + timedelta(seconds=n % 4))
        for n in range(14)
    ]
    await store(database, *applications)
    pages = await all_pages(database, limit)
    assert all(len(page) == limit for page in pages[:-1])
    codes = [code for page in pages for code in page]
    assert sorted(codes) == sorted(application.code for application in applications)
    found = {application.code: application for application in applications}
    keys = [(found[code].promised_at, found[code].submitted_at) for code in codes]
    assert keys == sorted(keys)


async def test_a_work_list_holds_what_waits_for_an_official(database: Database) -> None:
    referred = fee(date(2026, 3, 1))
    shown = [
        an_application(),
        an_application(state=ApplicationState.IN_PROGRESS, owner=OFFICIAL),
        an_application(state=ApplicationState.NEWLY_REGISTERED, fee=referred),
    ]
    hidden = [
        an_application(unit="000.00.16.H26"),
        approved(an_application()),
        an_application(state=ApplicationState.PAYMENT_ASKED, fee=fee(date(2024, 5, 31))),
        an_application(state=ApplicationState.NEWLY_REGISTERED),
        an_application(state=ApplicationState.WITHDRAWN),
        an_application(state=ApplicationState.SETTLED),
    ]
    await store(database, *shown, *hidden)
    assert sorted((await all_pages(database, 20))[0]) == sorted(application.code for application in shown)


async def test_a_citizen_sees_her_own_applications_newest_first(database: Database) -> None:
    mine = [an_application(submitted_at=NOW + timedelta(minutes=n)) for n in range(5)]
    stranger = replace(mine[0].applicant, subject_key="somebody else")
    await store(database, *mine, an_application(applicant=stranger))
    first = await database.run(lambda records: records.applications.list_of_citizen(CITIZEN, None, 3))
    rest = await database.run(lambda records: records.applications.list_of_citizen(CITIZEN, first.next_cursor, 3))
    assert [*first.applications, *rest.applications] == mine[::-1]
    assert rest.next_cursor is None


@pytest.mark.parametrize("limit", [1, 3, 20])
async def test_a_units_list_holds_all_its_applications_the_newest_first(database: Database, limit: int) -> None:
    ours = [an_application(submitted_at=NOW + timedelta(minutes=n // 2)) for n in range(6)]
    decided = approved(an_application(submitted_at=NOW - timedelta(days=1)))
    await store(database, *ours, decided, an_application(unit="000.00.16.H26"))
    seen: list[Application] = []
    cursor = None
    while True:
        page = await database.run(lambda records, at=cursor: records.applications.of_unit(UNIT, at, limit))
        assert len(page.applications) <= limit
        seen += page.applications
        cursor = page.next_cursor
        if cursor is None:
            break
    # Where two share their instant the id decides, as in every list.
    assert [one.id for one in seen] == [
        one.id for one in sorted([*ours, decided], key=lambda one: (one.submitted_at, one.id), reverse=True)
    ]


async def test_an_empty_list_is_one_empty_page(database: Database) -> None:
    page = await database.run(lambda records: records.applications.work_list(UNIT, None, 10))
    assert (list(page.applications), page.next_cursor) == ([], None)


async def test_an_application_of_another_looks_like_an_unknown_one(database: Database) -> None:
    application = an_application()
    await store(database, application)
    messages = []
    for code, subject in ((application.code, "a stranger"), ("unknown", CITIZEN)):
        with pytest.raises(ApplicationNotFound) as refused:
            await database.run(lambda r, c=code, s=subject: r.applications.of_citizen(c, s))
        messages.append(str(refused.value))
    with pytest.raises(ApplicationNotFound) as refused:
        await database.run(lambda records: records.applications.in_unit(application.code, "another unit"))
    assert {*messages, str(refused.value)} == {messages[0]}
    assert await database.run(lambda r: r.applications.of_citizen(application.code, CITIZEN)) == application
    assert await database.run(lambda r: r.applications.in_unit(application.code, UNIT)) == application


def forged(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "ngày",
        "A" * 300,
        forged(),
        forged("2024-06-17", NOW.isoformat()),
        forged("2024-06-17", NOW.isoformat(), "no id"),
        forged("2024-06-17", NOW.replace(tzinfo=None).isoformat(), AN_ID.hex),
        forged("' OR 1=1 --", NOW.isoformat(), AN_ID.hex),
        forged(20240617, NOW.isoformat(), AN_ID.hex),
        forged("2024-06-17", NOW.isoformat(), AN_ID.hex, "more"),
        forged({}),
        encode_cursor(NOW, AN_ID),
        # Times that UTC has no year for.
        forged("2024-06-17", "0001-01-01T00:00:00+23:59", AN_ID.hex),
        forged("2024-06-17", "9999-12-31T23:59:59-23:59", AN_ID.hex),
    ],
)
async def test_a_cursor_that_was_never_given_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        await database.run(lambda records: records.applications.work_list(UNIT, cursor, 10))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"])
async def test_a_cursor_may_name_the_ends_of_the_calendar(database: Database, moment: str) -> None:
    await store(database, an_application())
    await database.run(lambda records: records.applications.list_of_citizen(CITIZEN, forged(moment, AN_ID.hex), 10))


@given(st.text(max_size=300) | st.binary(max_size=100).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_whatever_is_sent_as_a_cursor_only_invalid_cursor_comes_out(text: str) -> None:
    for parse in (citizen_key, work_list_key):
        try:
            parse(text)
        except InvalidCursor:
            continue


@given(MOMENTS, MOMENTS, st.uuids())
def test_a_cursor_comes_back_as_the_key_it_was_made_from(promised: object, moment: object, number: object) -> None:
    assert work_list_key(encode_cursor(promised, moment, number)) == (promised, moment, number)  # type: ignore[arg-type] # as drawn
    assert citizen_key(encode_cursor(moment, number)) == (moment, number)  # type: ignore[arg-type] # as drawn
