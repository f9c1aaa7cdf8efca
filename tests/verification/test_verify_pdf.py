import random
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.seal_pdf import seal_pdf
from tests.sealing import (
    AT,
    ORGANISATION,
    OneDocumentRegister,
    facts_of,
    key_ring,
    pdf_permit,
    rendered,
    sealed_pdf,
    snapshot,
)
from verification.formats import cms
from verification.formats.pdf import MAX_PDF_BYTES
from verification.formats.pdf_seal import CONTENTS_BYTES
from verification.register import DocumentStatus, RegisteredDocument, RegisterUnavailable
from verification.trust import KeyPurpose, TrustedKey, TrustList
from verification.verdict import NOT_REACHED, VIETNAM, Verdict, VerdictState
from verification.verify_number import verify_number
from verification.verify_pdf import verify_pdf

RING = key_ring()
TRUST = RING.trust_list(AT)
FACTS = facts_of(RING)
PDF = sealed_pdf().data
REGISTER = OneDocumentRegister.of(PDF, FACTS)
STATUS = snapshot(RING)
FLIPS = 1500


class NoRegister(OneDocumentRegister):
    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
        raise RegisterUnavailable

    def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
        raise RegisterUnavailable


def offline(data: bytes, trust: TrustList = TRUST) -> Verdict:
    return verify_pdf(data, trust, None, STATUS, AT)


def registered(data: bytes, register: OneDocumentRegister = REGISTER) -> Verdict:
    return verify_pdf(data, TRUST, register, None, AT)


@pytest.mark.parametrize("key_type", ["p256", "rsa2048"])
def test_a_sealed_pdf_is_valid_with_and_without_the_register(key_type: str) -> None:
    ring = key_ring(key_type)  # type: ignore[arg-type]  # pytest hands the literal over as a str
    data, facts, trust = sealed_pdf(key_type).data, facts_of(ring), ring.trust_list(AT)  # type: ignore[arg-type]  # the same
    alone = verify_pdf(data, trust, None, snapshot(ring), AT)
    known = verify_pdf(data, trust, OneDocumentRegister.of(data, facts), None, AT)
    assert alone.state is known.state is VerdictState.VALID
    assert alone.facts == known.facts == facts
    assert alone.issuer_name == ORGANISATION


