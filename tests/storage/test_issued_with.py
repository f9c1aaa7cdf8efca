"""Which documents a stolen key has touched: an operator has to find every one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from issuance.certificate import CertificateState, Revocation, RevocationReason
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import NOW, an_application, issue_now


@pytest.mark.parametrize("place", ["pdf_key_id", "qr_key_id", "credential_key_id"])
async def test_the_applications_whose_documents_carry_a_seal_of_this_key_are_named(
    database: Database, place: str
) -> None:
    revoked = Revocation(reason=RevocationReason.REPLACED, by="https://id.example|can-bo", at=NOW)
    applications = [an_application() for _ in range(4)]

    def store(records: SqlRecords) -> None:
        for number, application in enumerate(applications):
            records.applications.add(application)
            issued = issue_now(records, application, **{place: "another" if number == 1 else "stolen"})
            if number == 2:
                records.certificates.revoke(replace(issued, state=CertificateState.REVOKED, revocation=revoked))

    await database.run(store)
    found = await database.run(lambda records: records.certificates.issued_with("stolen", NOW - timedelta(days=9999)))
    assert set(found) == {applications[0].code, applications[3].code}
    since = NOW + timedelta(days=9999)
    assert await database.run(lambda records: records.certificates.issued_with("stolen", since)) == []
