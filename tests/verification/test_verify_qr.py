from dataclasses import replace
from datetime import date, timedelta

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sealing import AT, facts_of, key_ring, sealed_qr, snapshot
from verification.formats import qr
from verification.register import RegisterUnavailable, StatusReading
from verification.trust import KeyPurpose, TrustList
from verification.verdict import DocumentFacts, Outcome, Verdict, VerdictState
from verification.verify_qr import verify_qr

RING = key_ring()
TRUST = RING.trust_list(AT)
FACTS = facts_of(RING)
SEALED = sealed_qr(FACTS, RING)
DIGITS = SEALED.link.partition("#")[2]


def check(text: str, trust: TrustList = TRUST) -> Verdict:
    return verify_qr(text, trust, snapshot(RING), AT)


def resealed(header: dict[int, object], claims: bytes) -> str:
    """A payload signed with the real key over any header and claims."""
    protected = cbor2.dumps(header, canonical=True)
    signature = RING.active(KeyPurpose.QR, AT).sign(qr.to_be_signed(protected, claims))
    return qr.to_digits(qr.encode_envelope(protected, claims, signature))


def test_a_genuine_code_is_valid_with_its_facts() -> None:
    verdict = check(SEALED.link)
    assert (verdict.state, verdict.reason, verdict.facts) == (VerdictState.VALID, "valid", FACTS)
    assert verdict.issuer_name == "Công an thành phố Hà Nội"
    assert verdict.status.as_of == AT


@pytest.mark.parametrize("host", ["https://kiemtra.example.vn.evil.example/v", "http://192.0.2.1/", "HTTPS://X/V"])
def test_the_host_is_ignored_and_never_followed(host: str) -> None:
    assert check(f"{host}#{DIGITS}").state is VerdictState.VALID
    assert check(DIGITS).state is VerdictState.VALID


def test_revoked_by_the_status_list() -> None:
    verdict = verify_qr(DIGITS, TRUST, snapshot(RING, (FACTS.status_index,)), AT)
    assert (verdict.state, verdict.facts) == (VerdictState.REVOKED, FACTS)


def test_no_network_and_stale_lists_are_unknown_never_forged() -> None:
    class Offline:
        def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
            raise RegisterUnavailable

    later = AT + timedelta(hours=2)
    states = {
        verify_qr(DIGITS, TRUST, None, AT).reason: verify_qr(DIGITS, TRUST, None, AT).state,
        verify_qr(DIGITS, TRUST, Offline(), AT).reason: verify_qr(DIGITS, TRUST, Offline(), AT).state,
        verify_qr(DIGITS, TRUST, snapshot(RING), later).reason: verify_qr(DIGITS, TRUST, snapshot(RING), later).state,
    }
    assert states == dict.fromkeys(
        ("status_not_asked", "register_unavailable", "status_stale"), VerdictState.STATUS_UNKNOWN
    )


def test_an_entry_that_the_list_does_not_have_is_unknown() -> None:
    elsewhere = sealed_qr(replace(FACTS, status_list=9), RING)
    assert check(elsewhere.link).reason == "status_not_listed"


def test_another_authority_is_unknown_not_forged() -> None:
    verdict = check(DIGITS, TrustList((), (), AT))
    assert (verdict.state, verdict.facts) == (VerdictState.UNKNOWN_ISSUER, None)


def test_a_key_of_another_purpose_does_not_count() -> None:
    keys = tuple(replace(key, purpose=KeyPurpose.STATUS) for key in TRUST.keys)
    assert check(DIGITS, replace(TRUST, keys=keys)).state is VerdictState.UNKNOWN_ISSUER


def test_issued_outside_the_period_of_the_key_is_forged() -> None:
    """A stolen key that backdates, or one used after its end."""
    for day in (date(2026, 11, 17), date(2040, 1, 1)):
        verdict = verify_qr(sealed_qr(replace(FACTS, issued_on=day), RING).link, TRUST, None, AT)
        assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "issued_outside_key_period")


@pytest.mark.parametrize("algorithm", [-8, -35, -257, 5, 0])
def test_only_es256_counts_even_when_signed(algorithm: int) -> None:
    text = resealed({1: algorithm, 4: bytes.fromhex(FACTS.key_id)}, qr.encode_claims(FACTS))
    verdict = check(text)
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "algorithm_not_allowed")


