"""Each invariant that the database itself holds, violated on purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from issuance.application import Application
from issuance.certificate import Certificate, CertificateKind, CertificateState, Revocation, RevocationReason
from issuance.errors import AlreadyRevoked, ConcurrentChange
from issuance.records import AuditEntry
from storage import tables
from storage.certificates import SqlCertificates
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import CITIZEN, NOW, a_certificate, an_application, an_order, issue_now, issued
from verification.register import DocumentStatus

A_REVOCATION = Revocation(reason=RevocationReason.REPLACED, by="https://id.example|can-bo", at=NOW)


@pytest.fixture
async def application(database: Database) -> Application:
    stored = an_application()
    await database.run(lambda records: records.applications.add(stored))
    return stored


async def test_an_application_code_is_given_once(database: Database, application: Application) -> None:
    with pytest.raises(ConcurrentChange, match="uq_applications_code"):
        await database.run(lambda r: r.applications.add(an_application(code=application.code)))


async def test_a_change_based_on_an_old_state_is_refused(database: Database, application: Application) -> None:
    await database.run(lambda records: records.applications.save(application))
    with pytest.raises(ConcurrentChange):
        await database.run(lambda records: records.applications.save(application))


Same = Callable[[SqlRecords, Application], None]


def second_of_its_kind(records: SqlRecords, other: Application) -> None:
    records.certificates.intend(a_certificate(other.id))
    records.certificates.intend(a_certificate(other.id))


def same_number(records: SqlRecords, other: Application) -> None:
    first = a_certificate(other.id)
    records.certificates.intend(first)
    records.certificates.intend(a_certificate(other.id, kind=CertificateKind.RECEIPT, number=first.number))


def same_status_index(records: SqlRecords, other: Application) -> None:
    first = a_certificate(other.id)
    records.certificates.intend(first)
    records.certificates.intend(a_certificate(other.id, kind=CertificateKind.RECEIPT, status_index=first.status_index))


def same_file(records: SqlRecords, other: Application) -> None:
    for kind in CertificateKind:
        intended = a_certificate(other.id, kind=kind)
        records.certificates.intend(intended)
        records.certificates.conclude(issued(intended, b"the same bytes"))


@pytest.mark.parametrize(
    ("violate", "constraint"),
    [
        (second_of_its_kind, "uq_certificates_application_id_kind"),
        (same_number, "uq_certificates_number"),
        (same_status_index, "uq_certificates_status_list_status_index"),
        (same_file, "uq_certificates_sha256"),
    ],
)
async def test_documents_share_nothing(
    database: Database, application: Application, violate: Same, constraint: str
) -> None:
    with pytest.raises(ConcurrentChange, match=constraint):
        await database.run(lambda records: violate(records, application))
    with pytest.raises(ConcurrentChange, match=constraint):
        database.run_blocking(lambda records: violate(records, application))


async def test_a_document_belongs_to_an_application(database: Database) -> None:
    with pytest.raises(IntegrityError):
        await database.run(lambda records: records.certificates.intend(a_certificate(uuid4())))


ISSUED_ROW = {"state": "issued", "sha256": b"\x01" * 32, "size_bytes": 7, "issued_at": NOW}
REVOKED_ROW = {**ISSUED_ROW, "state": "revoked", "revoked_at": NOW, "revoked_by": "x", "revocation_reason": "replaced"}


@pytest.mark.parametrize(
    "row",
    [
        *({**ISSUED_ROW, missing: None} for missing in ("sha256", "size_bytes", "issued_at")),
        *({**ISSUED_ROW, "state": "intended", kept: None} for kept in ("sha256", "size_bytes", "issued_at")),
        *({**REVOKED_ROW, missing: None} for missing in ("revoked_at", "revoked_by", "revocation_reason", "sha256")),
        {**REVOKED_ROW, "state": "issued"},
        {**ISSUED_ROW, "sha256": b"\x01" * 31},
        {**ISSUED_ROW, "size_bytes": 0},
        {**ISSUED_ROW, "state": "lost"},
    ],
)
async def test_a_row_is_intended_issued_or_revoked_and_never_half(
    database: Database, application: Application, row: dict[str, object]
) -> None:
    certificate = a_certificate(application.id)
    await database.run(lambda records: records.certificates.intend(certificate))
    change = sa.update(tables.certificates).where(tables.certificates.c.id == certificate.id)
    with pytest.raises(IntegrityError):
        await database.run(lambda records: records._connection.execute(change.values(row)))
    await database.run(lambda records: records._connection.execute(change.values(ISSUED_ROW)))
    await database.run(lambda records: records._connection.execute(change.values(REVOKED_ROW)))


async def test_a_document_is_issued_once_and_the_second_digest_is_dropped(
    database: Database, application: Application
) -> None:
    first = await database.run(lambda records: issue_now(records, application))
    second = issued(first, b"sealed again")
    assert not await database.run(lambda records: records.certificates.conclude(second))
    assert await database.run(lambda records: records.certificates.of_application(application.id, first.kind)) == first


async def test_a_document_is_revoked_once_and_only_when_issued(database: Database, application: Application) -> None:
    intended = a_certificate(application.id)
    await database.run(lambda records: records.certificates.intend(intended))
    revoked = replace(issued(intended), state=CertificateState.REVOKED, revocation=A_REVOCATION)
    with pytest.raises(AlreadyRevoked):
        await database.run(lambda records: records.certificates.revoke(revoked))
    await database.run(lambda records: records.certificates.conclude(issued(intended)))
    await database.run(lambda records: records.certificates.revoke(revoked))
    with pytest.raises(AlreadyRevoked):
        await database.run(lambda records: records.certificates.revoke(revoked))
    # Revocation never reverses.
    assert not await database.run(lambda records: records.certificates.conclude(issued(intended, b"again")))
    assert await database.run(lambda r: r.certificates.of_application(application.id, intended.kind)) == revoked


async def test_an_application_has_one_payment_order_which_is_paid_once(
    database: Database, application: Application
) -> None:
    order = an_order(application)
    await database.run(lambda records: records.payments.open(order))
    with pytest.raises(ConcurrentChange, match="uq_payment_orders_application_id"):
        await database.run(lambda records: records.payments.open(replace(order, id=uuid4(), memo="another")))
    other = an_application()
    await database.run(lambda records: records.applications.add(other))
    with pytest.raises(ConcurrentChange, match="uq_payment_orders_memo"):
        await database.run(lambda r: r.payments.open(replace(order, id=uuid4(), application_id=other.id)))
    paid = replace(order, paid_at=NOW, provider_reference="FT1")
    assert await database.run(lambda records: records.payments.confirm(paid))
    assert not await database.run(lambda r: r.payments.confirm(replace(paid, provider_reference="FT2")))
    assert await database.run(lambda records: records.payments.of_application(application.id)) == paid


async def test_an_order_over_nothing_is_refused(database: Database, application: Application) -> None:
    with pytest.raises(IntegrityError):
        await database.run(lambda r: r.payments.open(replace(an_order(application), amount=0)))  # type: ignore[arg-type] # a plain number


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE certificates SET state = 'issued', revoked_at = NULL, revoked_by = NULL, revocation_reason = NULL",
        "UPDATE certificates SET revocation_reason = 'facts_changed'",
        "UPDATE certificates SET status_index = status_index + 1",
        "UPDATE certificates SET status_list = 2",
        "UPDATE certificates SET sha256 = zeroblob(32)",
        "UPDATE certificates SET number = '000000000000'",
        "DELETE FROM certificates",
    ],
)
async def test_the_database_itself_lets_no_revocation_be_reversed(
    database: Database, application: Application, change: str
) -> None:
    def revoke(records: SqlRecords) -> Certificate:
        revoked = replace(issue_now(records, application), state=CertificateState.REVOKED, revocation=A_REVOCATION)
        records.certificates.revoke(revoked)
        return revoked

    revoked = await database.run(revoke)
    if database.is_postgresql:
        change = change.replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')")
    with pytest.raises(DBAPIError, match="a revocation is final"):
        await database.run(lambda records: records._connection.execute(sa.text(change)))
    assert await database.run(lambda r: r.certificates.of_application(application.id, revoked.kind)) == revoked


async def test_certificates_cannot_be_emptied_at_once(database: Database) -> None:
    if not database.is_postgresql:
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="a revocation is final"):
        await database.run(lambda records: records._connection.execute(sa.text("TRUNCATE certificates CASCADE")))


async def test_the_oldest_document_that_is_intended_but_not_issued_is_known(database: Database) -> None:
    assert await database.run(lambda records: records.certificates.oldest_intent()) is None
    applications = [an_application() for _ in range(3)]
    intended = [
        a_certificate(application.id, intended_at=NOW + timedelta(hours=n))
        for n, application in enumerate(applications)
    ]

    def store(records: SqlRecords) -> None:
        for application, certificate in zip(applications, intended, strict=True):
            records.applications.add(application)
            records.certificates.intend(certificate)

    await database.run(store)
    for n in range(3):
        assert await database.run(lambda records: records.certificates.oldest_intent()) == NOW + timedelta(hours=n)
        await database.run(lambda records, n=n: records.certificates.conclude(issued(intended[n])))
    assert await database.run(lambda records: records.certificates.oldest_intent()) is None


async def test_the_longest_account_that_an_issuer_may_name_has_room_everywhere(database: Database) -> None:
    """A sub has up to 255 letters (OpenID Connect Core 1.0, 2), and the issuer's address stands before it."""
    account = f"https://id.{'x' * 300}.example|{'s' * 255}"

    def act(records: SqlRecords) -> Certificate | None:
        application = an_application()
        applicant = replace(application.applicant, subject_key=account)
        records.applications.add(replace(application, applicant=applicant))
        records.audit.append(AuditEntry(at=NOW, actor=account, action="act", application_id=application.id, details={}))
        records.idempotency.keep(account, "key", body_sha256=b"\x01" * 32, status=201, body="{}", headers={}, at=NOW)
        certificate = issue_now(records, application)
        records.certificates.revoke(replace(certificate, revocation=replace(A_REVOCATION, by=account)))
        return records.certificates.of_application(application.id, certificate.kind)

    revoked = await database.run(act)
    assert revoked is not None
    assert revoked.revocation is not None
    assert revoked.revocation.by == account


