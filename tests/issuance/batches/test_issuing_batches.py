"""A file of transcripts on its way: prepared by one, approved by another, issued line by line, once."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from issuance.application import ApplicationState
from issuance.apply import apply
from issuance.batches.batch import BatchState, LineState
from issuance.batches.errors import BatchRefused
from issuance.batches.issue_block import issue_block
from issuance.batches.owner import person_key_of
from issuance.batches.read_lines import Block, LineReader
from issuance.certificate import CertificateKind, CertificateState, RevocationReason
from issuance.deliver import deliver, find_issued
from issuance.errors import ApplicationNotFound, WrongChannel
from issuance.revoke import revoke
from tests.issuance.batches.pupils import pupils, write_lines
from tests.issuance.batches.school_office import (
    CLERK,
    HEAD,
    TRANSCRIPT,
    UNIT,
    approve,
    issue,
    prepare,
    transcript,
    works_of,
)
from tests.issuance.office import Office
from verification.verdict import VerdictState
from verification.verify_pdf import verify_pdf

RESULT = CertificateKind.RESULT


def with_bad_ones(lines: list[dict[str, Any]]) -> dict[int, str]:
    """Spoil some; returns which, and for which reason they are to be refused."""
    lines[3]["personal_id"] = "12"
    lines[11]["subjects"][0]["whole_year"] = "11,5"
    lines[17] = dict(lines[16])
    lines[23]["full_name"] = "Nguyễn \u4e2d"
    lines[31].pop("school")
    lines[44]["birth_date"] = "2099-01-01"
    lines[59]["nickname"] = "Tí"
    return {4: "invalid_input", 12: "invalid_input", 18: "repeated", 24: "invalid_input"} | dict.fromkeys(
        (32, 45, 60), "invalid_input"
    )


async def test_sixty_lines_with_bad_ones(school: Office, tmp_path: Path) -> None:
    lines = list(pupils(60))
    expected = with_bad_ones(lines)
    file = write_lines(tmp_path / "transcripts.jsonl", iter(lines), transcript(school))
    prepared, refused = prepare(school, file)
    # Whether a line stands in a batch already is looked at when it is issued.
    assert {line: why.code for line, why in refused.items()} == {k: v for k, v in expected.items() if v != "repeated"}
    assert refused[12].places == (("/subjects/0/whole_year", "wrong_format"),)
    assert (prepared.batch.lines, prepared.batch.refused, prepared.batch.state) == (60, 6, BatchState.PREPARED)

    approved = approve(school, prepared.batch)
    summary = issue(school, approved, file, out=tmp_path / "out")

    assert (summary.issued, summary.again, sum(summary.failed.values())) == (53, 0, 0)
    assert summary.refused == {"invalid_input": 6, "repeated": 1}
    stored = school.do(lambda r: r.batches.lines(approved.id, 1, 60))
    assert {line: one.refusal for line, one in stored.items() if one.refusal} == expected
    found = school.do(lambda r: r.batches.find(approved.code))
    assert found is not None
    assert found.state is BatchState.FINISHED
    for number in (1, 60 - 1):
        application_id = stored[number].application_id
        assert application_id is not None
        application = school.do(lambda r, a=application_id: r.applications.by_id(a))
        certificate = school.do(lambda r, a=application_id: r.certificates.of_application(a, RESULT))
        assert certificate is not None
        assert certificate.sha256 is not None
        assert (application.code, application.state) == (approved.code_of(number), ApplicationState.SETTLED)
        assert application.requested_by is not None
        assert application.requested_by.case_number == approved.code
        assert certificate.content["full_name"] == lines[number - 1]["full_name"]
        assert certificate.content["signatory_name"] == "Trần Văn Mẫu"
        pdf = school.files.load(certificate.sha256)
        verdict = school.do(
            lambda r, d=pdf: verify_pdf(d, school.keys.trust_list(school.at), r.register, None, school.at)
        )
        assert verdict.state is VerdictState.VALID
        assert school.audit(application_id) == [
            "application_submitted",
            "application_approved",
            "certificate_intended",
            "certificate_issued",
        ]
        visits = school.do(lambda r, a=application_id: r.step_visits.of_application(a))
        assert [(one.step, one.by_key, one.outcome) for one in visits] == [
            ("check", CLERK, "propose"),
            ("decision", HEAD, "approve"),
        ]
        assert (tmp_path / "out" / f"{number:06d}-{certificate.number}.pdf").read_bytes() == pdf
    assert len(list((tmp_path / "out").iterdir())) == 53
    # Nothing waits for anything any more: no receipts, no registers, no results.
    assert school.database.run_blocking(lambda r: r.overdue_jobs(changed_before=school.at + timedelta(days=9999))) == []

    again = issue(school, found, file)
    assert (again.issued, again.again, again.refused) == (0, 60, {})


async def test_csv_and_json_lines_say_the_same(school: Office, tmp_path: Path) -> None:
    kind = transcript(school)
    first, _ = prepare(school, write_lines(tmp_path / "a.csv", pupils(12), kind))
    assert issue(school, approve(school, first.batch), tmp_path / "a.csv").issued == 12
    # The very same pupils and marks in the other form: nobody gets a second one.
    second, _ = prepare(school, write_lines(tmp_path / "b.jsonl", pupils(13), kind))
    summary = issue(school, approve(school, second.batch), tmp_path / "b.jsonl")
    assert (summary.issued, summary.refused) == (1, {"repeated": 12})


async def test_stopped_and_started_again(school: Office, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.csv", pupils(30), transcript(school))
    batch = approve(school, prepare(school, file)[0].batch)
    stop, seen = threading.Event(), list[str]()

    def reached(point: str) -> None:
        seen.append(point)
        if seen.count("issued") == 1:
            stop.set()

    first = issue(school, batch, file, reached, stop)
    assert (first.issued, first.stopped) == (10, True)
    found = school.do(lambda r: r.batches.find(batch.code))
    assert found is not None
    assert found.state is BatchState.APPROVED
    second = issue(school, batch, file)
    assert (second.issued, second.again) == (20, 10)


@pytest.mark.parametrize("point", ["intended", "sealed", "pdf_stored"])
async def test_what_breaks_between_registering_and_issuing_is_finished(
    school: Office, tmp_path: Path, point: str
) -> None:
    class Broken(Exception):
        pass

    file = write_lines(tmp_path / "a.csv", pupils(10), transcript(school))
    batch = approve(school, prepare(school, file)[0].batch)
    reached_before = list[str]()

    def reached(here: str) -> None:
        reached_before.append(here)
        if here == point and reached_before.count(point) == (1 if point == "intended" else 4):
            raise Broken

    with pytest.raises(Broken):
        issue(school, batch, file, reached)
    lines = school.do(lambda r: r.batches.lines(batch.id, 1, 10))
    assert {one.state for one in lines.values()} == {LineState.INTENDED}
    numbers = {one.application_id: number_of(school, one.application_id) for one in lines.values()}
    # The next morning: dates and intents are fresh, numbers are those that were taken.
    school.at += timedelta(days=1)
    assert issue(school, batch, file).issued == 10
    assert {key: number_of(school, key) for key in numbers} == numbers
    for key in numbers:
        certificate = school.do(lambda r, a=key: r.certificates.of_application(a, RESULT))
        assert certificate is not None
        assert certificate.state is CertificateState.ISSUED


def number_of(school: Office, application_id: Any) -> str:
    certificate = school.do(lambda r: r.certificates.of_application(application_id, RESULT))
    assert certificate is not None
    return certificate.number


async def test_the_file_must_be_what_was_approved(school: Office, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.jsonl", pupils(20), transcript(school))
    batch = approve(school, prepare(school, file)[0].batch)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[14] = lines[14].replace('"grade": ', '"grade":  ')
    file.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(BatchRefused) as refused:
        issue(school, batch, file)
    assert (refused.value.code, refused.value.facts) == ("file_changed", {"line": 11})
    works, reader, added = works_of(school, school.database).works, LineReader(transcript(school), "jsonl", ""), b"{}"
    with pytest.raises(BatchRefused) as longer:
        issue_block(works, batch, reader, Block(21, (added,), "0" * 64))
    assert (longer.value.code, longer.value.facts) == ("file_changed", {"line": 21})
    assert len(school.do(lambda r: r.batches.lines(batch.id, 1, 20))) == 10


async def test_a_pupil_downloads_hers_with_any_account_and_no_stranger_does(school: Office, tmp_path: Path) -> None:
    one = next(pupils(1))
    file = write_lines(tmp_path / "a.jsonl", iter([one]), transcript(school))
    batch = approve(school, prepare(school, file)[0].batch)
    issue(school, batch, file)
    code = batch.code_of(1)
    number = one["personal_id"]
    pupil = await school.citizen(personal_id=number)
    stranger = await school.citizen()
    key = person_key_of(school.rules, pupil)
    page = school.do(lambda r: r.applications.list_of_citizen(pupil.subject_key, None, 10, person_key=key))
    assert [found.code for found in page.applications] == [code]
    certificate = school.do(lambda r: deliver(r, school.rules, code, pupil, RESULT, school.at))
    assert certificate.full_name == one["full_name"]
    application = school.do(lambda r: r.applications.by_id(certificate.application_id))
    assert application.state is ApplicationState.RESULT_RETURNED
    with pytest.raises(ApplicationNotFound):
        school.do(lambda r: deliver(r, school.rules, code, stranger, RESULT, school.at))
    with pytest.raises(ApplicationNotFound):
        school.do(lambda r: find_issued(r, school.catalogue, code, pupil, RESULT))


async def test_nobody_applies_for_it(school: Office) -> None:
    citizen = await school.citizen()
    asked = dict(transcript(school).example_input or {})
    with pytest.raises(WrongChannel):
        school.do(lambda r: apply(r, school.rules, citizen, TRANSCRIPT, asked, school.at))


async def test_one_of_a_batch_is_revoked_like_any_document(school: Office, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.csv", pupils(2), transcript(school))
    batch = approve(school, prepare(school, file)[0].batch)
    issue(school, batch, file)
    head = await school.official(unit=UNIT, roles=["head"])
    reason = RevocationReason.ISSUED_IN_ERROR
    school.do(lambda r: revoke(r, batch.code_of(1), head, reason, school.at))
    line = school.do(lambda r: r.batches.lines(batch.id, 1, 1))[1]
    certificate = school.do(lambda r: r.certificates.of_application(line.application_id, RESULT))
    assert certificate is not None
    assert certificate.state is CertificateState.REVOKED
