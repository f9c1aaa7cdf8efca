"""What is stored comes back equal, also after a restart; and the ports are satisfied."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.services import Records as PortOfTheWaysIn
from api.services import Runner
from issuance.application import Application, ApplicationState, AskedOfCitizen, DecisionOutcome, FeeDecision, Ward
from issuance.certificate import (
    DocumentFile,
    FileForm,
    Revocation,
    RevocationReason,
    Suspension,
    SuspensionReason,
)
from issuance.errors import ConcurrentChange
from issuance.fees.document import VND
from issuance.procedure.limit import Limit
from issuance.procedure.working_time import Pause
from issuance.records import AuditEntry, Transact
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import (
    CITIZEN,
    NOW,
    OFFICIAL,
    a_certificate,
    an_answer,
    an_application,
    an_order,
    approved,
    fee,
    issued,
)

A_FEE_DECISION = FeeDecision(due=VND(170_000), basis="Nghị quyết 77/2025", reason="chưa rõ", by=OFFICIAL, at=NOW)

A_WARD = Ward(
    personal_id="001219000021",
    full_name="Lê Minh Khôi",
    birth_date=date(2019, 4, 12),
    sex=None,
    relation="mother",
    guardians=frozenset(("001195000001", "001091000003")),
    reference="CSDLDC-1",
    answered_at=NOW,
)

APPLICATIONS: dict[str, Callable[[], Application]] = {
    "nothing due": an_application,
    "money due": lambda: an_application(fee=fee(date(2024, 5, 31)), state=ApplicationState.PAYMENT_ASKED),
    "paid": lambda: an_application(fee=fee(date(2024, 5, 31)), paid=True),
    "referred": lambda: an_application(fee=fee(date(2026, 3, 1)), state=ApplicationState.NEWLY_REGISTERED),
    "fee decided": lambda: an_application(fee=fee(date(2026, 3, 1)), fee_decision=A_FEE_DECISION),
    "register answered": lambda: an_application(answers=(an_answer(),)),
    "approved": lambda: approved(an_application()),
    "decided in somebody's place": lambda: replace(
        (application := approved(an_application())),
        decision=replace(
            application.decision,  # type: ignore[type-var] # an approved one has a decision
            acting_for=OFFICIAL,
            delegation=UUID(int=7),
            act="Quyết định số 12",
        ),
    ),
    "papers asked, by another limit": lambda: an_application(
        state=ApplicationState.MORE_PAPERS_ASKED,
        limit=Limit(36, "working_hours"),
        asked=AskedOfCitizen(text="Giấy xác nhận", by=OFFICIAL, at=NOW, until=date(2024, 6, 20)),
        pauses=(Pause(NOW, None, "more_papers_asked"),),
    ),
    "for a child": lambda: an_application(on_behalf_of=A_WARD),
    "refused": lambda: replace(
        (application := approved(an_application())),
        state=ApplicationState.STOPPED,
        decision=replace(application.decision, outcome=DecisionOutcome.REFUSED, reason="thiếu giấy tờ"),  # type: ignore[type-var] # an approved one has a decision
    ),
}


@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_an_application_comes_back_as_it_was(database: Database, kind: str) -> None:
    application = APPLICATIONS[kind]()
    await database.run(lambda records: records.applications.add(application))
    found = await database.run(lambda records: records.applications.by_id(application.id))
    assert found == application
    assert found.amount_due == application.amount_due
    moved = replace(found, step="another", owner=OFFICIAL)
    assert await database.run(lambda records: records.applications.save(moved)) == replace(moved, version=1)
    assert await database.run(lambda records: records.applications.by_id(application.id)) == replace(moved, version=1)


@pytest.mark.parametrize("state", ["intended", "issued", "suspended", "revoked"])
async def test_a_certificate_comes_back_as_it_was(database: Database, state: str) -> None:
    application = an_application()
    certificate = a_certificate(application.id, expires_on=date(2024, 12, 3), credential_key_id="credential-1")

    def store(records: SqlRecords) -> object:
        nonlocal certificate
        records.applications.add(application)
        records.certificates.intend(certificate)
        if state != "intended":
            certificate = issued(certificate)
            assert records.certificates.conclude(certificate)
        if state == "suspended":
            suspension = Suspension(reason=SuspensionReason.UNDER_REVIEW, by=OFFICIAL.subject_key, at=NOW)
            certificate = replace(certificate, suspension=suspension)
            records.certificates.suspend(certificate)
        if state == "revoked":
            revocation = Revocation(reason=RevocationReason.ISSUED_IN_ERROR, by=OFFICIAL.subject_key, at=NOW)
            certificate = replace(certificate, state=certificate.state.REVOKED, revocation=revocation)
            records.certificates.revoke(certificate)
        return None

    await database.run(store)
    assert await database.run(lambda r: r.certificates.of_application(application.id, certificate.kind)) == certificate


async def test_other_keys_of_an_intended_certificate_come_back(database: Database) -> None:
    application = an_application()
    certificate = a_certificate(application.id)
    rekeyed = replace(certificate, pdf_key_id="pdf-2", qr_key_id="qr-2", credential_key_id="credential-2")

    def store(records: SqlRecords) -> None:
        records.applications.add(application)
        records.certificates.intend(certificate)
        records.certificates.renew(rekeyed)

    await database.run(store)
    assert await database.run(lambda r: r.certificates.of_application(application.id, certificate.kind)) == rekeyed
    await database.run(lambda r: r.certificates.conclude(issued(rekeyed)))
    with pytest.raises(ConcurrentChange):
        await database.run(lambda r: r.certificates.renew(certificate))


async def test_further_files_come_back_oldest_first_and_are_registered_once(database: Database) -> None:
    application = an_application()
    intended = a_certificate(application.id)
    certificate = issued(intended)
    archived, credential = (
        DocumentFile(form=form, sha256=bytes([number]) * 32, size_bytes=number, added_at=NOW + timedelta(days=number))
        for number, form in ((9, FileForm.ARCHIVED_PDF), (2, FileForm.CREDENTIAL))
    )

    def store(records: SqlRecords) -> list[bool]:
        records.applications.add(application)
        records.certificates.intend(intended)
        assert records.certificates.conclude(certificate)
        return [records.certificates.add_file(certificate, file) for file in (archived, credential, archived)]

    assert await database.run(store) == [True, True, False]
    assert await database.run(lambda r: r.certificates.files_of(certificate)) == [credential, archived]
    of_ours = [certificate.sha256, archived.sha256, credential.sha256, b"\x07" * 32]
    known = await database.run(lambda r: r.known_digests(of_ours))
    assert set(known) == set(of_ours[:3])


async def test_a_payment_order_comes_back_as_it_was(database: Database) -> None:
    application = an_application()
    order = an_order(application)

    def store(records: SqlRecords) -> None:
        records.applications.add(application)
        records.payments.open(order)

    await database.run(store)
    assert await database.run(lambda records: records.payments.of_application(application.id)) == order
    paid = replace(order, paid_at=NOW, provider_reference="FT24155")
    assert await database.run(lambda records: records.payments.confirm(paid))
    assert await database.run(lambda records: records.payments.of_application(application.id)) == paid


async def test_audit_entries_come_back_in_their_order(database: Database) -> None:
    application = an_application()
    entries = [
        AuditEntry(at=NOW, actor=CITIZEN, action=f"act_{n}", application_id=application.id, details={"n": n, "ý": [n]})
        for n in range(5)
    ]
    await database.run(lambda records: [records.audit.append(entry) for entry in entries])
    await database.run(lambda records: records.audit.append(replace(entries[0], application_id=None)))
    assert await database.run(lambda records: records.audit.of_application(application.id)) == entries


async def test_a_kept_answer_comes_back_as_it_was(database: Database) -> None:
    digest, body, headers = b"\x01" * 32, {"mã": "H26", "lines": [1, None]}, {"Location": "/v1/x"}
    await database.run(
        lambda records: records.idempotency.keep(
            CITIZEN, "key-1", body_sha256=digest, status=201, body=json.dumps(body), headers=headers, at=NOW
        )
    )
    found = await database.run(lambda records: records.idempotency.find(CITIZEN, "key-1"))
    assert found is not None
    assert (found.status, found.body, found.headers) == (201, body, headers)
    assert found.is_of(digest)
    assert not found.is_of(b"\x02" * 32)
    assert found.digest != digest  # by which anybody could confirm a guess at what was asked
    assert await database.run(lambda records: records.idempotency.find("somebody else", "key-1")) is None
    assert await database.run(lambda records: records.idempotency.find(CITIZEN, "key-2")) is None


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), _json, max_size=4),
    # Not at the very ends of the calendar, where an hour less or more has no year any more.
    moment=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))])).filter(
        lambda moment: 1 < moment.year < 9999
    ),
)
async def test_any_json_and_any_aware_time_come_back_equal(
    database: Database, data: dict[str, object], moment: datetime
) -> None:
    application = an_application(input=data, submitted_at=moment)
    await database.run(lambda records: records.applications.add(application))
    assert await database.run(lambda records: records.applications.by_id(application.id)) == application


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    application = an_application(submitted_at=NOW.replace(tzinfo=None))
    with pytest.raises(Exception, match="a time without a zone"):
        await database.run(lambda records: records.applications.add(application))


def test_the_ports_are_satisfied() -> None:
    """Checked by mypy; storage itself may not know who asks."""

    def wire(records: SqlRecords, database: Database) -> tuple[PortOfTheWaysIn, Runner, Transact]:
        return records, database, database.run_blocking

    assert wire.__annotations__["records"] == "SqlRecords"