@pytest.mark.parametrize("change", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
async def test_the_audit_trail_is_append_only(database: Database, change: str) -> None:
    entry = AuditEntry(at=NOW, actor=CITIZEN, action="act", application_id=uuid4(), details={})
    await database.run(lambda records: records.audit.append(entry))
    with pytest.raises(DBAPIError, match="append-only"):
        await database.run(lambda records: records._connection.execute(sa.text(change)))
    assert entry.application_id is not None
    assert await database.run(lambda records: records.audit.of_application(entry.application_id)) == [entry]


async def test_the_audit_trail_cannot_be_emptied_either(database: Database) -> None:
    if not database.is_postgresql:
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="append-only"):
        await database.run(lambda records: records._connection.execute(sa.text("TRUNCATE audit")))


async def test_without_its_audit_entry_nothing_happens(database: Database, application: Application) -> None:
    """No audit, no service: an entry that cannot be written takes its effect with it."""

    def act(records: SqlRecords) -> None:
        records.applications.save(replace(application, step="another"))
        records.audit.append(
            AuditEntry(at=NOW, actor=CITIZEN, action="act", application_id=application.id, details={"x": object()})
        )

    with pytest.raises(TypeError, match="no form in JSON"):
        await database.run(act)
    assert await database.run(lambda records: records.applications.by_id(application.id)) == application


