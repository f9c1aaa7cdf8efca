"""The credential of a document: sealed in the same act, registered in the same transaction, under the same entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from issuance.certificate import Certificate, CertificateKind, CertificateState, DocumentFile, FileForm
from issuance.deliver import find_credential
from issuance.errors import ApplicationNotFound, CertificateNotReady, NoCredential
from issuance.issue import conclude, intend, issue
from issuance.prepare import prepare_credential
from issuance.produce import produce
from issuance.produced import Produced
from signing.keys import KeyRing
from signing.local_authority import create_local_authority
from tests.issuance.office import PASSPHRASE, Office
from verification.trust import KeyPurpose
from verification.verdict import DisclosedFacts, Verdict, VerdictState
from verification.verify_credential import verify_credential

RESULT, RECEIPT = CertificateKind.RESULT, CertificateKind.RECEIPT


def files_of(office: Office, certificate: Certificate) -> list[DocumentFile]:
    return list(office.do(lambda r: r.certificates.files_of(certificate)))


def verdict_on(office: Office, file: DocumentFile) -> Verdict:
    text, trust = office.files.load(file.sha256).decode(), office.keys.trust_list(office.at)
    return office.do(lambda r: verify_credential(text, trust, None, office.at, register=r.register))


async def test_a_result_has_one_which_says_what_the_paper_says(office: Office) -> None:
    approved = await office.approved()
    certificate = office.issue(approved.id)

    [file] = files_of(office, certificate)
    verdict = verdict_on(office, file)

    assert (file.form, file.size_bytes) == (FileForm.CREDENTIAL, len(office.files.load(file.sha256)))
    assert file.added_at == certificate.issued_at
    assert verdict.state is VerdictState.VALID
    assert isinstance(verdict.facts, DisclosedFacts)
    assert verdict.facts.agrees_with(certificate.facts)
    assert verdict.facts.key_id == certificate.credential_key_id
    audited = office.do(lambda r: r.audit.of_application(approved.id))[-1]
    assert audited.details["keys"] == [certificate.pdf_key_id, certificate.qr_key_id, certificate.credential_key_id]


async def test_a_receipt_has_none(office: Office) -> None:
    application = await office.application()
    receipt = office.issue(application.id, RECEIPT)

    assert receipt.credential_key_id is None
    assert receipt.key_ids == (receipt.pdf_key_id, receipt.qr_key_id)
    assert [file.form for file in files_of(office, receipt)] == [FileForm.RECEIPT_XML]
    with pytest.raises(ValueError, match="no credential"):
        prepare_credential(receipt)


async def test_of_two_workers_only_the_first_credential_counts(office: Office) -> None:
    approved = await office.approved()
    intended = office.do(lambda r: intend(r, office.workshop(), RESULT, approved.id))
    one, other = produce(office.workshop(), intended), produce(office.workshop(), intended)
    assert one.credential is not None
    assert one.credential != other.credential

    for produced in (one, other):
        office.do(lambda r, p=produced: conclude(r, RESULT, approved.id, p, office.at))

    certificate = office.do(lambda r: r.certificates.of_application(approved.id, RESULT))
    assert certificate is not None
    assert [file.sha256 for file in files_of(office, certificate)] == [one.credential.sha256]


async def test_what_was_intended_before_there_were_any_is_issued_without(office: Office) -> None:
    approved = await office.approved()
    workshop = office.workshop()
    intended = office.do(lambda r: intend(r, workshop, RESULT, approved.id))
    office.do(lambda r: r.certificates.renew(replace(intended, credential_key_id=None)))

    certificate = office.issue(approved.id)

    assert (certificate.state, files_of(office, certificate)) == (CertificateState.ISSUED, [])
    citizen = await office.citizen()
    with pytest.raises(NoCredential):
        office.do(lambda r: find_credential(r, office.catalogue, approved.code, citizen))


async def test_a_job_that_sealed_the_paper_alone_seals_again(office: Office) -> None:
    """Begun by a worker of a version without credentials, on a document that is to have one."""
    approved = await office.approved()
    steps: list[str] = []

    def remembered(name: str, act: object) -> object:
        steps.append(name)
        result = act()  # type: ignore[operator] # the port's act takes nothing
        return result[:2] if name == "produce" else result

    issue(office.workshop(), RESULT, approved.id, remembered)  # type: ignore[arg-type] # as above

    certificate = office.do(lambda r: r.certificates.of_application(approved.id, RESULT))
    assert certificate is not None
    [file] = files_of(office, certificate)
    assert steps == ["intend", "produce", "conclude"]
    assert verdict_on(office, file).state is VerdictState.VALID


@pytest.mark.parametrize("lost", ["pdf", "credential"])
async def test_what_was_swept_in_between_is_sealed_again(office: Office, lost: str) -> None:
    approved = await office.approved()

    def losing(name: str, act: object) -> object:
        result = act()  # type: ignore[operator] # the port's act takes nothing
        if name == "produce":
            file = getattr(Produced.from_step(result), lost)
            for path in office.files_folder.rglob(f"{file.sha256.hex()[2:]}*"):
                path.unlink()
        return result

    issue(office.workshop(), RESULT, approved.id, losing)  # type: ignore[arg-type] # as above

    certificate = office.do(lambda r: r.certificates.of_application(approved.id, RESULT))
    assert certificate is not None
    assert certificate.sha256 is not None
    assert office.files.holds(certificate.sha256)
    assert verdict_on(office, files_of(office, certificate)[0]).state is VerdictState.VALID


async def test_a_compromised_credential_key_is_replaced_before_anything_bears_it(office: Office) -> None:
    approved = await office.approved()
    intended = office.do(lambda r: intend(r, office.workshop(), RESULT, approved.id))
    ring, taken = office.keys, intended.credential_key_id
    other = _ring_with_another_credential_key(office)
    office.keys = replace(
        ring,
        entries=tuple(
            replace(entry, compromised_from=office.at) if entry.key.key_id == taken else entry for entry in ring.entries
        )
        + tuple(entry for entry in other.entries if entry.purpose is KeyPurpose.CREDENTIAL),
    )
    office.at += timedelta(minutes=1)

    certificate = office.issue(approved.id)

    assert certificate.credential_key_id not in (None, taken)
    assert (certificate.pdf_key_id, certificate.qr_key_id) == (intended.pdf_key_id, intended.qr_key_id)
    assert (certificate.number, certificate.status_index) == (intended.number, intended.status_index)
    assert "certificate_intended_anew" in office.audit(approved.id)
    assert verdict_on(office, files_of(office, certificate)[0]).state is VerdictState.VALID


def _ring_with_another_credential_key(office: Office) -> KeyRing:
    folder = office.files_folder.parent / "other-keys"
    create_local_authority(folder, "Công an thành phố Hà Nội", PASSPHRASE, office.at)
    return KeyRing.load(folder, PASSPHRASE)


async def test_only_the_owner_finds_it_and_only_when_issued(office: Office) -> None:
    approved = await office.approved()
    citizen, stranger = await office.citizen(), await office.citizen(sub="subject-2")
    with pytest.raises(CertificateNotReady):
        office.do(lambda r: find_credential(r, office.catalogue, approved.code, citizen))

    certificate = office.issue(approved.id)

    assert office.do(lambda r: find_credential(r, office.catalogue, approved.code, citizen))[0] == certificate
    with pytest.raises(ApplicationNotFound):
        office.do(lambda r: find_credential(r, office.catalogue, approved.code, stranger))
