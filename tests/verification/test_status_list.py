import json
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import ContentNotSealable
from signing.jwt import sign_claims
from signing.status_list import seal_status_list
from tests.sealing import AT, LIST_URI, key_ring, snapshot, status_list
from verification.formats import status_list as lists
from verification.formats.jws import to_base64url
from verification.register import DocumentStatus, check_reading
from verification.trust import KeyPurpose, TrustList
from verification.verdict import Outcome, VerificationError
from verification.verify_status_list import verify_status_list

RING = key_ring()
TRUST = RING.trust_list(AT)
KEY = RING.active(KeyPurpose.STATUS, AT)
NOW = int(AT.timestamp())
CLAIMS: dict[str, Any] = {
    "sub": LIST_URI,
    "iat": NOW,
    "exp": NOW + 60,
    "ttl": 30,
    "status_list": {"bits": 1, "lst": to_base64url(zlib.compress(b"\x02"))},
}


def refusal(text: str, trust: TrustList = TRUST) -> str:
    with pytest.raises(VerificationError) as refused:
        verify_status_list(text, trust, AT)
    return refused.value.code


@given(st.sets(st.integers(0, (1 << 16) - 1), max_size=50))
def test_exactly_the_revoked_indexes_are_revoked(revoked: set[int]) -> None:
    source = snapshot(RING, tuple(revoked))
    probes = revoked | {0, 1, 7, 8, 65535}
    found = {index for index in probes if (r := source.status_of(1, index)) and r.status is DocumentStatus.REVOKED}
    assert found == revoked


def test_indexes_past_the_end_and_other_lists_are_not_answered() -> None:
    source = snapshot(RING)
    assert source.status_of(1, 1 << 16) is None
    assert source.status_of(1, -1) is None
    assert source.status_of(2, 0) is None


def test_the_draft_specifications_bit_order() -> None:
    """Its example: the statuses 1,0,0,1,1,1,0,1 1,1,0,0,0,1,0,1 pack into b9 a3."""
    bits = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    claim = lists.encode_list([i for i, bit in enumerate(bits) if bit], 16)
    assert lists.decode_list(claim) == (1, bytes.fromhex("b9a3"))


def test_two_bits_an_entry_can_be_read() -> None:
    claim = {"bits": 2, "lst": to_base64url(zlib.compress(bytes([0b11_10_01_00])))}
    bits, packed = lists.decode_list(claim)
    found = [lists.read_entry(bits, packed, index) for index in range(5)]
    assert found == [DocumentStatus.VALID, DocumentStatus.REVOKED, DocumentStatus.SUSPENDED, None, None]


@pytest.mark.parametrize(("seconds", "outcome"), [(599, Outcome.PASSED), (600, Outcome.UNKNOWN)])
def test_a_list_is_fresh_until_its_ttl_after_receipt(seconds: int, outcome: Outcome) -> None:
    reading = snapshot(RING).status_of(1, 0)
    assert check_reading(reading, AT + timedelta(seconds=seconds)).outcome is outcome


def test_an_expired_list_is_stale_and_not_an_error() -> None:
    source = verify_status_list(status_list(RING), TRUST, AT + timedelta(hours=3))
    check = check_reading(source.status_of(1, 0), AT + timedelta(hours=3))
    assert (check.outcome, check.code, check.as_of) == (Outcome.UNKNOWN, "status_stale", AT)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": NOW}, "status_list_claims_unexpected"),
        ({"exp": str(NOW + 60)}, "status_list_claims_unexpected"),
        ({"exp": 10**30}, "status_list_claims_unexpected"),
        ({"ttl": 0}, "status_list_claims_unexpected"),
        ({"iss": "x"}, "status_list_claims_unexpected"),
        ({"sub": "https://x.example/lists/one"}, "status_list_uri_without_number"),
        ({"iat": NOW + 400, "exp": NOW + 500}, "status_list_from_the_future"),
        ({"iat": NOW - 3 * 86400}, "status_list_outside_key_period"),
        ({"status_list": {"bits": 4, "lst": ""}}, "status_list_malformed"),
        ({"status_list": {"bits": 1, "lst": "!!"}}, "jws_malformed"),
        ({"status_list": {"bits": 1, "lst": "AAAA"}}, "status_list_malformed"),
        ({"status_list": {"bits": 1, "lst": "x", "more": 1}}, "status_list_malformed"),
    ],
)
def test_signed_claims_of_another_shape_are_refused(changes: dict[str, Any], code: str) -> None:
    assert refusal(sign_claims(CLAIMS | changes, lists.STATUS_LIST_TYP, KEY)) == code


def test_a_compression_bomb_is_refused_at_the_bound() -> None:
    bomb = {"bits": 1, "lst": to_base64url(zlib.compress(bytes(lists.MAX_LIST_BYTES + 1), 9))}
    assert refusal(sign_claims(CLAIMS | {"status_list": bomb}, lists.STATUS_LIST_TYP, KEY)) == (
        "status_list_size_not_allowed"
    )


def test_other_keys_types_and_headers_are_refused() -> None:
    assert refusal(sign_claims(CLAIMS, "jwt", KEY)) == "jws_header_unexpected"
    assert refusal(sign_claims(CLAIMS, lists.STATUS_LIST_TYP, RING.active(KeyPurpose.QR, AT))) == (
        "status_list_issuer_unknown"
    )
    good = sign_claims(CLAIMS, lists.STATUS_LIST_TYP, KEY)
    header, payload, signature = good.split(".")
    forged = to_base64url(json.dumps(CLAIMS | {"iat": NOW - 1}).encode())
    assert refusal(f"{header}.{forged}.{signature}") == "status_list_signature_wrong"
    for members in ({"alg": "none"}, {"alg": "HS256"}, {"alg": "ES256", "jwk": {}}, {"alg": "ES256", "crit": []}):
        other = to_base64url(json.dumps({"kid": KEY.key_id, "typ": lists.STATUS_LIST_TYP} | members).encode())
        assert refusal(f"{other}.{payload}.{signature}") == "jws_header_unexpected"
    twice = f'{{"alg":"ES256","alg":"ES256","kid":"{KEY.key_id}","typ":"statuslist+jwt"}}'.encode()
    assert refusal(f"{to_base64url(twice)}.{payload}.{signature}") == "jws_malformed"
    assert refusal(f"{header}.{payload}.") == "status_list_signature_wrong"
    swapped = replace(TRUST, keys=tuple(replace(key, public_key=TRUST.keys[0].public_key) for key in TRUST.keys))
    assert refusal(good, swapped) == "status_list_signature_wrong"


@given(st.text(max_size=200) | st.tuples(*[st.binary(max_size=60)] * 3).map(lambda p: ".".join(map(to_base64url, p))))
def test_only_this_packages_errors_get_out(text: str) -> None:
    assert refusal(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON)
def test_no_signed_claim_value_breaks_the_reader(value: Any) -> None:
    for name in CLAIMS:
        try:
            verify_status_list(sign_claims(CLAIMS | {name: value}, lists.STATUS_LIST_TYP, KEY), TRUST, AT)
        except VerificationError:
            continue


@pytest.mark.parametrize(("size", "index"), [(7, 0), (0, 0), (8, 8), (8, -1), (lists.MAX_LIST_BYTES * 8 + 8, 0)])
def test_a_list_that_cannot_be_read_is_not_signed(size: int, index: int) -> None:
    with pytest.raises(ContentNotSealable):
        seal_status_list([index], size, KEY, LIST_URI, AT, 60, 30)