async def test_a_new_status_list_is_opened_when_half_of_one_is_used(database: Database) -> None:
    applications = [an_application() for _ in range(5)]

    def use(records: SqlRecords, application: Application) -> int:
        certificates = SqlCertificates(records._connection, records.certificates._cells, entries_per_list=2)
        records.applications.add(application)
        number = certificates.open_status_list()
        certificates.intend(a_certificate(application.id, status_list=number))
        return number

    used = [await database.run(lambda records, a=application: use(records, a)) for application in applications]
    assert used == [1, 1, 2, 2, 3]


async def test_a_status_list_names_its_revoked_entries_and_no_others(database: Database) -> None:
    revoked = []
    for number in range(6):
        application = an_application()

        def act(records: SqlRecords, application: Application = application, number: int = number) -> None:
            records.applications.add(application)
            certificate = issue_now(records, application, status_index=100 - number)
            if number % 2:
                records.certificates.revoke(replace(certificate, revocation=A_REVOCATION))
                revoked.append(certificate.status_index)

        await database.run(act)
    assert await database.run(lambda records: sorted(records.certificates.not_in_force(1))) == sorted(revoked)
    assert await database.run(lambda records: sorted(records.certificates.not_in_force(2))) == []


async def test_the_register_knows_issued_documents_by_digest_and_by_number_with_check_code(
    database: Database, application: Application
) -> None:
    intended = a_certificate(application.id)
    done = issued(intended)
    await database.run(lambda records: records.certificates.intend(intended))
    digest = hashlib.sha256(intended.number.encode()).digest()

    async def found() -> list[object]:
        return [
            await database.run(lambda records: records.register.document_by_digest(digest)),
            await database.run(lambda r: r.register.document_by_number(done.number, done.check_code)),
            await database.run(lambda r: r.register.status_of(done.status_list, done.status_index)),
        ]

    assert await found() == [None, None, None]  # what is only intended may not be known
    await database.run(lambda records: records.certificates.conclude(done))
    by_digest, by_number, reading = await found()
    assert by_digest == by_number
    assert by_digest.facts == done.facts  # type: ignore[attr-defined] # a document by now
    assert by_digest.status is reading.status is DocumentStatus.VALID  # type: ignore[attr-defined] # a reading by now
    for number, code in (
        (done.number, "AAAAAAAAAA"),
        (done.number, ""),
        (done.number, "Ă"),
        ("000000000000", "-" * 10),
    ):
        assert await database.run(lambda r, n=number, c=code: r.register.document_by_number(n, c)) is None
    await database.run(lambda r: r.certificates.revoke(replace(done, revocation=A_REVOCATION)))
    by_digest, _, reading = await found()
    assert by_digest.status is reading.status is DocumentStatus.REVOKED  # type: ignore[attr-defined] # as above
    assert await database.run(lambda r: r.register.status_of(done.status_list, done.status_index + 1)) is None


