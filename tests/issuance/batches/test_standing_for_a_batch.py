"""Two people of the unit stand for a batch: by the use cases, and by the database itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from identity.officials_register import RegisteredOfficial
from issuance.application import Actor
from issuance.batches.batch import Batch, BatchLine, BatchState, LineState
from issuance.batches.errors import BatchRefused
from issuance.certificate import CertificateKind
from issuance.delegations.delegation import Delegation
from storage.batch_tables import batch_lines, batches
from tests.issuance.batches.pupils import pupils, write_lines
from tests.issuance.batches.school_office import CLERK, HEAD, UNIT, approve, issue, prepare, transcript
from tests.issuance.office import Office

DEPUTY = "https://officials.example|school-deputy"


def put(
    office: Office, key: str, *roles: str, unit: str = UNIT, active: bool = True, name: str | None = "Lê Mẫu"
) -> None:
    official = RegisteredOfficial(
        subject_key=key,
        unit=unit,
        roles=frozenset(roles),  # type: ignore[arg-type] # names of roles
        is_active=active,
        full_name=name,
    )
    office.database.run_blocking(lambda r: r.officials.put(official, office.at))


def made(school: Office, folder: Path, lines: int = 3) -> tuple[Batch, Path]:
    file = write_lines(folder / "a.csv", pupils(lines), transcript(school))
    return prepare(school, file)[0].batch, file


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(BatchRefused) as refused:
        act()
    return refused.value.code


async def test_who_prepares_does_not_approve_even_with_both_roles(school: Office, tmp_path: Path) -> None:
    put(school, CLERK, "caseworker", "head")
    batch, file = made(school, tmp_path)
    assert refusal(lambda: approve(school, batch, CLERK)) == "same_official"
    assert refusal(lambda: issue(school, batch, file)) == "not_approved"
    assert school.do(lambda r: r.batches.lines(batch.id, 1, 3)) == {}
    assert approve(school, batch).approved_by == HEAD
    assert refusal(lambda: approve(school, batch)) == "approved_before"


async def test_only_officials_of_the_unit_in_their_roles(school: Office, tmp_path: Path) -> None:
    batch, file = made(school, tmp_path)
    put(school, DEPUTY, "caseworker")
    assert refusal(lambda: approve(school, batch, DEPUTY)) == "role_missing"
    put(school, DEPUTY, "head", unit="000.00.15.H26")
    assert refusal(lambda: approve(school, batch, DEPUTY)) == "not_of_unit"
    put(school, DEPUTY, "head", active=False)
    assert refusal(lambda: approve(school, batch, DEPUTY)) == "not_of_unit"
    put(school, DEPUTY, "head", name=None)
    assert refusal(lambda: prepare(school, file, DEPUTY)) == "no_name"
    put(school, DEPUTY, "operator")
    other = write_lines(tmp_path / "b.csv", pupils(2, seed=5), transcript(school))
    assert refusal(lambda: prepare(school, other, DEPUTY)) == "role_missing"
    assert refusal(lambda: prepare(school, other, "https://officials.example|nobody")) == "not_of_unit"


async def test_a_head_who_has_gone_since_issues_nothing(school: Office, tmp_path: Path) -> None:
    batch, file = made(school, tmp_path)
    approved = approve(school, batch)
    put(school, HEAD, "head", active=False)
    assert refusal(lambda: issue(school, approved, file)) == "not_of_unit"
    assert school.do(lambda r: r.batches.lines(batch.id, 1, 3)) == {}


def lent(office: Office, to: str) -> Delegation:
    return Delegation(
        id=uuid4(),
        unit=UNIT,
        role="head",
        type_ids=None,
        delegator=Actor(subject_key=HEAD, full_name="Trần Văn Mẫu", unit=UNIT),
        delegate=Actor(subject_key=to, full_name="Lê Mẫu", unit=UNIT),
        person="0" * 64,
        valid_from=office.at - timedelta(hours=1),
        valid_until=office.at + timedelta(days=1),
        act="Quyết định 12/QĐ-SGDĐT",
        created_by=HEAD,
        created_at=office.at - timedelta(hours=1),
    )


async def test_under_a_delegation_the_paper_names_both(school: Office, tmp_path: Path) -> None:
    put(school, DEPUTY, "caseworker")
    school.do(lambda r: r.delegations.add(lent(school, DEPUTY)))
    batch, file = made(school, tmp_path)
    approved = approve(school, batch, DEPUTY)
    assert issue(school, approved, file).issued == 3
    line = school.do(lambda r: r.batches.lines(batch.id, 1, 1))[1]
    assert line.application_id is not None
    found = school.do(lambda r, a=line.application_id: r.certificates.of_application(a, CertificateKind.RESULT))
    assert found is not None
    assert found.content["signatory_name"] == "Lê Mẫu"
    assert "Trần Văn Mẫu (Quyết định 12/QĐ-SGDĐT)" in found.content["signed_for"]


async def test_who_has_prepared_it_is_no_head_by_proxy(school: Office, tmp_path: Path) -> None:
    put(school, DEPUTY, "caseworker")
    school.do(lambda r: r.delegations.add(lent(school, DEPUTY)))
    file = write_lines(tmp_path / "a.csv", pupils(3), transcript(school))
    batch = prepare(school, file, HEAD)[0].batch
    assert refusal(lambda: approve(school, batch, DEPUTY)) == "same_official"


async def test_nobody_issues_for_a_declared_relative(school: Office, tmp_path: Path) -> None:
    second = list(pupils(2))[1]
    index = school.rules.person_index(second["personal_id"])
    school.do(lambda r: r.relatives.declare(HEAD, index, school.at))
    batch, file = made(school, tmp_path)
    summary = issue(school, approve(school, batch), file)
    assert (summary.issued, summary.refused) == (2, {"self_dealing": 1})


async def test_the_same_file_is_one_batch(school: Office, tmp_path: Path) -> None:
    batch, file = made(school, tmp_path)
    again, _ = prepare(school, file)
    assert (again.is_new, again.batch) == (False, batch)


def refused_by_the_database(school: Office, statement: sa.Executable) -> bool:
    def execute(records: object) -> None:
        records._connection.execute(statement)  # type: ignore[attr-defined] # past all use cases, as an owner of the tables

    try:
        school.database.run_blocking(execute)
    except DBAPIError:
        return True
    return False


async def test_the_database_itself_holds_it(school: Office, tmp_path: Path) -> None:
    batch, file = made(school, tmp_path)
    this = sa.update(batches).where(batches.c.id == batch.id)
    at = school.at
    line = {"batch_id": batch.id, "line": 1, "state": "refused", "refusal": "malformed"}
    assert refused_by_the_database(school, this.values(approved_by=CLERK, approved_at=at))
    assert refused_by_the_database(school, this.values(approved_by=HEAD))
    assert refused_by_the_database(school, this.values(finished_at=at))
    assert refused_by_the_database(school, this.values(lines=99))
    assert refused_by_the_database(school, this.values(block_digests=["00"]))
    assert refused_by_the_database(school, sa.insert(batch_lines).values(line))
    assert refused_by_the_database(school, sa.delete(batches).where(batches.c.id == batch.id))
    approved = approve(school, batch)
    assert refused_by_the_database(school, this.values(approved_by=DEPUTY))
    assert refused_by_the_database(school, this.values(approved_by=None, approved_at=None))
    assert refused_by_the_database(school, this.values(finished_at=at))
    assert refused_by_the_database(school, sa.insert(batch_lines).values(line | {"line": 4}))
    issue(school, approved, file)
    its = sa.update(batch_lines).where(batch_lines.c.batch_id == batch.id)
    assert refused_by_the_database(school, its.values(state="intended"))
    assert refused_by_the_database(school, its.values(line=batch_lines.c.line + 100))
    assert refused_by_the_database(school, sa.delete(batch_lines))
    finished = school.do(lambda r: r.batches.find(batch.code))
    assert finished is not None
    assert finished.state is BatchState.FINISHED
    assert refused_by_the_database(school, sa.insert(batch_lines).values(line | {"line": 2}))
    assert refused_by_the_database(school, this.values(finished_at=at + timedelta(days=1)))


async def test_a_batch_begins_unapproved(school: Office, tmp_path: Path) -> None:
    batch, _ = made(school, tmp_path)
    other = replace(batch, id=uuid4(), code="X-L01", file_sha256=bytes(32), approved_by=HEAD, approved_at=school.at)
    with pytest.raises(DBAPIError):
        school.database.run_blocking(lambda r: r.batches.add(other))


async def test_what_is_written_is_read(school: Office, tmp_path: Path) -> None:
    batch, _ = made(school, tmp_path)
    assert school.do(lambda r: r.batches.find(batch.code)) == batch
    assert school.do(lambda r: r.batches.newest(5)) == [batch]
    approve(school, batch)
    line = BatchLine(number=2, state=LineState.REFUSED, refusal="malformed")
    school.do(lambda r: r.batches.add_lines(batch.id, [line]))
    assert school.do(lambda r: r.batches.lines(batch.id, 1, 3)) == {2: line}
    assert school.do(lambda r: r.batches.counts(batch.id)) == {(LineState.REFUSED, "malformed"): 1}