def test_no_flipped_bit_is_valid() -> None:
    """A sample over the whole file, and one over the /Contents hole, which the signature itself does not cover."""
    assert offline(PDF).state is registered(PDF).state is VerdictState.VALID
    generator = random.Random(20261120)
    hole = PDF.index(b"/Contents <")
    der_end = hole + 11 + 2 * 1400
    places = [generator.randrange(8 * len(PDF)) for _ in range(FLIPS // 2)]
    places += [generator.randrange(8 * hole, 8 * der_end) for _ in range(FLIPS // 2)]
    for place in places:
        damaged = bytearray(PDF)
        damaged[place // 8] ^= 1 << place % 8
        for verdict in (offline(bytes(damaged)), registered(bytes(damaged))):
            assert verdict.state in {VerdictState.NOT_GENUINE, VerdictState.UNREADABLE}, place
            assert verdict.facts is None


def test_live_status_decides_for_a_registered_document() -> None:
    assert registered(PDF, REGISTER.marked(DocumentStatus.REVOKED)).state is VerdictState.REVOKED
    assert registered(PDF, REGISTER.marked(DocumentStatus.SUSPENDED)).state is VerdictState.SUSPENDED


def test_offline_status_comes_from_the_list_for_the_attached_facts() -> None:
    verdict = verify_pdf(PDF, TRUST, None, snapshot(RING, (FACTS.status_index,)), AT)
    assert (verdict.state, verdict.facts) == (VerdictState.REVOKED, FACTS)
    assert verify_pdf(PDF, TRUST, None, None, AT).state is VerdictState.STATUS_UNKNOWN


def test_a_register_that_cannot_be_asked_accuses_nobody() -> None:
    verdict = verify_pdf(PDF, TRUST, NoRegister(REGISTER.document), None, AT)
    assert (verdict.state, verdict.facts) == (VerdictState.STATUS_UNKNOWN, FACTS)
    nobody = NoRegister(REGISTER.document)
    assert verify_number("1" * 12, "2" * 10, TRUST, nobody, AT).state is VerdictState.STATUS_UNKNOWN


def test_a_document_with_our_seal_that_was_never_registered_is_forged() -> None:
    """Somebody with a stolen key, or a file saved before the issuing failed."""
    other = seal_pdf(pdf_permit(rendered(FACTS)), RING.active(KeyPurpose.PDF, AT), "Kẻ trộm", AT).data
    assert offline(other).state is VerdictState.VALID
    verdict = registered(other)
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "not_in_register")


def test_a_registered_digest_without_a_good_seal_is_refused() -> None:
    planted = rendered(FACTS)
    verdict = registered(planted, OneDocumentRegister.of(planted, FACTS))
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "seal_contradicts_register")


def test_another_authoritys_seal_is_unknown_and_shows_no_facts() -> None:
    for verdict in (offline(PDF, TrustList((), (), AT)), offline(PDF, key_ring("rsa2048").trust_list(AT))):
        assert (verdict.state, verdict.reason, verdict.facts) == (VerdictState.UNKNOWN_ISSUER, "issuer_unknown", None)


def test_an_outdated_certificate_needs_the_registers_word_for_the_day_of_issue() -> None:
    later = AT + timedelta(days=6 * 365)
    alone = verify_pdf(PDF, TRUST, None, STATUS, later)
    assert (alone.state, alone.reason) == (VerdictState.UNKNOWN_ISSUER, "certificate_out_of_date")
    assert verify_pdf(PDF, TRUST, REGISTER, None, later).state is VerdictState.VALID
    backdated = OneDocumentRegister.of(PDF, replace(FACTS, issued_on=date(2020, 1, 1)))
    assert verify_pdf(PDF, TRUST, backdated, None, AT).state is VerdictState.UNKNOWN_ISSUER


def with_keys(change: Callable[[TrustedKey], TrustedKey | None]) -> TrustList:
    return replace(TRUST, keys=tuple(changed for key in TRUST.keys if (changed := change(key)) is not None))


def without(purpose: KeyPurpose) -> TrustList:
    return with_keys(lambda key: None if key.purpose is purpose else key)


def ending(purpose: KeyPurpose, end: datetime) -> TrustList:
    return with_keys(lambda key: replace(key, not_after=end) if key.purpose is purpose else key)


@pytest.mark.parametrize("purpose", [KeyPurpose.PDF, KeyPurpose.RECEIPT])
def test_a_certificate_under_the_root_that_is_not_listed_is_unknown(purpose: KeyPurpose) -> None:
    """A key withdrawn, or somebody else's: the same root may certify many, and none of them writes for another."""
    data = seal_pdf(pdf_permit(rendered(FACTS), purpose), RING.active(purpose, AT), ORGANISATION, AT).data
    trust = without(purpose)
    for register in (None, REGISTER, OneDocumentRegister.of(data, FACTS)):
        verdict = verify_pdf(data, trust, register, STATUS, AT)
        assert (verdict.state, verdict.reason) == (VerdictState.UNKNOWN_ISSUER, "issuer_unknown")
        assert (verdict.facts, verdict.issuer_name) == (None, None)
        assert verdict.seal.code == "seal_intact"


def test_offline_the_keys_own_period_counts_beside_its_certificates() -> None:
    """Nobody proves when a key that has ended signed: whoever has stolen it writes any date."""
    ended = verify_pdf(PDF, ending(KeyPurpose.PDF, AT), None, STATUS, AT)
    assert (ended.state, ended.reason) == (VerdictState.UNKNOWN_ISSUER, "certificate_out_of_date")
    assert ended.facts is None
    in_force = ending(KeyPurpose.PDF, AT + timedelta(seconds=1))
    assert verify_pdf(PDF, in_force, None, STATUS, AT).state is VerdictState.VALID
    early = with_keys(lambda key: replace(key, not_before=AT + timedelta(seconds=1)))
    assert verify_pdf(PDF, early, None, STATUS, AT).state is VerdictState.UNKNOWN_ISSUER


def test_our_seal_on_an_unregistered_file_is_forged_whenever_its_key_ended() -> None:
    other = seal_pdf(pdf_permit(rendered(FACTS)), RING.active(KeyPurpose.PDF, AT), "Kẻ trộm", AT).data
    verdict = verify_pdf(other, TRUST, REGISTER, None, AT + timedelta(days=6 * 365))
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "not_in_register")


MIDNIGHT = datetime(2026, 11, 20, tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (MIDNIGHT, VerdictState.UNKNOWN_ISSUER),
        (MIDNIGHT + timedelta(seconds=1), VerdictState.VALID),
        (AT, VerdictState.VALID),
    ],
)
def test_registered_counts_when_the_key_signed_at_any_time_of_the_day_of_issue(
    end: datetime, state: VerdictState
) -> None:
    for later in (timedelta(0), timedelta(days=1), timedelta(days=3650)):
        assert verify_pdf(PDF, ending(KeyPurpose.PDF, end), REGISTER, None, AT + later).state is state


def test_documents_of_a_certificates_first_and_last_day_stay_valid() -> None:
    certificate = RING.active(KeyPurpose.PDF, AT).certificate_chain[0]
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    for edge in (first, last):
        # Neither begins or ends at midnight, or this would prove nothing.
        assert edge.astimezone(VIETNAM).time() != MIDNIGHT.time()
        day = edge.astimezone(VIETNAM).date()
        for issued_on, state in ((day, VerdictState.VALID), (day + timedelta(days=1 if edge is last else -1), None)):
            register = OneDocumentRegister.of(PDF, replace(FACTS, issued_on=issued_on))
            verdict = verify_pdf(PDF, TRUST, register, None, last + timedelta(days=40))
            assert verdict.state is (state or VerdictState.UNKNOWN_ISSUER)
            assert verdict.reason == ("valid" if state else "certificate_out_of_date")


def test_a_registered_document_sealed_with_the_receipts_key_is_refused() -> None:
    key = RING.active(KeyPurpose.RECEIPT, AT)
    extract = seal_pdf(pdf_permit(rendered(FACTS), KeyPurpose.RECEIPT), key, ORGANISATION, AT).data
    verdict = registered(extract, OneDocumentRegister.of(extract, FACTS))
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "key_for_other_purpose")