async def test_security_events_are_kept(database: Database) -> None:
    await database.run(lambda r: r.security.record(code="token_expired", route="/v1/applications", at=NOW))
    query = sa.select(tables.security_events.c.code, tables.security_events.c.at)
    rows = await database.run(lambda records: list(records._connection.execute(query)))
    assert [tuple(row) for row in rows] == [("token_expired", NOW)]


def test_personal_data_reaches_columns_by_one_type_only() -> None:
    """So that encryption can come behind it; a new column has to be thought about here."""
    personal = {
        f"{table.name}.{column.name}"
        for table in tables.metadata.tables.values()
        for column in table.columns
        if type(column.type).__name__ in {"PersonalText", "PersonalJson"}
    }
    assert personal == {
        "applications.owner",
        "applications.applicant",
        "applications.on_behalf_of",
        "applications.input",
        "applications.fee",
        "applications.fee_decision",
        "applications.answers",
        "applications.asked",
        "applications.requested_by",
        "applications.subject",
        "applications.decision",
        "apologies.reason",
        "apologies.signed_by",
        "certificates.full_name",
        "certificates.birth_date",
        "certificates.result_line",
        "certificates.content",
        "delegations.from_official",
        "delegations.to_official",
        "idempotency_answers.body",
        "idempotency_answers.headers",
        "officials.full_name",
        "pending_sign_ins.nonce",
        "pending_sign_ins.code_verifier",
        "pending_sign_ins.return_to",
        "questions.answer",
        "questions.answered_by",
        "questions.text",
        "sessions.person",
        "sessions.id_token",
        "sessions.form_token",
        "survey_answers.comment",
        "fee_assessments.assessment",
        "evidence.decided_by",
        "evidence.reason",
        "handovers.acknowledged_by",
        "handovers.note",
        "handovers.opened_by",
        "handovers.reason",
        "handovers.sent_by",
        "parcels.address",
        "payment_decisions.reason",
        "postal_batches.closed_by",
        "received_payments.memo",
    }
