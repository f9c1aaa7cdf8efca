"""What is tidied of papers and surveys, on a real folder and a real database."""

from __future__ import annotations

import hashlib
import os
from datetime import date, timedelta
from pathlib import Path

from condau.paper_chores import paper_chores
from issuance.bring_evidence import bring
from issuance.feedback.survey_book import Invitation
from issuance.open_paper import open_paper
from issuance.remove_papers import KeptPapers
from issuance.withdraw import withdraw
from storage.runner import Database
from tests.api.papers import a_picture
from tests.issuance.office import UNIT, Office


async def test_papers_and_links_go_when_their_time_is_over(database: Database, tmp_path: Path) -> None:
    office = Office(database, tmp_path)
    application, citizen = (
        await office.application(client="one-stop-kiosk"),
        await office.citizen(client_id="one-stop-kiosk"),
    )
    data = a_picture()
    file = open_paper(data)
    office.papers.store(data, file.sha256)
    office.papers.store(b"of nobody", hashlib.sha256(b"of nobody").digest())
    for stored in office.papers_folder.rglob("*.paper"):
        os.utime(stored, (office.at.timestamp(), office.at.timestamp()))
    office.do(
        lambda r: bring(
            r,
            office.catalogue,
            citizen,
            application.code,
            category="student",
            kind="student_card",
            file=file,
            at=office.at,
        )
    )
    old = Invitation(token_digest=bytes(32), unit=UNIT, type_id="x", expires_on=date(2024, 6, 30))
    office.do(lambda r: r.surveys.invite(old))
    (tidy,) = paper_chores(database, office.papers, lambda: office.at, timedelta(hours=1), KeptPapers())

    def left() -> int:
        return len([*office.papers_folder.rglob("*.paper")])

    tidy()
    assert left() == 2
    office.at += timedelta(hours=2)
    tidy()
    assert left() == 1
    assert office.papers.load(file.sha256) == data
    office.do(lambda r: withdraw(r, citizen, application.code, office.at))
    office.at += timedelta(days=91)
    tidy()
    assert left() == 0
    assert office.do(lambda r: r.surveys.take(bytes(32), date(2024, 6, 30))) is None
    tidy()
