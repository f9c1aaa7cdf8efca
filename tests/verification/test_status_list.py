"""Status lists as JWT and as CWT: what they say, what is refused, and which of two is the newer one."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import ContentNotSealable, KeyUnsuitable
from signing.jwt import sign_claims
from signing.status_list import seal_status_list, seal_status_list_cwt
from tests.sealing import AT, LIST_URI, key_ring, snapshot, status_list
from verification.formats import cose
from verification.formats import status_list as lists
from verification.formats import status_list_cwt as cwt
from verification.formats.jws import to_base64url
from verification.register import DocumentStatus, check_reading
from verification.trust import KeyPurpose, TrustedKey, TrustList
from verification.verdict import Outcome, VerificationError
from verification.verify_status_list import StatusListSnapshot, newer, verify_status_list, verify_status_list_cwt

RING = key_ring()
TRUST = RING.trust_list(AT)
KEY = RING.active(KeyPurpose.STATUS, AT)
NOW = int(AT.timestamp())
VALID, REVOKED, SUSPENDED = DocumentStatus.VALID, DocumentStatus.REVOKED, DocumentStatus.SUSPENDED

Claims = dict[str, Any]
CLAIMS: Claims = {
    "sub": LIST_URI,
    "iat": NOW,
    "exp": NOW + 60,
    "ttl": 30,
    "status_list": {"bits": 2, "lst": zlib.compress(b"\x04")},
}
LABELS: dict[str, Any] = {"sub": 2, "iat": 6, "exp": 4, "ttl": 65534, "status_list": 65533}


@dataclass(frozen=True)
class Form:
    """One way to write a list: signed from claims whose `lst` is bytes, and read."""

    name: str
    sign: Callable[[Claims], Any]
    verify: Callable[[Any, TrustList, Any], StatusListSnapshot]
    seal: Callable[..., Any]


def sign_jwt(claims: Claims) -> str:
    listed = claims.get("status_list")
    if isinstance(listed, dict) and isinstance(listed.get("lst"), bytes):
        claims = claims | {"status_list": listed | {"lst": to_base64url(listed["lst"])}}
    return sign_claims(claims, lists.STATUS_LIST_TYP, KEY)


def sign_cwt(claims: Claims) -> bytes:
    payload = cbor2.dumps({LABELS.get(name, name): value for name, value in claims.items()}, canonical=True)
    return enveloped(payload)


def enveloped(payload: bytes, header: dict[int, Any] | None = None) -> bytes:
    whole = {1: -7, 4: KEY.key_id.encode(), 16: "application/statuslist+cwt"} | (header or {})
    protected = cbor2.dumps({label: value for label, value in whole.items() if value is not None}, canonical=True)
    return cwt.encode_envelope(protected, payload, KEY.sign(cose.to_be_signed(protected, payload)))


JWT = Form("jwt", sign_jwt, verify_status_list, seal_status_list)
CWT = Form("cwt", sign_cwt, verify_status_list_cwt, seal_status_list_cwt)
each_form = pytest.mark.parametrize("form", [JWT, CWT], ids=lambda form: form.name)


def refusal(form: Form, signed: Any, trust: TrustList = TRUST) -> str:
    with pytest.raises(VerificationError) as refused:
        form.verify(signed, trust, AT)
    return refused.value.code


@each_form
@given(
    entries=st.dictionaries(st.integers(0, (1 << 12) - 1), st.sampled_from([VALID, REVOKED, SUSPENDED]), max_size=60)
)
def test_it_says_of_each_document_what_is_so(form: Form, entries: dict[int, DocumentStatus]) -> None:
    source = form.verify(form.seal(entries, 1 << 12, KEY, LIST_URI, AT, 3600, 60), TRUST, AT)
    for index in range(1 << 12):
        reading = source.status_of(1, index)
        assert reading is not None
        assert reading.status is entries.get(index, VALID)
        assert reading.as_of == AT


@each_form
@given(revoked=st.sets(st.integers(0, 1023), max_size=50))
def test_a_list_of_one_bit_says_revoked_or_not(form: Form, revoked: set[int]) -> None:
    entries = dict.fromkeys(revoked, REVOKED)
    source = form.verify(form.seal(entries, 1024, KEY, LIST_URI, AT, 3600, 60, bits=1), TRUST, AT)
    readings = [source.status_of(1, index) for index in range(1024)]
    assert {index for index, one in enumerate(readings) if one and one.status is REVOKED} == revoked
    assert {one.status for one in readings if one} <= {VALID, REVOKED}


def test_indexes_past_the_end_and_other_lists_are_not_answered() -> None:
    source = snapshot(RING)
    assert source.status_of(1, 1 << 16) is None
    assert source.status_of(1, -1) is None
    assert source.status_of(2, 0) is None


def test_the_draft_specifications_bit_order() -> None:
    """Its examples: 1001 1101 1100 0101 pack into b9 a3; 1,2,0,3 0,1,0,1 1,2,3,3, of two bits each, into c9 44 f9."""
    bits = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    assert lists.pack({i: REVOKED for i, bit in enumerate(bits) if bit}, 16, 1) == bytes.fromhex("b9a3")
    packed = bytes.fromhex("c944f9")
    statuses = [VALID, REVOKED, SUSPENDED, None]
    values = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    assert [lists.read_entry(2, packed, index) for index in range(13)] == [*(statuses[v] for v in values), None]


@each_form
def test_a_value_without_meaning_here_is_not_valid(form: Form) -> None:
    claims = CLAIMS | {"status_list": {"bits": 2, "lst": zlib.compress(b"\x03")}}
    reading = form.verify(form.sign(claims), TRUST, AT).status_of(1, 0)
    assert check_reading(reading, AT).outcome is Outcome.UNKNOWN


@each_form
@pytest.mark.parametrize(("seconds", "outcome"), [(3599, Outcome.PASSED), (3600, Outcome.UNKNOWN)])
def test_it_answers_until_it_expires_and_says_as_of_when(form: Form, seconds: int, outcome: Outcome) -> None:
    source = form.verify(form.seal({}, 1024, KEY, LIST_URI, AT, 3600, 60), TRUST, AT + timedelta(seconds=20))
    check = check_reading(source.status_of(1, 0), AT + timedelta(seconds=seconds))
    assert (check.outcome, check.as_of) == (outcome, AT)
    assert source.fresh_until == AT + timedelta(hours=1)
    # A newer one is to be fetched ttl after this one came.
    assert source.refresh_after == AT + timedelta(seconds=80)


def test_an_expired_list_is_stale_and_not_an_error() -> None:
    source = verify_status_list(status_list(RING), TRUST, AT + timedelta(hours=3))
    check = check_reading(source.status_of(1, 0), AT + timedelta(hours=3))
    assert (check.outcome, check.code, check.as_of) == (Outcome.UNKNOWN, "status_stale", AT)


@each_form
def test_a_list_lasts_seven_days_at_most(form: Form) -> None:
    """Else whoever takes a status key after its end could speak to devices without a network for ever."""
    longest = form.verify(form.sign(CLAIMS | {"exp": NOW + 7 * 86400}), TRUST, AT)
    assert longest.fresh_until == AT + timedelta(days=7)


@each_form
def test_a_revocation_does_not_go_stale(form: Form) -> None:
    """It is never taken back, so what an old list says of it is still so; a suspension may have ended since."""
    source = form.verify(form.seal({1: REVOKED, 2: SUSPENDED}, 1024, KEY, LIST_URI, AT, 3600, 60), TRUST, AT)
    late, early = AT + timedelta(days=400), AT - timedelta(hours=1)
    revoked = check_reading(source.status_of(1, 1), late)
    assert (revoked.outcome, revoked.code, revoked.as_of) == (Outcome.FAILED, "revoked", AT)
    assert check_reading(source.status_of(1, 2), late).code == "status_stale"
    assert check_reading(source.status_of(1, 1), early).code == "status_from_the_future"


@each_form
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": NOW}, "status_list_without_lifetime"),
        ({"exp": NOW + 7 * 86400 + 1}, "status_list_lifetime_too_long"),
        ({"exp": 253402300799 - 86400}, "status_list_lifetime_too_long"),
        ({"exp": str(NOW + 60)}, "status_list_malformed"),
        ({"exp": 2**62}, "status_list_times_impossible"),
        ({"ttl": 0}, "status_list_without_lifetime"),
        ({"ttl": 2**62}, "status_list_claims_unexpected"),
        ({"iss": "x"}, "status_list_malformed"),
        ({"sub": "https://x.example/lists/one"}, "status_list_uri_without_number"),
        ({"iat": NOW + 400, "exp": NOW + 500}, "status_list_from_the_future"),
        ({"iat": NOW - 3 * 86400}, "status_list_outside_key_period"),
        ({"status_list": {"bits": 4, "lst": zlib.compress(b"x")}}, "status_list_malformed"),
        ({"status_list": {"bits": 1, "lst": b"\x00\x00"}}, "status_list_malformed"),
        ({"status_list": {"bits": 1, "lst": zlib.compress(b"")}}, "status_list_size_not_allowed"),
        ({"status_list": {"bits": 1, "lst": zlib.compress(b"x") + b"y"}}, "status_list_size_not_allowed"),
        ({"status_list": {"bits": 1, "lst": zlib.compress(b"x")[:-1]}}, "status_list_size_not_allowed"),
        ({"status_list": {"bits": 1, "lst": zlib.compress(b"x"), "more": 1}}, "status_list_malformed"),
        ({"status_list": {"bits": 1}}, "status_list_malformed"),
    ],
)
def test_signed_claims_that_are_not_as_they_must_be(form: Form, changes: Claims, code: str) -> None:
    assert refusal(form, form.sign(CLAIMS | changes)) == code


@each_form
@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_is_needed(form: Form, name: str) -> None:
    claims = {other: value for other, value in CLAIMS.items() if other != name}
    assert refusal(form, form.sign(claims)) == "status_list_malformed"


@pytest.mark.parametrize(
    "changes", [{"iat": True}, {"ttl": True}, {"status_list": {"bits": True, "lst": "eNoDAAAAAAE"}}]
)
def test_true_is_not_one(changes: Claims) -> None:
    """In JSON; the reader of CBOR knows no such values at all."""
    assert refusal(JWT, sign_jwt(CLAIMS | changes)) == "status_list_malformed"
    assert refusal(CWT, sign_cwt(CLAIMS | changes)) == "cbor_type_not_allowed"


@each_form
def test_a_compression_bomb_is_refused_at_the_bound(form: Form) -> None:
    bomb = {"bits": 1, "lst": zlib.compress(bytes(lists.MAX_LIST_BYTES + 1), 9)}
    assert refusal(form, form.sign(CLAIMS | {"status_list": bomb})) == "status_list_size_not_allowed"


def with_key(**changes: Any) -> TrustList:
    """The trust list in which the status key is said to be another."""

    def changed(key: TrustedKey) -> TrustedKey:
        return replace(key, **changes) if key.key_id == KEY.key_id else key

    return replace(TRUST, keys=tuple(map(changed, TRUST.keys)))


@each_form
def test_a_list_under_a_compromised_key_is_refused_whatever_time_it_states(form: Form) -> None:
    """Whoever took the key may have written any time into it."""
    for since in (AT - timedelta(days=1), AT, AT + timedelta(days=1)):
        trust = with_key(compromised_from=since)
        assert refusal(form, form.sign(CLAIMS), trust) == "status_list_key_compromised"


@each_form
def test_a_key_of_one_unit_says_nothing_of_everybody_s_documents(form: Form) -> None:
    assert refusal(form, form.sign(CLAIMS), with_key(unit="000.00.15.H26")) == "status_list_issuer_unknown"


@each_form
def test_keys_for_other_purposes_and_other_keys_are_refused(form: Form) -> None:
    good = form.sign(CLAIMS)
    for purpose in KeyPurpose:
        if purpose is not KeyPurpose.STATUS:
            assert refusal(form, good, with_key(purpose=purpose)) == "status_list_issuer_unknown"
    other = RING.active(KeyPurpose.QR, AT).public_key
    assert refusal(form, good, with_key(public_key=other)) == "status_list_signature_wrong"


def test_other_types_and_headers_are_refused() -> None:
    good = sign_jwt(CLAIMS)
    assert refusal(JWT, sign_claims(CLAIMS | {"status_list": 1}, "jwt", KEY)) == "jws_header_unexpected"
    header, payload, signature = good.split(".")
    forged = to_base64url(json.dumps({**CLAIMS, "status_list": 1, "iat": NOW - 1}).encode())
    assert refusal(JWT, f"{header}.{forged}.{signature}") == "status_list_signature_wrong"
    for members in ({"alg": "none"}, {"alg": "HS256"}, {"alg": "ES256", "jwk": {}}, {"alg": "ES256", "crit": []}):
        other = to_base64url(json.dumps({"kid": KEY.key_id, "typ": lists.STATUS_LIST_TYP} | members).encode())
        assert refusal(JWT, f"{other}.{payload}.{signature}") == "jws_header_unexpected"
    twice = f'{{"alg":"ES256","alg":"ES256","kid":"{KEY.key_id}","typ":"statuslist+jwt"}}'.encode()
    assert refusal(JWT, f"{to_base64url(twice)}.{payload}.{signature}") == "jws_malformed"
    assert refusal(JWT, f"{header}.{payload}.") == "status_list_signature_wrong"


PAYLOAD = cbor2.dumps({LABELS[name]: value for name, value in CLAIMS.items()}, canonical=True)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({16: "application/cwt"}, "status_list_header_unexpected"),
        ({16: 279}, "status_list_header_unexpected"),
        ({16: None}, "status_list_header_unexpected"),
        ({4: None}, "status_list_header_unexpected"),
        ({4: "text"}, "status_list_header_unexpected"),
        ({4: "ă".encode()}, "status_list_header_unexpected"),
        ({4: b"x" * 129}, "status_list_header_unexpected"),
        ({4: b"unknown"}, "status_list_issuer_unknown"),
        ({1: -257}, "status_list_header_unexpected"),
        ({1: -8}, "status_list_signature_wrong"),
        ({2: [99]}, "status_list_header_unexpected"),
        ({33: b"x"}, "status_list_header_unexpected"),
    ],
)
def test_a_signed_header_of_another_shape(header: dict[int, Any], code: str) -> None:
    assert verify_status_list_cwt(enveloped(PAYLOAD), TRUST, AT).number == 1
    assert refusal(CWT, enveloped(PAYLOAD, header)) == code


def test_what_nobody_signed_and_what_was_written_otherwise_is_refused() -> None:
    good = enveloped(PAYLOAD)
    protected, _, payload, signature = cbor2.loads(good).value
    assert refusal(CWT, good[1:]) == "status_list_malformed"
    assert refusal(CWT, good + b"\x00") == "cbor_trailing_bytes"
    unprotected = b"\xd2" + cbor2.dumps([protected, {4: b"x"}, payload, signature])
    assert refusal(CWT, unprotected) == "status_list_malformed"
    detached = b"\xd2" + cbor2.dumps([protected, {}, None, signature])
    assert refusal(CWT, detached) == "cbor_type_not_allowed"
    forged = b"\xd2" + cbor2.dumps([protected, {}, payload[:-1] + b"\x1f", signature])
    assert refusal(CWT, forged) == "status_list_signature_wrong"
    # The same claims, signed, in another order: one list has one encoding.
    unsorted = cbor2.dumps(dict(reversed(cbor2.loads(PAYLOAD).items())))
    assert refusal(CWT, enveloped(unsorted)) == "cbor_keys_not_sorted"
    assert refusal(CWT, bytes(cwt.MAX_CWT_BYTES + 1)) == "status_list_malformed"


def test_a_list_of_one_form_is_none_of_the_other() -> None:
    assert refusal(JWT, sign_cwt(CLAIMS).decode("latin-1"))
    assert refusal(CWT, sign_jwt(CLAIMS).encode())


def test_an_older_list_does_not_take_the_place_of_a_newer_one() -> None:
    revoked, before = snapshot(RING, (7,)), snapshot(RING, at=AT - timedelta(seconds=1))
    assert newer(None, before) is before
    assert newer(before, revoked) is revoked
    again = snapshot(RING)
    assert newer(revoked, again) is again, "of the same second: another process has signed it"
    with pytest.raises(VerificationError) as refused:
        newer(revoked, before)
    assert refused.value.code == "status_list_rolled_back"
    with pytest.raises(VerificationError) as refused:
        newer(replace(before, number=2), revoked)
    assert refused.value.code == "status_list_of_other_number"


@given(st.text(max_size=200) | st.tuples(*[st.binary(max_size=60)] * 3).map(lambda p: ".".join(map(to_base64url, p))))
def test_only_this_packages_errors_get_out(text: str) -> None:
    assert refusal(JWT, text)


@given(st.binary(max_size=200).map(lambda data: b"\xd2" + data) | st.binary(max_size=80).map(enveloped))
def test_only_this_packages_errors_get_out_of_bytes(data: bytes) -> None:
    assert refusal(CWT, data)


@given(st.integers(0, len(enveloped(PAYLOAD)) * 8 - 1))
def test_no_bit_of_a_cwt_can_be_turned(bit: int) -> None:
    data = bytearray(enveloped(PAYLOAD))
    data[bit >> 3] ^= 1 << (bit & 7)
    assert refusal(CWT, bytes(data))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@each_form
@given(value=JSON)
def test_no_signed_claim_value_breaks_the_reader(form: Form, value: Any) -> None:
    for name in CLAIMS:
        try:
            form.verify(form.sign(CLAIMS | {name: value}), TRUST, AT)
        except VerificationError:
            continue


@each_form
@pytest.mark.parametrize(("size", "index"), [(7, 0), (0, 0), (8, 8), (8, -1), (lists.MAX_LIST_BYTES * 8 + 8, 0)])
def test_a_list_that_cannot_be_read_is_not_signed(form: Form, size: int, index: int) -> None:
    with pytest.raises(ContentNotSealable):
        form.seal({index: REVOKED}, size, KEY, LIST_URI, AT, 60, 30, bits=1)


@each_form
def test_a_list_without_room_for_suspensions_or_without_lifetime_is_not_signed(form: Form) -> None:
    with pytest.raises(ContentNotSealable):
        form.seal({1: SUSPENDED}, 8, KEY, LIST_URI, AT, 60, 30, bits=1)
    for lifetime, ttl in ((0, 30), (60, 0)):
        with pytest.raises(ContentNotSealable):
            form.seal({}, 8, KEY, LIST_URI, AT, lifetime, ttl)


def test_what_changed_within_the_second_is_in_no_list_that_claims_to_be_newer() -> None:
    """The time of a list is that before its entries were read, never rounded up."""
    source = verify_status_list(status_list(RING, at=AT + timedelta(microseconds=999_999)), TRUST, AT)
    assert source.issued_at == AT


def test_an_rsa_key_signs_no_cwt() -> None:
    rsa = key_ring("rsa2048").active(KeyPurpose.PDF, AT)
    with pytest.raises(KeyUnsuitable):
        seal_status_list_cwt({}, 8, rsa, LIST_URI, AT, 60, 30)