def test_a_receipt_key_certifies_receipts_only() -> None:
    key = RING.active(KeyPurpose.RECEIPT, AT)
    extract = seal_pdf(pdf_permit(rendered(FACTS), KeyPurpose.RECEIPT), key, ORGANISATION, AT).data
    assert (offline(extract).state, offline(extract).reason) == (VerdictState.NOT_GENUINE, "key_for_other_purpose")
    receipt = replace(FACTS, document_type="receipt")
    genuine = seal_pdf(pdf_permit(rendered(receipt), KeyPurpose.RECEIPT), key, ORGANISATION, AT).data
    assert offline(genuine).state is VerdictState.VALID


ATTACKS = {
    "unsigned": (rendered(FACTS), "seal_missing"),
    "upper_case_contents": (
        re.sub(rb"/Contents <[0-9a-f]+", lambda m: m[0][:11] + m[0][11:].upper(), PDF),
        "seal_misplaced",
    ),
    "padding_filled": (PDF.replace(b"0000>/", b"0001>/").replace(b"0000>>>", b"0001>>>"), "seal_padding_not_zero"),
    "content_replaced": (PDF.replace(b"/Lang (vi)", b"/Lang (en)"), "seal_not_over_this_file"),
    "byte_range_moved": (PDF.replace(b"/ByteRange [0 ", b"/ByteRange [1 "), "seal_misplaced"),
    "changes_allowed": (PDF.replace(b"/P 1/V /1.2", b"/P 3/V /1.2"), "seal_misplaced"),
    "other_subfilter": (PDF.replace(b"ETSI.CAdES.detached", b"adbe.pkcs7.detached"), "seal_misplaced"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_on_the_file_are_refused_for_their_own_reason(name: str) -> None:
    data, reason = ATTACKS[name]
    assert data != PDF
    for verdict in (offline(data), registered(data)):
        assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, reason)


DAMAGED = {
    "a mail gateway's newline": PDF + b"\n",
    "every line end made another": PDF.replace(b"\n", b"\r\n"),
    "another end behind the end": PDF + b"%%EOF\n",
    "the last line end missing": PDF[:-1],
    "two bytes missing": PDF[:-2],
    "twenty bytes missing": PDF[:-20],
    "cut short in the seal": PDF[:-200],
    "cut in half": PDF[: len(PDF) // 2],
    "just begun": PDF[:1000],
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_came_incomplete_or_with_more_behind_it_is_not_examined_and_accuses_nobody(damage: str) -> None:
    """A download cut short is no forgery; nor does anything of it count."""
    for verdict in (offline(DAMAGED[damage]), registered(DAMAGED[damage])):
        assert (verdict.state, verdict.reason) == (VerdictState.UNREADABLE, "pdf_end_malformed")
        assert (verdict.facts, verdict.issuer_name) == (None, None)
    stored = OneDocumentRegister.of(DAMAGED[damage], FACTS)
    assert registered(DAMAGED[damage], stored).reason == "seal_contradicts_register"


def test_an_incremental_update_after_the_seal_is_refused(tmp_path: Path) -> None:
    """The shadow attack's last step: another catalog in a third revision; the signature itself stays intact."""
    number = re.search(rb"/Root (\d+) 0 R", PDF)
    last = re.search(rb"startxref\n(\d+)\n%%EOF\n$", PDF)
    trailer = PDF[PDF.rindex(b"trailer\n") : PDF.rindex(b"startxref")]
    assert number
    assert last
    catalog = re.findall(rb"\n%s 0 obj\n(.*?)\nendobj" % number[1], PDF, re.DOTALL)[-1]
    update = b"%s 0 obj\n%s\nendobj\n" % (number[1], catalog.replace(b"(vi)", b"(en)"))
    start = len(PDF) + len(update)
    update += b"xref\n%s 1\n%010d 00000 n \n" % (number[1], len(PDF))
    update += re.sub(rb"/Prev \d+", b"/Prev " + last[1], trailer) + b"startxref\n%d\n%%%%EOF\n" % start
    attacked = PDF + update
    (tmp_path / "attacked.pdf").write_bytes(attacked)
    seen = subprocess.run(["qpdf", "--check", tmp_path / "attacked.pdf"], capture_output=True, check=False)
    assert seen.returncode == 0, "the attack must be a sound file, or it proves nothing"
    assert offline(attacked).reason == "seal_update_not_allowed"
    assert registered(attacked).state is VerdictState.NOT_GENUINE


def resealed(data: bytes) -> bytes:
    """Sign whatever /ByteRange says with the real key, so that one rule of the seal's place alone can refuse it."""
    numbers = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", data)
    assert numbers
    _, before, after, _ = map(int, numbers.groups())
    digest = sha256(data[:before] + data[after:]).digest()
    key = RING.active(KeyPurpose.PDF, AT)
    signer = key.certificate_chain[0]
    signature = key.sign(cms.to_be_signed(digest, signer))
    contents = cms.signed_data(digest, signer, (), key.algorithm, signature).hex().encode()
    start = data.index(b"/Contents <") + len(b"/Contents <")
    return data[:start] + contents.ljust(2 * CONTENTS_BYTES, b"0") + data[start + 2 * CONTENTS_BYTES :]


def swapped(pattern: bytes, put: bytes) -> bytes:
    """Replace the last match by as many bytes, so that every offset stays right."""
    found = list(re.finditer(pattern, PDF))[-1]
    assert len(put) <= len(found[0])
    return PDF[: found.start()] + put.ljust(len(found[0])) + PDF[found.end() :]


def with_byte_range(change: Callable[[int, int, int, int], tuple[int, int, int, int]]) -> bytes:
    numbers = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", PDF)
    assert numbers
    zero, before, after, rest = map(int, numbers.groups())
    return swapped(rb"/ByteRange \[.*?\]", b"/ByteRange [%d %d %d %d]" % change(zero, before, after, rest))


FIELD = re.search(rb"/Fields \[(\d+) 0 R\]", PDF)
assert FIELD
MISPLACED = {
    "end not covered": with_byte_range(lambda zero, before, after, rest: (zero, before, after, rest - 1)),
    "hole wider than contents": with_byte_range(lambda zero, before, after, rest: (zero, before, after + 1, rest - 1)),
    "hole wider in front": with_byte_range(lambda zero, before, after, rest: (zero, before - 1, after, rest)),
    "start not covered": with_byte_range(lambda zero, before, after, rest: (1, before, after, rest)),
    "permissions elsewhere": swapped(rb"/DocMDP \d+ 0 R", b"/DocMDP 1 0 R"),
    "two fields": swapped(rb"/Fields \[\d+ 0 R\]/SigFlags 3", b"/Fields [%s 0 R 1 0 R]" % FIELD[1]),
    "two byte ranges": swapped(rb"/Filter /Adobe\.PPKLite", b"/Filter/X/ByteRangeX 1"),
    "another kind of field": swapped(rb"/FT /Sig", b"/FT /Btn"),
    "forms may be filled": swapped(rb"/P 1/V /1\.2", b"/P 2/V /1.2"),
}


def test_sealing_again_is_a_fair_attack() -> None:
    assert offline(resealed(PDF)).state is VerdictState.VALID


@pytest.mark.parametrize("name", MISPLACED)
def test_a_seal_in_another_place_is_refused_even_with_the_right_key(name: str) -> None:
    verdict = offline(resealed(MISPLACED[name]))
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "seal_misplaced")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "pdf_not_recognised"),
        (b"hello", "pdf_not_recognised"),
        (b"%PDF-1.7" + bytes(MAX_PDF_BYTES), "pdf_too_large"),
    ],
)
def test_what_is_no_pdf_is_unreadable(data: bytes, reason: str) -> None:
    assert (offline(data).state, offline(data).reason) == (VerdictState.UNREADABLE, reason)


