"""Who may see which figures, what an address may ask for, and that nothing typed into one comes alive."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from api.web.statistics.operation_words import FAULTS, JOB_STATES, KINDS, PURPOSES
from api.web.statistics.periods import PERIODS, months_of, period_of, weeks_of
from issuance.jobs import JobKind
from issuance.operation import JobState
from issuance.records import Records
from storage.errors import FileDamaged, FileMissing, PapersLocked
from storage.jobs import SCHEDULED_WORKFLOW
from storage.runner import Database
from tests.api.signing_in import SigningIn, open_signing_in
from tests.identity.simulated import MINH_ANH
from verification.trust import KeyPurpose

HEAD, OPERATOR = "ngo-quoc-tuan", "bui-khanh-linh"


@pytest.fixture
async def signing(sqlite_url: str, tmp_path: Path) -> AsyncIterator[SigningIn]:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_signing_in(database, tmp_path) as found:
        yield found
    await database.dispose()


async def settled(signing: SigningIn) -> None:
    """One application goes all the way."""
    office = signing.house.office
    application = await office.approved()
    office.issue(application.id)


async def test_figures_are_the_desks_and_the_operators(signing: SigningIn) -> None:
    await settled(signing)
    browser = signing.browser
    away = await browser.get("/statistics?period=year")
    assert away.headers["location"] == "/sign-in?lang=en&return_to=%2Fstatistics%3Fperiod%3Dyear"
    await browser.sign_in(MINH_ANH)
    assert (await browser.get("/statistics")).status_code == 403
    assert (await browser.get("/operation")).status_code == 403
    await browser.sign_in(HEAD, "officials")
    shown = await browser.get("/statistics?period=year&lang=en")
    assert shown.status_code == 200
    assert "1 of 1" in shown.text
    assert "100.0 %" in shown.text
    assert (await browser.get("/operation")).status_code == 403
    await browser.sign_in(OPERATOR, "officials")
    state = await browser.get("/operation?lang=en")
    assert state.status_code == 200
    assert "condau backup" in state.text


async def test_operators_read_what_fails_why_and_which_keys_end(signing: SigningIn) -> None:
    office = signing.house.office
    for _ in range(2):
        office.do(lambda r: r.failures.note(JobKind.ISSUE_RESULT, uuid4(), "timestamp_refused", office.at))
    await signing.browser.sign_in(OPERATOR, "officials")
    page = (await signing.browser.get("/operation?lang=en")).text
    assert "What fails, and why" in page
    assert 'Issue a document <code class="id">issue-result</code>' in page
    assert page.count("timestamp_refused") == 1
    assert "The timestamping authority’s answer does not prove what was asked." in page
    assert "Purposes whose last key ends soon: 0" in page
    trust = signing.house.services.trust(office.at)
    office.at = min(key.not_after for key in trust.keys) - timedelta(days=29)
    await signing.browser.sign_in(OPERATOR, "officials")
    assert "Purposes whose last key ends soon: 0" not in (await signing.browser.get("/operation?lang=en")).text


async def test_what_fails_is_counted_however_much_it_is(signing: SigningIn) -> None:
    office = signing.house.office

    def note(records: Records) -> None:
        for _ in range(201):
            records.failures.note(JobKind.ISSUE_RESULT, uuid4(), "timestamp_refused", office.at)

    office.do(note)
    await signing.browser.sign_in(OPERATOR, "officials")
    page = (await signing.browser.get("/operation?lang=en")).text
    assert page.count('<td class="amount">201</td>') == 1


def test_every_job_schedule_and_sign_has_words() -> None:
    assert {one.code for one in (FileDamaged, FileMissing, PapersLocked)} < FAULTS.keys()
    assert {kind.value for kind in JobKind} | {SCHEDULED_WORKFLOW} == KINDS.keys()
    assert {state.value for state in JobState} == JOB_STATES.keys()
    assert set(KeyPurpose) == PURPOSES.keys()


async def test_a_plot_is_a_file_too(signing: SigningIn) -> None:
    await settled(signing)
    await signing.browser.sign_in(HEAD, "officials")
    for plot in ("weeks", "units", "types", "steps", "waived"):
        answer = await signing.browser.get(f"/statistics/{plot}.csv?period=year&lang=en")
        assert answer.status_code == 200, plot
        assert answer.headers["content-type"].startswith("text/csv")
        assert len(answer.text.splitlines()) > 1, plot
    assert "205000" in (await signing.browser.get("/statistics/waived.csv?period=year&lang=en")).text
    assert (await signing.browser.get("/statistics/other.csv")).status_code == 404
    assert (await signing.browser.get("/statistics/weeks.csv?period=never")).status_code == 404


async def test_who_has_settled_nothing_is_told_with_what_waits(signing: SigningIn) -> None:
    await signing.house.office.approved()
    signing.pass_time(days=25)
    await signing.browser.sign_in(HEAD, "officials")
    for plot in ("units", "types"):
        (row,) = await rows_of(signing, plot)
        assert {name: row[name] for name in row if name not in ("Unit", "Document")} == {
            "On time": "0",
            "Late": "0",
            "On time (%)": "",
            "Settled": "0",
            "Received": "1",
            "Open at the end": "1",
            "Overdue now": "1",
        }
    page = (await signing.browser.get("/statistics?lang=en")).text
    types = page[page.index('id="types"') : page.index('id="steps"')]
    assert "On time (%): –" in types
    assert "Overdue now: 1" in types


async def test_weeks_tell_their_share_on_time(signing: SigningIn) -> None:
    await settled(signing)
    await signing.browser.sign_in(HEAD, "officials")
    weeks = {(week["Settled"], week["On time"], week["On time (%)"]) for week in await rows_of(signing, "weeks")}
    assert weeks == {("1", "1", "100.0"), ("0", "0", "")}


async def rows_of(signing: SigningIn, plot: str) -> list[dict[str, str]]:
    file = (await signing.browser.get(f"/statistics/{plot}.csv?lang=en")).content.decode("utf-8-sig")
    return [*csv.DictReader(io.StringIO(file))]


async def test_what_stands_in_an_address_is_text(signing: SigningIn) -> None:
    await signing.browser.sign_in(HEAD, "officials")
    hostile = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    typed = await signing.browser.get(f"/statistics?type={hostile}&period={hostile}&lang=en")
    assert typed.status_code == 200
    assert "<script>alert" not in typed.text
    assert "There is no such period" in typed.text
    assert (await signing.browser.get("/statistics?unit=000.00.99.H99")).status_code == 404


async def test_punctuality_tells_no_share_of_few(signing: SigningIn) -> None:
    await settled(signing)
    page = await signing.browser.get("/punctuality?lang=en")
    assert "1 application settled" in page.text
    assert "%</strong>" not in page.text
    assert 'aria-current="true">Q2 2024' in page.text
    none = await signing.browser.get("/punctuality?quarter=2024-Q1&lang=en")
    assert "Nothing was settled" in none.text
    for refused in ("2024-Q3", "1999-Q1", "%3Cscript%3E", ""):
        page = await signing.browser.get(f"/punctuality?quarter={refused}&lang=en")
        assert "No figures are told for that quarter" in page.text
        assert "<script>" not in page.text
        assert (await signing.browser.get(f"/punctuality.csv?quarter={refused}")).status_code == 404


async def test_punctuality_of_five_is_told_with_its_counts(signing: SigningIn) -> None:
    for _ in range(5):
        await settled(signing)
    told = await signing.browser.get("/punctuality?lang=en")
    assert "100.0 %" in told.text
    rows = (await signing.browser.get("/punctuality.csv?lang=en")).text.splitlines()
    assert len(rows) == 2
    assert rows[1].endswith(",100.0,5,5")


async def test_procedures_are_everybodys(signing: SigningIn) -> None:
    listed = await signing.browser.get("/procedures?lang=en")
    assert "Criminal record extract, form 1" in listed.text
    assert (await signing.browser.get("/procedures/criminal_record_form_1/1?lang=en")).status_code == 200
    assert (await signing.browser.get("/procedures/criminal_record_form_1/99")).status_code == 404
    assert (await signing.browser.get("/procedures/none/1")).status_code == 404


TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("name", PERIODS)
def test_a_period_ends_by_today(name: str) -> None:
    found = period_of({"period": name}, TODAY)
    assert found is not None
    assert found.first <= found.last <= TODAY


@pytest.mark.parametrize(
    "asked",
    [
        {"period": "ever"},
        {"from": "2026-02-30", "until": "2026-03-01"},
        {"from": "2026-03-02", "until": "2026-03-01"},
        {"from": "2020-01-01", "until": str(date(2020, 1, 1) + timedelta(days=1_830))},
        {"from": "1999-12-31", "until": "2000-01-01"},
        {"until": "2026-03-01"},
    ],
)
def test_what_is_no_period_is_none(asked: dict[str, str]) -> None:
    assert period_of(asked, TODAY) is None


def test_weeks_and_months_without_anything_are_there_too() -> None:
    weeks = dict(weeks_of(date(2026, 12, 20), date(2027, 1, 12)))
    assert list(weeks) == ["2026-W51", "2026-W52", "2026-W53", "2027-W01", "2027-W02"]
    assert weeks["2026-W51"] == date(2026, 12, 14)
    assert list(months_of(date(2026, 11, 30), date(2027, 2, 1))) == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert list(months_of(date(2026, 11, 1), date(2026, 11, 1))) == ["2026-11"]
