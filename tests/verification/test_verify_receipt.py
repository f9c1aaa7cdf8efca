"""A receipt in XML against the trust list, the register and the status; altered anywhere it is not genuine."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from signing.seal_receipt import seal_receipt
from tests.sealing import AT, OneDocumentRegister, key_ring, sealed_pdf, snapshot
from tests.verification.organisation import LIFETIME
from tests.verification.receipts import content, permit, receipt_facts, sealed, written
from verification.formats.receipt_xml import MAX_RECEIPT_BYTES, START
from verification.register import DocumentStatus, RegisteredDocument, RegisterUnavailable
from verification.trust import KeyPurpose, TrustList
from verification.verdict import Verdict, VerdictState
from verification.verify_file import Examined, verify_file
from verification.verify_receipt import verify_receipt

RING = key_ring()
TRUST = RING.trust_list(AT)
FACTS = receipt_facts(RING, content())
DATA = sealed().data
REGISTER = OneDocumentRegister.of(DATA, FACTS)
STATUS = snapshot(RING)
FLIPS = 400


class NoRegister(OneDocumentRegister):
    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
        raise RegisterUnavailable


def offline(data: bytes, trust: TrustList = TRUST) -> Verdict:
    return verify_receipt(data, trust, None, STATUS, AT)


def registered(data: bytes, register: OneDocumentRegister = REGISTER) -> Verdict:
    return verify_receipt(data, TRUST, register, None, AT)


def test_a_genuine_receipt_is_valid_with_and_without_the_register() -> None:
    for verdict in (offline(DATA), registered(DATA)):
        assert (verdict.state, verdict.facts) == (VerdictState.VALID, FACTS)
        assert verdict.issuer_name == RING.organisation


@pytest.mark.parametrize(
    ("status", "state"),
    [(DocumentStatus.REVOKED, VerdictState.REVOKED), (DocumentStatus.SUSPENDED, VerdictState.SUSPENDED)],
)
def test_what_became_of_it_is_told(status: DocumentStatus, state: VerdictState) -> None:
    assert registered(DATA, REGISTER.marked(status)).state is state


def test_revoked_in_a_status_list_it_is_revoked() -> None:
    assert verify_receipt(DATA, TRUST, None, snapshot(RING, (4242,)), AT).state is VerdictState.REVOKED
    assert verify_receipt(DATA, TRUST, None, None, AT).state is VerdictState.STATUS_UNKNOWN


def test_where_the_register_is_a_signature_that_it_does_not_know_is_forged() -> None:
    other = seal_receipt(permit(written(RING, full_name="Trần Văn Bình")), RING.active(KeyPurpose.RECEIPT, AT)).data
    assert offline(other).state is VerdictState.VALID
    assert (registered(other).state, registered(other).reason) == (VerdictState.NOT_GENUINE, "not_in_register")


def test_without_an_answer_of_the_register_it_is_judged_by_itself() -> None:
    verdict = verify_receipt(DATA, TRUST, NoRegister(REGISTER.document), STATUS, AT)
    assert verdict.state is VerdictState.VALID


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<gross>205000", b"<gross>205001"),
        (b"<fullName>", b"<fullName> "),
        (b"</line>", b"</line> "),
        (b"<receipt ", b"<receipt  "),
        (b"</payer>", b"</payer><!-- -->"),
        (b"<outcome>", b"<outcome></outcome><outcome>"),
        (b"rsa-sha256", b"rsa-sha1"),
        (b"ecdsa-sha256", b"rsa-sha256"),
        (b'URI=""', b'URI="#x"'),
        (b"</ds:X509Data>", b"</ds:X509Data><ds:KeyName>x</ds:KeyName>"),
        (b"</ds:Signature>", b"</ds:Signature><number>2</number>"),
        (b"</ds:Signature>", b"<ds:Object></ds:Object></ds:Signature>"),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>\n"),
    ],
)
def test_changed_anywhere_it_is_not_genuine(old: bytes, new: bytes) -> None:
    changed = DATA.replace(old, new, 1)
    for verdict in (offline(changed), registered(changed)):
        if changed == DATA:
            assert verdict.state is VerdictState.VALID
        else:
            assert verdict.state in {VerdictState.NOT_GENUINE, VerdictState.UNREADABLE}, verdict.reason


def test_no_flipped_bit_of_a_sample_is_valid() -> None:
    draw = random.Random(3)
    for _ in range(FLIPS):
        place, bit = draw.randrange(len(DATA)), draw.randrange(8)
        changed = bytearray(DATA)
        changed[place] ^= 1 << bit
        assert offline(bytes(changed)).state is not VerdictState.VALID, (place, bit)


def test_the_register_and_a_damaged_file_contradict_each_other() -> None:
    damaged = DATA.replace(b"<gross>205000", b"<gross>205001", 1)
    verdict = registered(damaged, OneDocumentRegister.of(damaged, FACTS))
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "seal_contradicts_register")


def test_a_signature_moved_onto_another_receipt_covers_nothing() -> None:
    other = written(RING, full_name="Trần Văn Bình")
    signature = DATA[DATA.index(b"<ds:Signature ") :]
    verdict = offline(other[: -len(b"</receipt>")] + signature)
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "seal_not_over_this_file")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "receipt_incomplete"),
        (DATA[:-1], "receipt_incomplete"),
        (DATA + b"\n", "receipt_incomplete"),
        (START + b"x" * MAX_RECEIPT_BYTES + b"</receipt>", "upload_too_large"),
    ],
)
def test_what_is_not_whole_is_unreadable(data: bytes, reason: str) -> None:
    assert (offline(data).state, offline(data).reason) == (VerdictState.UNREADABLE, reason)


def test_a_receipt_without_a_signature_is_not_genuine() -> None:
    assert offline(written(RING)).state is VerdictState.NOT_GENUINE


def test_somebody_elses_key_is_an_unknown_issuer() -> None:
    assert offline(sealed("rsa2048").data).state is VerdictState.UNKNOWN_ISSUER


def test_a_key_for_other_documents_signs_no_receipts() -> None:
    pages = RING.active(KeyPurpose.PDF, AT)
    stated = content()
    forged = seal_receipt(permit(written(RING)), pages).data
    assert offline(forged).state is VerdictState.UNKNOWN_ISSUER
    assert receipt_facts(RING, stated) == FACTS


def test_a_key_for_receipts_signs_nothing_that_says_it_is_something_else() -> None:
    xml = written(RING).replace(b"<type>receipt</type>", b"<type>criminal_record_form_1</type>")
    verdict = offline(seal_receipt(permit(xml), RING.active(KeyPurpose.RECEIPT, AT)).data)
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "key_for_other_purpose")


def test_a_compromised_key_counts_for_what_the_register_has_from_before() -> None:
    keys = tuple(
        replace(key, compromised_from=AT + timedelta(hours=1)) if key.purpose is KeyPurpose.RECEIPT else key
        for key in TRUST.keys
    )
    stolen = replace(TRUST, keys=keys)
    assert offline(DATA, stolen).state is VerdictState.STATUS_UNKNOWN
    assert verify_receipt(DATA, stolen, REGISTER, None, AT).state is VerdictState.VALID


def test_after_its_certificate_only_the_register_vouches() -> None:
    later = AT + timedelta(days=20 * 365)
    trust = replace(TRUST, as_of=later, fresh_until=later + LIFETIME)
    assert verify_receipt(DATA, trust, None, STATUS, later).state is VerdictState.UNKNOWN_ISSUER
    assert verify_receipt(DATA, trust, REGISTER, None, later).state is VerdictState.VALID


def test_the_door_for_files_knows_it_by_its_first_bytes() -> None:
    found = verify_file(DATA, TRUST, REGISTER, None, AT)
    assert (found.examined, found.verdict.state) == (Examined.FILE, VerdictState.VALID)
    as_page = verify_file(sealed_pdf().data, TRUST, None, STATUS, AT)
    assert as_page.verdict.state is VerdictState.VALID