@pytest.mark.parametrize(
    "claims",
    [
        {6: 0},
        {6: 1, -65537: ["t", "n", "N", 0, "r", 1, 1]},
        {6: -25200, -65537: ["t", "n", "N", 0, "r", 1]},
        {6: -25200, -65537: ["t", "n", "", 0, "r", 1, 1]},
        {6: -25200, -65537: ["t", "n", "N", 0, "r", -1, 1]},
        {6: -25200, -65537: ["t", "n", "N", 0, "r", 1, 2**31]},
        {6: -25200, -65537: ["t", "n", "N", 0, "r", 2**31, 1]},
        {6: -25200, -65537: ["t", "n", "N", 0, "r", 1, 2**63]},
        {6: -25200, -65537: ["t", "n", "N", 10**9, "r", 1, 1]},
        {6: 2**62, -65537: ["t", "n", "N", 0, "r", 1, 1]},
        {6: -25200, 7: 1, -65537: ["t", "n", "N", 0, "r", 1, 1]},
        {4: "x", 6: -25200, -65537: ["t", "n", "N", 0, "r", 1, 1]},
    ],
)
def test_claims_of_another_shape_are_unreadable_even_when_signed(claims: dict[int, object]) -> None:
    header: dict[int, object] = {1: -7, 4: bytes.fromhex(FACTS.key_id)}
    verdict = check(resealed(header, cbor2.dumps(claims, canonical=True)))
    assert (verdict.state, verdict.reason) == (VerdictState.UNREADABLE, "qr_claims_malformed")


def test_a_header_with_more_than_algorithm_and_key_is_unreadable() -> None:
    text = resealed({1: -7, 2: [1], 4: bytes.fromhex(FACTS.key_id)}, qr.encode_claims(FACTS))
    assert check(text).reason == "qr_header_malformed"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "qr_not_a_document_code"),
        ("https://kiemtra.example.vn/v", "qr_not_a_document_code"),
        (f"javascript:alert(1)#{DIGITS}", "qr_not_a_document_code"),
        ("٣" * 17, "qr_not_a_document_code"),
        ("1" * 5000, "qr_too_long"),
        ("9" * 17, "qr_digits_malformed"),
        (DIGITS + "0", "qr_digits_malformed"),
        ("0" * 17, "qr_not_a_document_code"),
    ],
)
def test_what_is_no_code_of_ours_is_unreadable(text: str, reason: str) -> None:
    verdict = check(text)
    assert (verdict.state, verdict.reason) == (VerdictState.UNREADABLE, reason)


def test_no_flipped_bit_is_valid_and_none_in_the_signed_parts_is_overlooked() -> None:
    for bit in range(8 * len(SEALED.payload)):
        damaged = bytearray(SEALED.payload)
        damaged[bit // 8] ^= 1 << bit % 8
        verdict = check(qr.to_digits(bytes(damaged)))
        assert verdict.state in {VerdictState.NOT_GENUINE, VerdictState.UNREADABLE, VerdictState.UNKNOWN_ISSUER}
        assert verdict.facts is None


def test_every_changed_character_of_a_name_is_forged() -> None:
    start = SEALED.payload.index(b"Minh")
    damaged = SEALED.payload[:start] + b"Linh" + SEALED.payload[start + 4 :]
    verdict = check(qr.to_digits(damaged))
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "signature_wrong")


@given(st.text(max_size=300) | st.from_regex(r"https?://[a-z]+/v#[0-9]{1,400}", fullmatch=True))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert check(text).state is VerdictState.UNREADABLE


@given(st.binary(max_size=400).map(lambda data: b"\xd2" + data))
def test_any_bytes_get_a_verdict(data: bytes) -> None:
    assert check(qr.to_digits(data)).state in {VerdictState.UNREADABLE, VerdictState.UNKNOWN_ISSUER}


@given(st.binary(min_size=1, max_size=100))
def test_digits_and_bytes_are_one_to_one(data: bytes) -> None:
    digits = qr.to_digits(data)
    assert qr.from_digits(digits) == data


@given(st.from_regex(r"[0-9]{1,60}", fullmatch=True))
def test_accepted_digits_are_the_only_ones_for_their_bytes(digits: str) -> None:
    try:
        data = qr.from_digits(digits)
    except qr.QrMalformed:
        return
    assert qr.to_digits(data) == digits


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60)
DATES = st.dates(date(1890, 1, 1), date(2200, 1, 1))


@settings(max_examples=50)
@given(WORDS, WORDS, WORDS, DATES, DATES, st.none() | DATES, st.integers(0, 2**31 - 1))
def test_facts_survive_the_format(
    name: str, number: str, result: str, born: date, issued: date, expires: date | None, index: int
) -> None:
    facts = DocumentFacts("type", number, name, born, result, issued, expires, "00112233", 0, index)
    assert qr.decode_claims(qr.encode_claims(facts), "00112233") == facts


def test_a_long_vietnamese_name_keeps_the_payload_within_250_bytes() -> None:
    name = "Công Tằng Tôn Nữ Thị Huyền Trang Nguyễn Phước Hoàng Minh Anh"
    assert len(name) == 60
    sealed = sealed_qr(replace(FACTS, full_name=name, status_index=2**20 - 1), RING)
    assert len(sealed.payload) <= 250
    assert check(sealed.link).seal.outcome is Outcome.PASSED
