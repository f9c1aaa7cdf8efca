"""Many at once: exactly one wins, no number is missing and none is given twice."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from issuance.application import Application
from issuance.certificate import CertificateKind
from issuance.errors import ConcurrentChange
from issuance.records import AuditEntry
from storage.records import SqlRecords
from storage.runner import Database, DatabaseOptions
from tests.storage.people import CITIZEN, NOW, UNIT, a_certificate, an_application, an_order, issued
from tests.storage.used_up_codes import use_up_codes

MANY = 50


async def test_of_fifty_claims_of_one_number_one_wins(database: Database) -> None:
    applications = [an_application() for _ in range(MANY)]

    def claim(records: SqlRecords, application: Application) -> None:
        records.applications.add(application)
        records.certificates.intend(a_certificate(application.id, number="123456789012"))

    claims = (database.run(lambda records, a=application: claim(records, a)) for application in applications)
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert all(isinstance(outcome, ConcurrentChange) for outcome in outcomes if outcome is not None)
    stored = await database.run(lambda records: records.applications.list_of_citizen(CITIZEN, None, 100))
    (winner,) = stored.applications
    claimed = await database.run(lambda r: r.certificates.of_application(winner.id, CertificateKind.RESULT))
    assert claimed is not None
    assert claimed.number == "123456789012"


async def test_fifty_at_once_get_the_numbers_one_to_fifty(database: Database) -> None:
    on = date(2024, 6, 3)

    def take(records: SqlRecords) -> tuple[int, int]:
        return records.counters.next_application(UNIT, on)[1], records.counters.next_receipt(UNIT, 2024)

    taken = await asyncio.gather(*(database.run(take) for _ in range(MANY)))
    assert sorted(code for code, _ in taken) == list(range(1, MANY + 1))
    assert sorted(receipt for _, receipt in taken) == list(range(1, MANY + 1))


async def test_a_number_of_a_use_case_that_fails_is_given_to_the_next(database: Database) -> None:
    on = date(2024, 6, 3)

    def fail(records: SqlRecords) -> None:
        records.counters.next_application(UNIT, on)
        raise LookupError("planted")

    assert await database.run(lambda records: records.counters.next_application(UNIT, on)) == (on, 1)
    with pytest.raises(LookupError):
        await database.run(fail)
    assert await database.run(lambda records: records.counters.next_application(UNIT, on)) == (on, 2)


async def test_counters_of_units_days_and_years_do_not_touch(database: Database) -> None:
    def take(records: SqlRecords) -> list[int]:
        counters = records.counters
        return [
            counters.next_application(UNIT, date(2024, 6, 3))[1],
            counters.next_application(UNIT, date(2024, 6, 4))[1],
            counters.next_application("000.00.16.H26", date(2024, 6, 3))[1],
            counters.next_receipt(UNIT, 2024),
            counters.next_receipt(UNIT, 2025),
        ]

    assert await database.run(take) == [1] * 5
    assert await database.run(take) == [2] * 5


async def test_fifty_at_once_at_the_end_of_a_day_go_on_in_the_next_without_gap(database: Database) -> None:
    on = date(2024, 6, 3)
    use_up_codes(database, UNIT, on, days=1, but=20)

    def take(records: SqlRecords, number: int) -> tuple[date, int]:
        # The next day's own ones come at the same time, and some use cases fail and give their number back.
        taken = records.counters.next_application(UNIT, on if number % 3 else on + timedelta(days=1))
        if number % 7 == 0:
            raise LookupError("planted")
        return taken

    outcomes = await asyncio.gather(
        *(database.run(lambda records, n=number: take(records, n)) for number in range(MANY)), return_exceptions=True
    )
    taken = sorted(outcome for outcome in outcomes if isinstance(outcome, tuple))
    failed = sum(isinstance(outcome, LookupError) for outcome in outcomes)
    assert (len(taken), failed) == (42, 8)
    later = [(on + timedelta(days=1), n) for n in range(1, 23)]
    assert taken == [*((on, n) for n in range(9_980, 10_000)), *later]


async def test_ten_thousand_and_five_codes_of_one_unit_and_day(database: Database) -> None:
    on = date(2024, 6, 3)

    def take(records: SqlRecords) -> list[tuple[date, int]]:
        return [records.counters.next_application(UNIT, on) for _ in range(2_001)]

    taken = [one for batch in [await database.run(take) for _ in range(5)] for one in batch]
    assert taken == [
        *((on, n) for n in range(1, 10_000)),
        *((on + timedelta(days=1), n) for n in range(1, 7)),
    ]


async def test_fifty_retries_of_one_request_have_one_effect_and_one_answer(database: Database) -> None:
    def once(records: SqlRecords) -> str:
        kept = records.idempotency.find(CITIZEN, "key")
        if kept is not None:
            return str(kept.body["code"])
        application = an_application()
        records.applications.add(application)
        body = json.dumps({"code": application.code})
        records.idempotency.keep(CITIZEN, "key", body_sha256=b"\x01" * 32, status=201, body=body, headers={}, at=NOW)
        return application.code

    answers = await asyncio.gather(*(database.run(once) for _ in range(MANY)))
    assert len(set(answers)) == 1
    stored = await database.run(lambda records: records.applications.list_of_citizen(CITIZEN, None, 100))
    assert [application.code for application in stored.applications] == [answers[0]]


async def test_fifty_audit_entries_at_once_are_numbered_without_gap(database: Database) -> None:
    application = an_application()
    await database.run(lambda records: records.applications.add(application))

    def note(records: SqlRecords, number: int) -> None:
        records.audit.append(
            AuditEntry(at=NOW, actor=CITIZEN, action="note", application_id=application.id, details={"n": number})
        )

    await asyncio.gather(*(database.run(lambda records, n=number: note(records, n)) for number in range(MANY)))
    entries = await database.run(lambda records: records.audit.of_application(application.id))
    assert sorted(entry.details["n"] for entry in entries) == list(range(MANY))


async def test_result_and_receipt_of_one_application_are_issued_side_by_side(database_url: str) -> None:
    """Both refer to the application's row and both write audit entries: neither may wait for the other in a circle."""
    # One attempt only: a second one would hide the deadlock.
    database = Database(database_url, clock=lambda: NOW, options=DatabaseOptions(attempts=1))
    applications = [an_application() for _ in range(10)]
    await database.run(lambda records: records.certificates.open_status_list())
    for application in applications:
        await database.run(lambda records, a=application: records.applications.add(a))

    def issue(records: SqlRecords, application: Application, kind: CertificateKind) -> None:
        number = records.certificates.open_status_list()
        intended = a_certificate(application.id, kind=kind, status_list=number)
        records.certificates.intend(intended)
        records.audit.append(
            AuditEntry(at=NOW, actor="issuer", action="issued", application_id=application.id, details={})
        )
        assert records.certificates.conclude(issued(intended))

    issuing = [
        database.run(lambda records, a=application, k=kind: issue(records, a, k))
        for application in applications
        for kind in CertificateKind
    ]
    try:
        await asyncio.gather(*issuing)
        for application in applications:
            entries = await database.run(lambda r, a=application: r.audit.of_application(a.id))
            assert len(entries) == len(CertificateKind)
    finally:
        await database.dispose()


async def test_of_fifty_confirmations_of_a_payment_one_counts(database: Database) -> None:
    application = an_application()
    order = an_order(application)
    await database.run(lambda records: records.applications.add(application))
    await database.run(lambda records: records.payments.open(order))

    def confirm(records: SqlRecords, number: int) -> bool:
        return records.payments.confirm(replace(order, paid_at=NOW, provider_reference=f"FT{number}"))

    counted = await asyncio.gather(*(database.run(lambda r, n=number: confirm(r, n)) for number in range(MANY)))
    assert sorted(counted) == [False] * (MANY - 1) + [True]