@given(st.binary(max_size=300), st.sampled_from([b"%PDF-1.7\n", b"%PDF-1.7\n/ByteRange\n"]))
def test_any_bytes_get_a_verdict(data: bytes, head: bytes) -> None:
    assert offline(head + data).state is VerdictState.UNREADABLE
    tail = b"\nstartxref\n%d\n%%%%EOF\n" % len(head)
    assert offline(head + b"xref\n" + data + tail).state is VerdictState.NOT_GENUINE


@given(st.integers(0, len(PDF)), st.integers(0, 400), st.binary(max_size=60))
def test_any_splice_gets_a_verdict_and_is_not_valid(start: int, length: int, put: bytes) -> None:
    spliced = PDF[:start] + put + PDF[start + length :]
    if spliced != PDF:
        assert offline(spliced).state in {VerdictState.NOT_GENUINE, VerdictState.UNREADABLE}


def test_a_typed_number_shows_the_registers_facts() -> None:
    found = verify_number(f" {FACTS.number} ", REGISTER.check_code, TRUST, REGISTER, AT)
    assert (found.state, found.facts, found.seal.code) == (VerdictState.VALID, FACTS, "in_register")
    wrong = verify_number(FACTS.number, "WRNGCDE234", TRUST, REGISTER, AT)
    assert (wrong.state, wrong.reason, wrong.facts) == (VerdictState.NOT_GENUINE, "not_in_register", None)
    assert wrong.issuer == NOT_REACHED
    revoked = verify_number(FACTS.number, REGISTER.check_code, TRUST, REGISTER.marked(DocumentStatus.REVOKED), AT)
    assert revoked.state is VerdictState.REVOKED


