"""A database of a release, with data in it, is brought up to date and keeps every row and every guard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

import storage.migrations
from issuance.certificate import CertificateKind, DocumentFile, FileForm, Suspension, SuspensionReason
from issuance.fee_policies.install import install, read_shipped
from issuance.fees.book import EVER
from issuance.fees.policy import SHIPPED_POLICIES, load_policies
from issuance.fees.stored import to_json
from issuance.jobs import JobKind
from issuance.procedure.working_time import Pause
from storage import fee_tables, tables
from storage.application_rows import application_to_row
from storage.columns import JsonText
from storage.engines import Address, blocking_engine
from storage.migrate import migrate
from storage.overdue import overdue_jobs
from storage.personal import PersonalJson, PersonalText
from storage.rows import certificate_to_row, order_to_row
from storage.runner import Database
from tests.storage.databases import PostgresServer
from tests.storage.people import (
    CITIZEN,
    NOW,
    UNIT,
    a_certificate,
    an_answer,
    an_application,
    an_order,
    approved,
    fee,
    issued,
)

RELEASES = ("0001", "0002", "0003", "0004")
PAID = replace(an_application(), fee=fee(date(2024, 5, 3)), paid=True)
APPROVED = approved(an_application())
CERTIFICATE = issued(a_certificate(APPROVED.id))
ORDER = replace(an_order(PAID), paid_at=NOW, provider_reference="FT1")
CHANGED_AT = {"changed_at": NOW, "receipt_issued": False, "promised_on": date(2024, 6, 17)}
AUDIT = {"application_id": PAID.id, "seq": 1, "at": NOW, "actor": CITIZEN, "action": "applied", "details": {"n": 1}}
OF_OLD = {
    "promised_on": sa.Column("promised_on", sa.Date),
    "register_answer": sa.Column("register_answer", PersonalJson),
}
"""Columns of applications until release 0004."""
ANSWER = {"subject_key": CITIZEN, "key": "k", "body_sha256": b"\x01" * 32, "status": 201, "body": {}, "headers": {}}
ROWS: tuple[tuple[sa.Table, dict[str, Any]], ...] = (
    (tables.applications, application_to_row(PAID) | CHANGED_AT),
    (tables.applications, application_to_row(APPROVED) | CHANGED_AT | {"register_answer": an_answer().to_json()}),
    (tables.certificates, certificate_to_row(CERTIFICATE)),
    (tables.status_lists, {"number": 1, "used": 1}),
    (tables.payment_orders, order_to_row(ORDER)),
    (tables.counters, {"name": "receipt", "unit": UNIT, "period": "2024", "value": 41}),
    (tables.audit, AUDIT),
    (tables.idempotency_answers, ANSWER | {"at": NOW}),
    (tables.security_events, {"at": NOW - timedelta(days=1), "code": "token_expired", "route": "/v1/applications"}),
)
DECISIONS = tuple(
    (
        fee_tables.fee_assessments,
        {
            "application_id": one.id,
            "seq": 1,
            "at": one.submitted_at,
            "cause": "submitted",
            "assessment": to_json(one.fee),
        },
    )
    for one in (PAID, APPROVED)
)
"""Stored since release 0004."""


@pytest.fixture(params=[(kind, release) for release in RELEASES for kind in ("sqlite", "postgresql")], ids="-".join)
def released_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database as a release left it, in use."""
    kind, release = request.param
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'released.sqlite'}"
        fill(url, release)
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database(migrated=False)
    fill(url, release)
    yield url
    server.drop_database(url)


def fill(url: str, release: str, filled: tuple[tuple[sa.Table, dict[str, Any]], ...] = (*ROWS, *DECISIONS)) -> None:
    engine = blocking_engine(Address.parse(url))
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, release)
    with engine.begin() as connection:
        present = set(sa.inspect(connection).get_table_names())
        rows = [row for row in filled if row[0].name in present]
        columns = {
            table: {column["name"] for column in sa.inspect(connection).get_columns(table.name)} for table, _ in rows
        }
        for table, values in rows:
            of_that_time = {name: value for name, value in values.items() if name in columns[table]}
            of_table = (*table.columns, *OF_OLD.values())
            known = [sa.column(c.name, _in_clear(c)) for c in of_table if c.name in of_that_time]
            connection.execute(sa.insert(sa.table(table.name, *known)), of_that_time)
    engine.dispose()


