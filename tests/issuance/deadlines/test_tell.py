"""Papers that have not come and answers that are overdue: their owner is told, once for each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from issuance.application import Application, ApplicationState, AskedOfCitizen
from issuance.deadlines.tell import tell_papers_overdue, tell_questions_overdue
from storage import settlement_tables
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import OFFICIAL, an_application

MONDAY = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
UNTIL = date(2024, 6, 10)
UNTIL_IS_OVER = datetime(2024, 6, 10, 17, 0, tzinfo=UTC)  # midnight in Vietnam


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, clock=lambda: MONDAY)
    yield opened
    opened.dispose_blocking()


def asked_for_papers(application: Application, at: datetime, until: date) -> Application:
    asked = AskedOfCitizen(text="Giấy khai sinh", by=OFFICIAL, at=at, until=until)
    return replace(application.moved_to(ApplicationState.MORE_PAPERS_ASKED, at), asked=asked)


def test_papers_that_have_not_come_are_told_of_once_for_each_time(database: Database) -> None:
    def papers(at: datetime) -> int:
        return database.run_blocking(lambda records: tell_papers_overdue(records, at, 10))

    application = asked_for_papers(an_application(state=ApplicationState.IN_PROGRESS), MONDAY, UNTIL)
    database.run_blocking(lambda records: records.applications.add(application))
    moment = timedelta(microseconds=1)
    assert [papers(at) for at in (UNTIL_IS_OVER - moment, UNTIL_IS_OVER, UNTIL_IS_OVER + DAY)] == [0, 1, 0]
    given = application.moved_to(ApplicationState.IN_PROGRESS, UNTIL_IS_OVER + DAY)
    again = asked_for_papers(given, UNTIL_IS_OVER + 2 * DAY, date(2024, 6, 20))
    database.run_blocking(lambda records: records.applications.save(again))
    assert [papers(UNTIL_IS_OVER + days * DAY) for days in (3, 9, 10, 11)] == [0, 0, 1, 0]


def test_an_overdue_answer_is_told_of_once_also_after_the_end(database: Database) -> None:
    application = an_application(state=ApplicationState.SETTLED, closed_at=MONDAY)
    due_at = MONDAY + 2 * DAY
    row = {"application_id": application.id, "text": "Bao giờ xong?", "asked_at": MONDAY, "due_at": due_at}

    def ask(records: SqlRecords) -> None:
        records.applications.add(application)
        for _ in range(2):
            sealed = records.questions._cells.seal(settlement_tables.questions, row | {"id": uuid4()})
            records._connection.execute(sa.insert(settlement_tables.questions), sealed)

    database.run_blocking(ask)

    def overdue(at: datetime) -> int:
        return database.run_blocking(lambda records: tell_questions_overdue(records, at, 10))

    # Two questions that are due at once are one telling.
    assert [overdue(at) for at in (due_at, due_at + DAY, due_at + 2 * DAY)] == [0, 1, 0]
