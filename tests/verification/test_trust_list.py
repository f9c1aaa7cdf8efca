"""The signed trust list: who may sign it, what it may say, and that no older one takes its place."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.errors import ContentNotSealable, KeyUnsuitable, SelfCheckFailed
from signing.keys import SigningKey
from signing.trust_list import check_own_trust_list, seal_trust_list
from tests.sealing import AT, PUBLIC_URL, key_ring
from tests.verification.organisation import (
    LIFETIME,
    Organisation,
    compromised,
    listed,
    make_key,
    of_unit,
    with_key,
)
from verification.formats import jws
from verification.formats.jwk import JwkMalformed, decode_jwk, encode_jwk
from verification.formats.trust_list import TRUST_LIST_TYP, TrustListMalformed, decode_trust_list, encode_trust_list
from verification.trust import KeyPurpose, TrustedUnit, TrustList
from verification.verdict import VerificationError
from verification.verify_trust_list import anchor_of, verify_trust_list, verify_unpinned_trust_list

HOUSE = Organisation()
ANCHOR = anchor_of(HOUSE.trust.public_key)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOUSE_SIGNED = HOUSE.signed()


def code_of(text: str, at: datetime = AT, **by: Any) -> str:
    with pytest.raises(VerificationError) as refused:
        verify_trust_list(text, at, **(by or {"anchor": ANCHOR}))
    return refused.value.code


def claims(**changed: Any) -> dict[str, Any]:
    trust = of_unit(HOUSE.listed(), HOUSE.qr.key_id, "H26", "criminal_record_form_1")
    return encode_trust_list(trust, name="Cơ quan", issuer=PUBLIC_URL, issued_at=AT, lifetime=LIFETIME) | changed


def signed(content: dict[str, Any], typ: str = TRUST_LIST_TYP, key: SigningKey = HOUSE.trust) -> str:
    data = jws.signing_input(key.key_id, "ES256", typ, content)
    return jws.with_signature(data, key.sign(data))


def test_what_a_ring_publishes_is_read_back_whole() -> None:
    ring = key_ring("rsa2048")
    trust = replace(
        ring.trust_list(AT), units=(TrustedUnit("H26", "Phòng hồ sơ", ("criminal_record_form_1",)),), sequence=7
    )
    trust = compromised(replace(trust, timestamp_roots=ring.roots), ring.entries[0].key.key_id, AT)
    key = ring.active(KeyPurpose.TRUST_LIST, AT)
    text = seal_trust_list(trust, key, PUBLIC_URL, AT, LIFETIME)

    found = verify_trust_list(text, AT, anchor=anchor_of(key.public_key))

    assert found == replace(trust, as_of=AT, fresh_until=AT + LIFETIME, issuer=PUBLIC_URL)
    assert found.sequence == 8
    check_own_trust_list(text, trust, AT)


def test_it_is_dated_to_the_full_hour_so_that_all_processes_write_the_same() -> None:
    one, other = (verify_trust_list(HOUSE.signed(AT + late), AT + HOUR, anchor=ANCHOR) for late in (HOUR / 6, HOUR / 2))
    assert one.as_of == other.as_of == AT
    began = AT + timedelta(minutes=20, microseconds=5)
    trust = with_key(HOUSE.listed(), listed(HOUSE.trust, KeyPurpose.TRUST_LIST, began))
    fresh = verify_trust_list(HOUSE.signed(AT + HOUR / 2, trust), AT + HOUR / 2, anchor=ANCHOR)
    assert fresh.as_of == began.replace(second=1, microsecond=0)


def test_only_the_pinned_key_begins_trust() -> None:
    text = HOUSE.signed()
    assert verify_trust_list(text, AT, anchor=ANCHOR).sequence == 1
    assert code_of(text, anchor=anchor_of(HOUSE.qr.public_key)) == "trust_list_not_of_anchor"
    # A stranger can make a whole list, his own anchor key in it beside ours; only the digest tells them apart.
    stranger = replace(HOUSE, trust=make_key("bb00000000c1"))
    beside = with_key(stranger.listed(), listed(HOUSE.trust, KeyPurpose.TRUST_LIST))
    assert code_of(stranger.signed(trust=beside)) == "trust_list_not_of_anchor"
    forged = stranger.signed(trust=beside).split(".")
    renamed = jws.to_base64url(json.dumps({"alg": "ES256", "kid": HOUSE.trust.key_id, "typ": TRUST_LIST_TYP}).encode())
    assert code_of(".".join([renamed, *forged[1:]])) == "trust_list_signature_wrong"


def test_somebody_must_be_trusted() -> None:
    with pytest.raises(ValueError, match="pinned"):
        verify_trust_list(HOUSE.signed(), AT)


def test_trust_on_first_use_takes_anybodys_list_that_is_whole() -> None:
    stranger = Organisation()
    assert verify_unpinned_trust_list(stranger.signed(), AT).find(stranger.qr.key_id, KeyPurpose.QR) is not None
    with pytest.raises(VerificationError, match="trust_list_signature_wrong"):
        verify_unpinned_trust_list(_flipped(stranger.signed(), -10), AT)


def test_the_list_held_names_who_may_sign_the_next() -> None:
    known = verify_trust_list(HOUSE.signed(), AT, anchor=ANCHOR)
    following = make_key("aa00000000c2", "ed25519")
    named = with_key(HOUSE.listed(AT + HOUR, 2), listed(following, KeyPurpose.TRUST_LIST))
    rotated = HOUSE.signed(AT + 2 * HOUR, replace(named, sequence=3), following)

    assert code_of(rotated, AT + 2 * HOUR, known=known) == "trust_list_signer_unknown"
    second = verify_trust_list(HOUSE.signed(AT + HOUR, named), AT + HOUR, known=known)
    assert verify_trust_list(rotated, AT + 2 * HOUR, known=second).sequence == 3
    assert code_of(rotated, AT + 2 * HOUR, known=second, anchor=ANCHOR) == "trust_list_not_of_anchor"


def test_the_next_key_may_begin_sooner_than_the_list_held_says_but_never_end_later() -> None:
    """The key before it may be lost, and then the next one takes over whatever had been planned."""
    following = make_key("aa00000000c2")
    planned = listed(following, KeyPurpose.TRUST_LIST, AT + 30 * DAY)
    known = verify_trust_list(HOUSE.signed(AT, with_key(HOUSE.listed(), planned)), AT, anchor=ANCHOR)
    lost = compromised(known, HOUSE.trust.key_id, AT + HOUR)
    sooner = with_key(lost, replace(planned, not_before=AT + HOUR))
    assert verify_trust_list(HOUSE.signed(AT + 2 * HOUR, sooner, following), AT + 2 * HOUR, known=known).sequence == 2
    # The new list itself has to say so.
    early = encode_trust_list(lost, name="x", issuer=PUBLIC_URL, issued_at=AT + 2 * HOUR, lifetime=LIFETIME)
    assert code_of(signed(early, key=following), AT + 2 * HOUR, known=known) == "trust_list_outside_key_period"
    over = planned.not_after
    longer = with_key(HOUSE.listed(over, 2), replace(planned, not_after=over + 30 * DAY))
    assert code_of(HOUSE.signed(over, longer, following), over, known=known) == "trust_list_outside_key_period"


def test_a_list_names_its_own_signer_or_it_could_not_be_read_again() -> None:
    known = HOUSE.listed()
    other = listed(make_key("aa00000000c2"), KeyPurpose.TRUST_LIST)
    left_out = replace(known, keys=(*known.keys[:-1], other))
    exchanged = with_key(known, replace(other, key_id=HOUSE.trust.key_id))
    for trust, code in (
        (left_out, "trust_list_signer_unknown"),
        (exchanged, "trust_list_signer_unknown"),
        (compromised(known, HOUSE.trust.key_id, AT), "trust_list_signer_compromised"),
    ):
        content = encode_trust_list(trust, name="x", issuer=PUBLIC_URL, issued_at=AT, lifetime=LIFETIME)
        assert code_of(signed(content), known=known) == code


@pytest.mark.parametrize("purpose", [purpose for purpose in KeyPurpose if purpose is not KeyPurpose.TRUST_LIST])
def test_keys_of_other_purposes_sign_no_list(purpose: KeyPurpose) -> None:
    trust = with_key(HOUSE.listed(), replace(listed(HOUSE.trust, KeyPurpose.TRUST_LIST), purpose=purpose))
    with pytest.raises(KeyUnsuitable):
        HOUSE.signed(trust=trust)
    content = encode_trust_list(trust, name="x", issuer=PUBLIC_URL, issued_at=AT, lifetime=LIFETIME)
    assert code_of(signed(content)) == "trust_list_signer_unknown"
    assert code_of(HOUSE.signed(), known=trust) == "trust_list_signer_unknown"


def test_a_units_key_signs_no_list_of_the_organisation() -> None:
    trust = of_unit(HOUSE.listed(), HOUSE.trust.key_id, "H26", "criminal_record_form_1")
    assert code_of(HOUSE.signed(trust=trust)) == "trust_list_signer_unknown"


def test_a_compromised_key_signs_no_list_whatever_date_it_writes() -> None:
    known = compromised(HOUSE.listed(), HOUSE.trust.key_id, AT + 2 * HOUR)
    assert code_of(HOUSE.signed(AT + HOUR, HOUSE.listed(sequence=9)), AT + HOUR, known=known) == (
        "trust_list_signer_compromised"
    )
    assert code_of(HOUSE.signed(trust=known)) == "trust_list_signer_compromised"


def test_no_roll_back() -> None:
    known = verify_trust_list(HOUSE.signed(AT, HOUSE.listed(sequence=5)), AT, anchor=ANCHOR)
    later = AT + HOUR
    for older in (
        HOUSE.signed(later, HOUSE.listed(sequence=4)),
        HOUSE.signed(AT - HOUR, HOUSE.listed(sequence=5)),
        HOUSE.signed(AT - HOUR, HOUSE.listed(sequence=6)),
    ):
        assert code_of(older, later, known=known) == "trust_list_rolled_back"
    for newer, sequence in ((AT, 5), (later, 5), (AT, 6)):
        text = HOUSE.signed(newer, HOUSE.listed(sequence=sequence))
        assert verify_trust_list(text, later, known=known).sequence == sequence


def test_times_that_cannot_be_are_refused_and_say_so() -> None:
    text = HOUSE.signed()
    assert code_of(text, AT - timedelta(minutes=6)) == "trust_list_from_the_future"
    assert verify_trust_list(text, AT - timedelta(minutes=4), anchor=ANCHOR).as_of == AT
    assert code_of(text, AT + LIFETIME) == "trust_list_expired"
    ended = with_key(HOUSE.listed(), replace(listed(HOUSE.trust, KeyPurpose.TRUST_LIST), not_after=AT))
    assert code_of(HOUSE.signed(trust=ended)) == "trust_list_outside_key_period"


def test_a_key_stolen_after_its_period_cannot_speak_to_a_verifier_that_slept() -> None:
    """It signs any date of its period, but a list of then is over now."""
    period_end = AT + timedelta(days=20)
    key = replace(listed(HOUSE.trust, KeyPurpose.TRUST_LIST), not_after=period_end)
    known = with_key(HOUSE.listed(), key)
    thief = with_key(HOUSE.listed(sequence=99), listed(make_key("ee0000000001"), KeyPurpose.TRUST_LIST))
    backdated = HOUSE.signed(period_end - HOUR, with_key(thief, key), lifetime=timedelta(days=31))
    assert code_of(backdated, period_end + timedelta(days=60), known=known) == "trust_list_expired"


@pytest.mark.parametrize("lifetime", [timedelta(), timedelta(days=32), -HOUR])
def test_no_list_without_end_or_beginning(lifetime: timedelta) -> None:
    with pytest.raises(ContentNotSealable):
        HOUSE.signed(lifetime=lifetime)


def test_the_bound_is_the_tokens_and_what_nobody_would_read_is_not_sealed() -> None:
    many = replace(HOUSE.listed(), units=tuple(TrustedUnit(f"H{number}", "Đơn vị", ("a",)) for number in range(3000)))
    assert len(verify_trust_list(HOUSE.signed(trust=many), AT, anchor=ANCHOR).units) == 3000
    types = tuple(f"{number:0490}" for number in range(7000))
    for number, found in ((5000, True), (7000, False)):
        trust = replace(HOUSE.listed(), units=(TrustedUnit("H", "Đơn vị", types[:number]),))
        if found:
            assert verify_trust_list(HOUSE.signed(trust=trust), AT, anchor=ANCHOR).units == trust.units
            continue
        with pytest.raises(ContentNotSealable, match="trust_list_too_long"):
            HOUSE.signed(trust=trust)


def test_the_own_check_sees_a_list_that_nobody_would_believe() -> None:
    with pytest.raises(SelfCheckFailed):
        check_own_trust_list(HOUSE.signed(), Organisation().listed(), AT)


KEY = claims()["keys"][0]
UNIT = claims()["units"][0]


@pytest.mark.parametrize(
    "broken",
    [
        {"extra": 1},
        {"sequence": True},
        {"sequence": -1},
        {"sequence": 2**53},
        {"sequence": 1.0},
        {"iat": "2026"},
        {"exp": claims()["iat"]},
        {"exp": 10**15},
        {"iss": ""},
        {"iss": "x\u202e"},
        {"name": "x" * 501},
        {"keys": {}},
        {"keys": [KEY, KEY]},
        {"keys": [KEY | {"purpose": "root"}]},
        {"keys": [KEY | {"d": "AA"}]},
        {"keys": [KEY | {"jwk": KEY["jwk"] | {"d": "AA"}}]},
        {"keys": [KEY | {"not_before": KEY["not_after"]}]},
        {"keys": [KEY | {"unit": "elsewhere"}]},
        {"keys": [KEY | {"certificate": "AAAA"}]},
        {"keys": [KEY | {"compromised_from": 1.5}]},
        {"units": [UNIT, UNIT]},
        {"units": [UNIT | {"document_types": "criminal_record_form_1"}]},
        {"roots": ["AAAA"]},
        {"roots": [None]},
        {"timestamp_roots": None},
    ],
    ids=lambda broken: json.dumps(broken)[:40],
)
def test_claims_of_any_other_shape_are_refused_even_when_signed(broken: dict[str, Any]) -> None:
    assert code_of(signed(claims() | broken)) == "trust_list_malformed"


def test_a_missing_member_is_refused() -> None:
    for name in claims():
        without = {key: value for key, value in claims().items() if key != name}
        assert code_of(signed(without)) == "trust_list_malformed"


def test_a_certificate_of_another_key_is_refused() -> None:
    ring = key_ring()
    trust = ring.trust_list(AT)
    pdf = next(key for key in trust.keys if key.certificate is not None)
    swapped = with_key(trust, replace(pdf, public_key=HOUSE.qr.public_key))
    with pytest.raises(TrustListMalformed):
        encode_trust_list(swapped, name="x", issuer=PUBLIC_URL, issued_at=AT, lifetime=LIFETIME)


def test_other_tokens_of_the_same_key_and_repeated_members_are_refused() -> None:
    assert code_of(signed(claims(), "statuslist+jwt")) == "jws_header_unexpected"
    assert code_of("x" * 4_000_001) == "trust_list_too_long"
    twice = json.dumps(claims())[:-1] + ',"sequence":9}'
    header, _, _ = signed(claims()).split(".")
    data = f"{header}.{jws.to_base64url(twice.encode())}".encode()
    assert code_of(jws.with_signature(data, HOUSE.trust.sign(data))) == "jws_malformed"


@settings(max_examples=200)
@given(st.data())
def test_no_changed_character_is_believed(data: st.DataObject) -> None:
    text = HOUSE_SIGNED
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(max_codepoint=0x7F).filter(lambda letter: letter != text[at]))
    changed = text[:at] + other + text[at + 1 :]
    for by in ({"anchor": ANCHOR}, {"known": HOUSE.listed()}):
        with pytest.raises(VerificationError):
            verify_trust_list(changed, AT, **by)  # type: ignore[arg-type] - one of the two each time


@given(st.text(max_size=300) | st.from_regex(r"[\w-]+\.[\w-]+\.[\w-]+", fullmatch=True))
def test_any_text_is_refused_without_a_crash(text: str) -> None:
    with pytest.raises(VerificationError):
        verify_unpinned_trust_list(text, AT)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(claims())), JSON)
def test_any_value_in_any_place_is_read_or_refused(name: str, value: Any) -> None:
    try:
        found = decode_trust_list(claims() | {name: value})
    except TrustListMalformed:
        return
    assert isinstance(found, TrustList)


@pytest.mark.parametrize("kind", ["p256", "ed25519", "rsa"])
def test_keys_have_one_text(kind: Any) -> None:
    key = make_key("aa00000000d1", kind).public_key
    written = encode_jwk(key)
    assert decode_jwk(written) == key
    for name, value in written.items():
        for other in (value + "=", "AAAA" + value, value + "\n", 7):
            with pytest.raises(JwkMalformed):
                decode_jwk(written | {name: other})
    for broken in (written | {"kid": "x"}, written | {"d": "AA"}, {}, [], None, "x"):
        with pytest.raises(JwkMalformed):
            decode_jwk(broken)


def test_weak_and_huge_rsa_keys_are_no_keys() -> None:
    written = encode_jwk(make_key("aa00000000d1", "rsa").public_key)
    number = int.from_bytes(jws.from_base64url(written["n"]))
    for other in (number >> 1024 | 1, number << 4096 | 1):
        modulus = jws.to_base64url(other.to_bytes((other.bit_length() + 7) // 8))
        with pytest.raises(JwkMalformed):
            decode_jwk(written | {"n": modulus})


def _flipped(text: str, at: int) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :] if at >= 0 else _flipped(text, len(text) + at)