def test_a_number_does_not_hide_that_the_key_was_stolen() -> None:
    def taken(since: datetime) -> TrustList:
        keys = (replace(k, compromised_from=since) if k.key_id == FACTS.key_id else k for k in TRUST.keys)
        return replace(TRUST, keys=tuple(keys))

    before, after = AT - timedelta(hours=1), AT + timedelta(hours=1)
    later = verify_number(FACTS.number, REGISTER.check_code, taken(after), REGISTER, AT)
    assert later.state is VerdictState.VALID  # sealed before somebody else had the key
    found = verify_number(FACTS.number, REGISTER.check_code, taken(before), REGISTER, AT)
    assert (found.state, found.reason, found.facts) == (VerdictState.NOT_GENUINE, "key_compromised", None)


@pytest.mark.parametrize(
    ("number", "check_code"),
    [
        ("4821", REGISTER.check_code),
        ("", ""),
        ("1" * 101, REGISTER.check_code),
        ("48210937556O", REGISTER.check_code),
        ("٤" * 12, REGISTER.check_code),
        (FACTS.number, "7K3M9"),
        (FACTS.number, "7K3M9PQ2XO"),
        (FACTS.number, REGISTER.check_code + "2"),
    ],
)
@pytest.mark.parametrize("register", [REGISTER, NoRegister(REGISTER.document)])
def test_what_no_document_bears_was_mistyped_and_accuses_nobody(
    number: str, check_code: str, register: OneDocumentRegister
) -> None:
    found = verify_number(number, check_code, TRUST, register, AT)
    assert (found.state, found.reason) == (VerdictState.UNREADABLE, "number_malformed")
