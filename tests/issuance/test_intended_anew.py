"""What could not be sealed as it was intended is intended anew: a key taken meanwhile or ended, another day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from issuance.certificate import Certificate, CertificateKind, CertificateState
from issuance.errors import ConcurrentChange
from issuance.fees.facts import vietnam_day
from issuance.issue import conclude, intend, issue
from issuance.produce import produce
from signing.compromise_key import compromise_key
from signing.keys import KeyRing
from signing.local_authority import create_local_authority
from tests.issuance.office import PASSPHRASE, Office
from verification.trust import KeyPurpose
from verification.verdict import VerdictState
from verification.verify_pdf import verify_pdf

RESULT, RECEIPT = CertificateKind.RESULT, CertificateKind.RECEIPT
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def folder(office: Office, tmp_path: Path) -> Path:
    """Keys of the office in a folder that the test may change, begun two days ago."""
    folder = tmp_path / "ring"
    create_local_authority(folder, "Công an thành phố Hà Nội", PASSPHRASE, office.at - 2 * DAY)
    office.keys = KeyRing.load(folder, PASSPHRASE)
    return folder


def verdict_on(office: Office, certificate: Certificate) -> VerdictState:
    assert certificate.sha256 is not None
    data, trust = office.files.load(certificate.sha256), office.keys.trust_list(office.at)
    return office.do(lambda r: verify_pdf(data, trust, r.register, None, office.at)).state  # type: ignore[attr-defined]  # the records of storage have it


@pytest.mark.parametrize("purpose", [KeyPurpose.PDF, KeyPurpose.QR, KeyPurpose.CREDENTIAL])
@pytest.mark.parametrize("later", [HOUR, DAY])
async def test_a_key_taken_after_the_intent_is_replaced_by_one_that_had_not_begun_then(
    office: Office, folder: Path, purpose: KeyPurpose, later: timedelta
) -> None:
    approved = await office.approved()
    intended = office.do(lambda r: intend(r, office.workshop(), RESULT, approved.id))
    taken = office.keys.active(purpose, office.at).key_id
    assert taken in intended.key_ids
    office.at += later
    compromise_key(folder, PASSPHRASE, taken, office.at - timedelta(minutes=1), office.at)
    office.keys = KeyRing.load(folder, PASSPHRASE)
    office.at += timedelta(minutes=1)

    issued = office.issue(approved.id)

    assert taken not in issued.key_ids
    assert (issued.number, issued.check_code, issued.status_list, issued.status_index) == (
        intended.number,
        intended.check_code,
        intended.status_list,
        intended.status_index,
    )
    assert issued.issued_on == vietnam_day(office.at)
    assert verdict_on(office, issued) is VerdictState.VALID


async def test_a_document_that_waited_for_days_bears_the_day_and_the_keys_of_its_seal(
    office: Office, folder: Path
) -> None:
    approved = await office.approved()
    intended = office.do(lambda r: intend(r, office.workshop(), RESULT, approved.id))
    ended = KeyRing.load(folder, PASSPHRASE)
    create_local_authority(folder.parent / "next", "Công an thành phố Hà Nội", PASSPHRASE, office.at + DAY)
    following = KeyRing.load(folder.parent / "next", PASSPHRASE)
    office.keys = replace(
        ended,
        entries=tuple(replace(e, not_after=office.at + DAY) for e in ended.entries) + following.entries,
        roots=ended.roots + following.roots,
    )
    office.at += 5 * DAY

    issued = office.issue(approved.id)

    assert not set(issued.key_ids) & set(intended.key_ids)
    assert issued.issued_on == vietnam_day(office.at) != intended.issued_on
    assert issued.content["issued_on"] == issued.issued_on.isoformat()
    assert office.audit(approved.id).count("certificate_intended_anew") == 1
    assert verdict_on(office, issued) is VerdictState.VALID


async def test_a_receipt_keeps_its_number(office: Office, folder: Path) -> None:
    approved = await office.approved()
    intended = office.do(lambda r: intend(r, office.workshop(), RECEIPT, approved.id))
    office.at += 2 * DAY
    issue(office.workshop(), RECEIPT, approved.id, lambda name, act: act())
    issued = office.do(lambda r: r.certificates.of_application(approved.id, RECEIPT))
    assert issued is not None
    assert issued.content["receipt_number"] == intended.content["receipt_number"]
    assert issued.issued_on == vietnam_day(office.at)


async def test_what_was_sealed_under_an_older_intent_is_never_registered(office: Office, folder: Path) -> None:
    approved = await office.approved()
    intended = office.do(lambda r: intend(r, office.workshop(), RESULT, approved.id))
    of_yesterday = produce(office.workshop(), intended)
    remembered = of_yesterday.to_step()
    office.at += DAY
    steps = iter([None, remembered])

    def resumed(name: str, act: object) -> object:
        """A job that has done its first two steps yesterday."""
        return next(steps) if name != "conclude" else act()  # type: ignore[operator]  # a step's act

    issue(office.workshop(), RESULT, approved.id, resumed)  # type: ignore[arg-type]  # as above
    issued = office.do(lambda r: r.certificates.of_application(approved.id, RESULT))
    assert issued is not None
    assert issued.state is CertificateState.ISSUED
    assert verdict_on(office, issued) is VerdictState.VALID

    other = await office.approved()
    first = office.do(lambda r: intend(r, office.workshop(), RESULT, other.id))
    sealed = produce(office.workshop(), first)
    office.do(lambda r: r.certificates.renew(replace(first, intended_at=first.intended_at + HOUR)))
    with pytest.raises(ConcurrentChange):
        office.do(lambda r: conclude(r, RESULT, other.id, sealed, office.at))
