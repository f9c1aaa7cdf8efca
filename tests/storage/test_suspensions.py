"""Suspended, reinstated, revoked for good: what the database holds, also when two come at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from issuance.certificate import (
    Certificate,
    CertificateKind,
    CertificateState,
    DocumentFile,
    FileForm,
    Revocation,
    RevocationReason,
    Suspension,
    SuspensionReason,
)
from issuance.errors import AlreadyRevoked, AlreadySuspended, IssuanceError, NotSuspended
from storage import tables
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import NOW, a_certificate, an_application, issue_now
from verification.register import DocumentStatus

OFFICIAL = "https://id.example|can-bo"
A_SUSPENSION = Suspension(reason=SuspensionReason.UNDER_REVIEW, by=OFFICIAL, at=NOW)
A_REVOCATION = Revocation(reason=RevocationReason.REPLACED, by=OFFICIAL, at=NOW)


@dataclass
class Kept:
    """One issued document, and the three things that officials do to it."""

    database: Database
    certificate: Certificate

    async def act(self, what: str) -> None:
        await self.database.run(lambda records: self.acting(records, what))

    def acting(self, records: SqlRecords, what: str) -> None:
        one, certificates = self.certificate, records.certificates
        match what:
            case "suspend":
                certificates.suspend(replace(one, suspension=A_SUSPENSION))
            case "reinstate":
                certificates.reinstate(one)
            case "revoke":
                certificates.revoke(replace(one, state=CertificateState.REVOKED, revocation=A_REVOCATION))

    async def found(self) -> Certificate:
        kind = CertificateKind.RESULT
        found = await self.database.run(lambda r: r.certificates.of_application(self.certificate.application_id, kind))
        assert found is not None
        return found

    async def told(self) -> DocumentStatus:
        """What the status list, the register and the certificate say alike."""
        one = self.certificate
        listed = await self.database.run(lambda r: r.certificates.not_in_force(one.status_list))
        reading = await self.database.run(lambda r: r.register.status_of(one.status_list, one.status_index))
        assert reading is not None
        status = listed.get(one.status_index, DocumentStatus.VALID)
        assert status is reading.status is (await self.found()).status
        return status


async def kept_in(database: Database) -> Kept:
    application = an_application()

    def store(records: SqlRecords) -> Certificate:
        records.applications.add(application)
        return issue_now(records, application)

    return Kept(database, await database.run(store))


@pytest.fixture
async def kept(database: Database) -> Kept:
    return await kept_in(database)


MOVES: dict[tuple[DocumentStatus, str], DocumentStatus | type[IssuanceError]] = {
    (DocumentStatus.VALID, "suspend"): DocumentStatus.SUSPENDED,
    (DocumentStatus.VALID, "reinstate"): NotSuspended,
    (DocumentStatus.VALID, "revoke"): DocumentStatus.REVOKED,
    (DocumentStatus.SUSPENDED, "suspend"): AlreadySuspended,
    (DocumentStatus.SUSPENDED, "reinstate"): DocumentStatus.VALID,
    (DocumentStatus.SUSPENDED, "revoke"): DocumentStatus.REVOKED,
    (DocumentStatus.REVOKED, "suspend"): AlreadyRevoked,
    (DocumentStatus.REVOKED, "reinstate"): AlreadyRevoked,
    (DocumentStatus.REVOKED, "revoke"): AlreadyRevoked,
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(["suspend", "reinstate", "revoke"]), max_size=8))
async def test_suspension_comes_and_goes_and_revocation_stays(database: Database, acts: list[str]) -> None:
    kept, status = await kept_in(database), DocumentStatus.VALID
    for act in acts:
        expected = MOVES[status, act]
        if isinstance(expected, DocumentStatus):
            await kept.act(act)
            status = expected
        else:
            with pytest.raises(expected):
                await kept.act(act)
        assert await kept.told() is status
    assert (await kept.found()).suspension == (A_SUSPENSION if status is DocumentStatus.SUSPENDED else None)


def in_turn(acts: list[str], status: DocumentStatus) -> tuple[dict[str, list[str]], DocumentStatus]:
    """How these end one after the other: what is refused, by act, and what the document is then."""
    refused: dict[str, list[str]] = {}
    for act in acts:
        result = MOVES[status, act]
        if isinstance(result, DocumentStatus):
            status = result
        else:
            refused.setdefault(act, []).append(result.code)
    return refused, status


@pytest.mark.parametrize("begin", ["valid", "suspended"])
@pytest.mark.parametrize(
    "acts",
    [
        ["suspend", "revoke"],
        ["reinstate", "revoke"],
        ["suspend", "suspend"],
        ["reinstate", "reinstate"],
        ["revoke", "revoke"],
        ["suspend", "reinstate", "revoke"],
    ],
    ids="-".join,
)
async def test_at_once_they_end_as_one_after_the_other(database: Database, acts: list[str], begin: str) -> None:
    status = DocumentStatus(begin)
    allowed = [in_turn(list(order), status) for order in permutations(acts)]
    for _ in range(6):
        kept = await kept_in(database)
        if status is DocumentStatus.SUSPENDED:
            await kept.act("suspend")
        outcomes = await asyncio.gather(*(kept.act(act) for act in acts), return_exceptions=True)
        refused: dict[str, list[str]] = {}
        for act, outcome in zip(acts, outcomes, strict=True):
            if outcome is not None:
                assert isinstance(outcome, IssuanceError), outcome
                refused.setdefault(act, []).append(outcome.code)
        assert (refused, await kept.told()) in allowed


async def test_what_is_only_intended_is_not_suspended(database: Database) -> None:
    application, certificate = an_application(), a_certificate(an_application().id)
    certificate = replace(certificate, application_id=application.id)
    await database.run(lambda r: r.applications.add(application))
    await database.run(lambda r: r.certificates.intend(certificate))
    with pytest.raises(AlreadyRevoked):
        await database.run(lambda r: r.certificates.suspend(replace(certificate, suspension=A_SUSPENSION)))
    with pytest.raises(DBAPIError, match="only an issued document is suspended"):
        await written(database, sa.insert(tables.suspensions).values(_row(certificate)))


def _row(certificate: Certificate) -> dict[str, Any]:
    return {
        "certificate_id": certificate.id,
        "reason": "under_review",
        "suspended_by": OFFICIAL,
        "suspended_at": NOW,
    }


async def written(database: Database, statement: sa.Executable) -> None:
    """Past the code that would never write it."""
    await database.run(lambda records: records._connection.execute(statement))


async def test_the_database_itself_holds_no_revoked_document_that_is_suspended(kept: Kept) -> None:
    await kept.act("suspend")
    revoked = {"state": "revoked", "revoked_at": NOW, "revoked_by": OFFICIAL, "revocation_reason": "replaced"}
    with pytest.raises(DBAPIError, match="a revoked document is not suspended"):
        await written(kept.database, sa.update(tables.certificates).values(revoked))
    await kept.act("revoke")
    with pytest.raises(DBAPIError, match="only an issued document is suspended"):
        await written(kept.database, sa.insert(tables.suspensions).values(_row(kept.certificate)))
    assert await kept.told() is DocumentStatus.REVOKED


async def test_a_suspension_does_not_wander_to_a_document_that_is_revoked(database: Database) -> None:
    suspended, revoked = await kept_in(database), await kept_in(database)
    await suspended.act("suspend")
    await revoked.act("revoke")
    with pytest.raises(DBAPIError, match="only an issued document is suspended"):
        await written(database, sa.update(tables.suspensions).values(certificate_id=revoked.certificate.id))


CARRIED: dict[str, Any] = {
    "number": "000000000000",
    "check_code": "AAAAAAAAAA",
    "status_list": 2,
    "status_index": 131_071,
    "sha256": b"\x05" * 32,
    "size_bytes": 5,
    "issued_at": NOW,
    "pdf_key_id": "pdf-2",
    "qr_key_id": "qr-2",
    "credential_key_id": "credential-2",
    "content_digest": "0" * 64,
    "kind": "receipt",
    "type_id": "another",
    "unit": "another",
    "issued_on": NOW.date(),
    "expires_on": NOW.date(),
}


@pytest.mark.parametrize("column", [column for column in CARRIED if column != "issued_on"])
async def test_what_an_issued_document_carries_never_changes(kept: Kept, column: str) -> None:
    with pytest.raises(DBAPIError, match="what is issued stays what it is"):
        await written(kept.database, sa.update(tables.certificates).values({column: CARRIED[column]}))
    await kept.act("revoke")
    with pytest.raises(DBAPIError, match=r"what is issued stays what it is|a revocation is final"):
        await written(kept.database, sa.update(tables.certificates).values({column: CARRIED[column]}))


async def test_an_issued_document_is_neither_taken_back_into_intent_nor_removed(kept: Kept) -> None:
    intent = {"state": "intended", "sha256": None, "size_bytes": None, "issued_at": None}
    with pytest.raises(DBAPIError, match="what is issued stays what it is"):
        await written(kept.database, sa.update(tables.certificates).values(intent))
    with pytest.raises(DBAPIError, match="what is issued stays what it is"):
        await written(kept.database, sa.delete(tables.certificates))


async def test_personal_data_may_be_written_anew(kept: Kept) -> None:
    """So that it can be encrypted with another key; the digest still says what it has to be."""

    def anew(records: SqlRecords) -> None:
        values = {"full_name": "x", "content": {"x": 1}}
        known = {"id": kept.certificate.id, "application_id": kept.certificate.application_id}
        sealed = records.certificates._cells.seal(tables.certificates, values, **known)
        records._connection.execute(sa.update(tables.certificates).values(sealed))

    await kept.database.run(anew)
    assert (await kept.found()).full_name == "x"


async def test_a_registered_file_stays_registered(kept: Kept) -> None:
    file = DocumentFile(form=FileForm.ARCHIVED_PDF, sha256=b"\x09" * 32, size_bytes=9, added_at=NOW)
    await kept.database.run(lambda r: r.certificates.add_file(kept.certificate, file))
    for change in (sa.update(tables.certificate_files).values(size_bytes=1), sa.delete(tables.certificate_files)):
        with pytest.raises(DBAPIError, match="a registered file stays registered"):
            await written(kept.database, change)


async def test_a_document_is_found_by_its_archived_pdf_too_and_not_by_its_credential(kept: Kept) -> None:
    digests = {form: bytes([number]) * 32 for number, form in enumerate(FileForm, 1)}
    for form, digest in digests.items():
        file = DocumentFile(form=form, sha256=digest, size_bytes=9, added_at=NOW)
        await kept.database.run(lambda r, f=file: r.certificates.add_file(kept.certificate, f))
    first = kept.certificate.sha256
    assert first is not None
    for digest in (first, digests[FileForm.ARCHIVED_PDF]):
        document = await kept.database.run(lambda r, d=digest: r.register.document_by_digest(d))
        assert document is not None
        assert (document.serial, document.digest_sha256) == (kept.certificate.number, digest)
        assert document.issued_at == kept.certificate.issued_at
    assert await kept.database.run(lambda r: r.register.document_by_digest(digests[FileForm.CREDENTIAL])) is None