def _in_clear(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    """As releases wrote personal values that had no keys yet."""
    if isinstance(column.type, PersonalJson):
        return JsonText()
    return sa.Text() if isinstance(column.type, PersonalText) else column.type


def snapshot(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of ours, column by column, as the database holds it."""
    engine = blocking_engine(Address.parse(url))
    with engine.begin() as connection:
        present = set(sa.inspect(connection).get_table_names()) & set(tables.metadata.tables)
        found = {
            name: [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()]
            for name in present
        }
    engine.dispose()
    return found


def test_every_row_is_kept_as_it_was_and_what_is_new_is_empty(released_url: str) -> None:
    before = snapshot(released_url)
    assert {table.name for table, _ in ROWS} <= {name for name, rows in before.items() if rows}
    assert "units" not in before
    migrate(Address.parse(released_url))
    after = snapshot(released_url)
    for name, rows in before.items():
        stays = [column for column in rows[0] if column not in OF_OLD] if rows else []
        assert [{column: row[column] for column in stays} for row in after[name]] == [
            {column: row[column] for column in stays} for row in rows
        ]
        if name != "applications":  # theirs are told in new words, see below
            added = [{column: row[column] for column in row.keys() - rows[0].keys()} for row in after[name] if rows]
            assert not any(value for row in added for value in row.values())
    # Beside the revision of the book, which is empty, only decisions and payments are there: those of before, in their
    # new place.
    filled = {name: rows for name, rows in after.items() if name not in before and rows}
    told_anew = {"fee_policy_book", "fee_assessments", "books", "step_visits", "ledger_heads", "received_payments"}
    assert filled.keys() <= told_anew
    assert {(row["name"], row["revision"]) for row in after["books"]} == {("units", 0), ("procedures", 0)}
    (book,) = after["fee_policy_book"]
    assert (book["id"], book["revision"]) == (1, 0)


def test_the_upgraded_database_is_read_and_written_like_any_other(released_url: str) -> None:
    database = Database(released_url, clock=lambda: NOW)
    try:
        database.migrate()
        for application in (PAID, APPROVED):
            kept = replace(application, procedure=replace(application.procedure, digest=""))
            assert database.run_blocking(lambda r, one=kept: r.applications.by_id(one.id)) == kept  # type: ignore[misc]
        found = database.run_blocking(lambda r: r.certificates.of_application(APPROVED.id, CertificateKind.RESULT))
        assert found == CERTIFICATE
        assert database.run_blocking(lambda r: r.payments.of_application(PAID.id)) == ORDER
        assert database.run_blocking(lambda r: r.counters.next_receipt(UNIT, 2024)) == 42
        database.run_blocking(lambda r: r.applications.add(an_application()))
        database.run_blocking(lambda r: r.security.record(code="x", route="/v1/x", issuer="citizens", at=NOW))
        assert database.run_blocking(lambda r: r.security.forget(NOW)) == 1
        suspended = replace(CERTIFICATE, suspension=Suspension(reason=SuspensionReason.KEY_IN_DOUBT, by="x", at=NOW))
        database.run_blocking(lambda r: r.certificates.suspend(suspended))
        database.run_blocking(lambda r: r.certificates.want_archive(CERTIFICATE))
        archived = DocumentFile(form=FileForm.ARCHIVED_PDF, sha256=b"\x02" * 32, size_bytes=1, added_at=NOW)
        assert database.run_blocking(lambda r: r.certificates.add_file(CERTIFICATE, archived))
        found = database.run_blocking(lambda r: r.certificates.of_application(APPROVED.id, CertificateKind.RESULT))
        assert found == suspended
        assert database.run_blocking(lambda r: r.certificates.files_of(CERTIFICATE)) == [archived]
    finally:
        database.dispose_blocking()


def test_what_owed_money_or_has_ended_is_known_to_stand_still(released_url: str) -> None:
    engine = blocking_engine(Address.parse(released_url))
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE applications SET state = 'payment_asked' WHERE code = :code"), {"code": PAID.code}
        )
        connection.execute(
            sa.text("UPDATE applications SET state = 'settled' WHERE code = :code"), {"code": APPROVED.code}
        )
    engine.dispose()
    database = Database(released_url, clock=lambda: NOW)
    try:
        database.migrate()
        paid = database.run_blocking(lambda r: r.applications.by_id(PAID.id))
        assert paid.pauses == (Pause(PAID.submitted_at, None, "payment_asked"),)
        settled = database.run_blocking(lambda r: r.applications.by_id(APPROVED.id))
        assert settled.decision is not None
        assert (settled.closed_at, settled.is_paused) == (settled.decision.at, False)
    finally:
        database.dispose_blocking()


def test_decisions_of_before_have_become_the_first_of_their_applications(released_url: str) -> None:
    database = Database(released_url, clock=lambda: NOW)
    try:
        database.migrate()
        for application in (PAID, APPROVED):
            (first,) = database.run_blocking(lambda r, of=application.id: r.assessments.of_application(of))  # type: ignore[misc]
            assert (first.seq, first.cause, first.at) == (1, "submitted", application.submitted_at)
            assert first.assessment == application.fee
        with pytest.raises(DBAPIError, match="stays"):
            database.run_blocking(lambda r: r._connection.execute(sa.delete(fee_tables.fee_assessments)))
    finally:
        database.dispose_blocking()


def test_the_shipped_policies_enter_the_book_of_an_older_database(released_url: str) -> None:
    database = Database(released_url, clock=lambda: NOW)
    try:
        database.migrate()
        database.run_blocking(lambda r: install(r, read_shipped(SHIPPED_POLICIES), NOW))
        book = database.run_blocking(lambda r: r.fee_policies.book())
        of_form_1 = [one for one in book.entries if "criminal_record_form_1" in one.policy.document.document_types]
        assert [entry.policy.version for entry in of_form_1] == [1, 2]
        assert {entry.policy.digest for entry in book.entries} == {
            policy.digest for policy in load_policies(SHIPPED_POLICIES).policies
        }
        # By them, and as known then, what was decided before is decided again.
        assert {entry.known_from for entry in book.entries} == {EVER}
    finally:
        database.dispose_blocking()


def test_nothing_asks_for_archives_of_documents_from_before(released_url: str) -> None:
    """Their column is empty, which is not the same as unwanted and must not be read as wanted either."""
    database = Database(released_url, clock=lambda: NOW)
    try:
        database.migrate()
        overdue = database.run_blocking(lambda r: overdue_jobs(r._connection, changed_before=NOW + timedelta(days=1)))
        assert (JobKind.ISSUE_RESULT, APPROVED.id) in overdue
        archiving = {JobKind.ARCHIVE_RESULT, JobKind.ARCHIVE_RECEIPT}
        assert [found for found in overdue if found[0] in archiving] == []
    finally:
        database.dispose_blocking()


def test_what_was_issued_before_is_guarded_too(released_url: str) -> None:
    migrate(Address.parse(released_url))
    engine = blocking_engine(Address.parse(released_url))
    with pytest.raises(DBAPIError, match="stays what it is"), engine.begin() as connection:
        connection.execute(sa.update(tables.certificates).values(number="000000000000"))
    engine.dispose()


def test_what_was_written_into_the_audit_trail_stays_guarded(released_url: str) -> None:
    migrate(Address.parse(released_url))
    engine = blocking_engine(Address.parse(released_url))
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.update(tables.audit).values(actor="somebody else"))
    engine.dispose()
