"""Rotation: at every instant one key signs, what was sealed before stays good, and a thief's key signs no more."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing.compromise_key import compromise_key
from signing.describe_keys import KeyState, describe_keys, state_of, warnings_about
from signing.errors import KeyChangeRefused, KeyringMalformed, KeyUnavailable, KeyUnsuitable
from signing.key_types import KeyType, key_id_of, private_pem
from signing.keyring_file import read_ring_file, write_ring_file
from signing.keys import KeyRing
from signing.local_authority import KEY_LIFETIME
from signing.rotate_key import Wish, rotate_key
from signing.schedule_keys import OVERLAP, SKEW, covered_until
from signing.seal_pdf import seal_pdf
from tests.sealing import AT, ORGANISATION, PASSPHRASE, facts_of, pdf_permit, rendered, sealed_qr
from tests.signing.rings import DAY, UNIT, key_of, new_ring, wish, with_unit
from verification.signatures import is_signed_by
from verification.trust import PDF_PURPOSES, KeyPurpose
from verification.verdict import Outcome
from verification.verify_pdf import verify_pdf
from verification.verify_qr import verify_qr

PERIODS = st.integers(0, 200).map(lambda hours: timedelta(hours=hours * 12))
ACTIONS = st.tuples(
    st.sampled_from(["rotate", "rotate", "rotate", "compromise"]),
    PERIODS,  # how much time passes before it
    PERIODS,  # when the new key takes over
    st.integers(1, 300),  # for how many days
    st.integers(0, 20),  # which key is compromised
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, max_size=6), purpose=st.sampled_from([KeyPurpose.QR, KeyPurpose.PDF]))
def test_whatever_is_rotated_and_compromised_one_key_signs_at_every_instant(
    tmp_path: Path, actions: list[tuple[str, timedelta, timedelta, int, int]], purpose: KeyPurpose
) -> None:
    shutil.rmtree(tmp_path / "keys", ignore_errors=True)
    folder, at, compromised = new_ring(tmp_path), AT, set[str]()
    begin = key_of(folder, purpose).not_before
    for kind, passing, starts_in, days, which in actions:
        at += passing
        if covered_until(read_ring_file(folder), purpose, None, at) is None:
            begin = at  # nobody rotated in time
        of_purpose = [record for record in read_ring_file(folder).keys if record.purpose is purpose]
        if kind == "rotate":
            asked = Wish(
                purpose=purpose, starts_at=at + starts_in, lasts=timedelta(days=days), another=True, shorter=True
            )
            try:
                rotate_key(folder, PASSPHRASE, asked, at)
            except KeyChangeRefused as refused:
                assert "would end before the key" in str(refused)  # noqa: PT017 - only some sequences come here
        else:
            key_id = of_purpose[which % len(of_purpose)].key_id
            if key_id not in compromised:
                compromise_key(folder, PASSPHRASE, key_id, at - DAY, at)
            compromised.add(key_id)

    ring = KeyRing.load(folder, PASSPHRASE)
    entries = [entry for entry in ring.entries if entry.purpose is purpose]
    alive = [entry for entry in entries if entry.compromised_from is None]
    last = max((entry.ends for entry in alive), default=at)
    if compromised:
        begin = at
    moments = {begin, at, *(entry.not_before for entry in entries), *(entry.ends for entry in entries)}
    for moment in sorted({near for m in moments for near in (m - timedelta(seconds=1), m)}):
        if begin <= moment < last:
            key_id = ring.active(purpose, moment).key_id
            assert key_id not in compromised
            record = next(one for one in read_ring_file(folder).keys if one.key_id == key_id)
            assert state_of(read_ring_file(folder), record, moment) is KeyState.SIGNING
    with pytest.raises(KeyUnavailable):
        ring.active(purpose, max(last, at))
    assert {key.key_id for key in ring.trust_list(at).keys if key.compromised_from is not None} == compromised


def test_the_new_key_takes_over_by_itself_and_the_old_one_verifies_for_ever(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    old = key_of(folder, KeyPurpose.QR)
    new = rotate_key(folder, PASSPHRASE, wish(), AT)
    ring, takes_over = KeyRing.load(folder, PASSPHRASE), AT + DAY
    assert (new.not_before, new.not_after) == (takes_over, takes_over + timedelta(days=90))
    assert ring.active(KeyPurpose.QR, takes_over - timedelta(seconds=1)).key_id == old.key_id
    assert ring.active(KeyPurpose.QR, takes_over).key_id == new.key_id
    assert ring.by_id(old.key_id).key_id == old.key_id
    listed = ring.trust_list(AT + KEY_LIFETIME).find(old.key_id, KeyPurpose.QR)
    assert listed is not None
    # Retired keys are not worth stealing: nothing dated later than this counts.
    assert listed.not_after == takes_over + OVERLAP
    assert [one.state for one in describe_keys(folder, takes_over) if one.record.purpose is KeyPurpose.QR] == [
        KeyState.RETIRED,
        KeyState.SIGNING,
    ]


def test_what_a_key_sealed_before_it_handed_over_stays_genuine_offline(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    ring = KeyRing.load(folder, PASSPHRASE)
    facts = facts_of(ring)
    key = ring.active(KeyPurpose.PDF, AT)
    pdf = seal_pdf(pdf_permit(rendered(facts)), key, ORGANISATION, AT, location="Hà Nội").data
    code = sealed_qr(facts, ring).link
    for purpose in (KeyPurpose.PDF, KeyPurpose.QR):
        rotate_key(folder, PASSPHRASE, wish(purpose), AT)
    for days in (0, 3, 40, 400):
        later = AT + days * DAY
        ring = KeyRing.load(folder, PASSPHRASE)
        for verdict in (
            verify_pdf(pdf, ring.trust_list(later), None, None, later),
            verify_qr(code, ring.trust_list(later), None, later),
        ):
            assert (verdict.seal.outcome, verdict.issuer.outcome) == (Outcome.PASSED, Outcome.PASSED)
    with pytest.raises(KeyUnavailable):  # it does not come back when the next one has ended
        ring.active(KeyPurpose.PDF, AT + 92 * DAY)
    assert [one.state for one in describe_keys(folder, AT + 3 * DAY) if one.record.purpose is KeyPurpose.PDF] == [
        KeyState.RETIRED,
        KeyState.SIGNING,
    ]


@pytest.mark.parametrize(
    ("purpose", "key_type", "suits"),
    [(purpose, "p256", True) for purpose in KeyPurpose]
    + [(purpose, "ed25519", purpose not in PDF_PURPOSES) for purpose in KeyPurpose]
    + [(purpose, "rsa2048", purpose in PDF_PURPOSES) for purpose in KeyPurpose],
)
def test_each_purpose_takes_the_kinds_of_keys_that_its_format_allows(
    tmp_path: Path, purpose: KeyPurpose, key_type: KeyType, suits: bool
) -> None:
    folder = new_ring(tmp_path)
    text = (folder / "keyring.toml").read_bytes()
    if not suits:
        with pytest.raises(KeyUnsuitable, match=f"a {purpose.value} key is P-256 or"):
            rotate_key(folder, PASSPHRASE, wish(purpose, key_type=key_type), AT)
        assert (folder / "keyring.toml").read_bytes() == text
        return
    record = rotate_key(folder, PASSPHRASE, wish(purpose, key_type=key_type), AT)
    key = KeyRing.load(folder, PASSPHRASE).active(purpose, AT + DAY)
    assert key.key_id == record.key_id
    assert is_signed_by(key.public_key, key.algorithm, key.sign(b"data"), b"data")
    assert bool(key.certificate_chain) is (purpose in PDF_PURPOSES)


def test_it_begins_before_the_others_end_and_at_once_where_none_signs(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    end = key_of(folder, KeyPurpose.QR).not_after
    late = Wish(purpose=KeyPurpose.QR, starts_at=end + DAY, lasts=DAY)
    assert rotate_key(folder, PASSPHRASE, late, end - DAY).not_before == end
    long_after = end + timedelta(days=100)
    first = rotate_key(
        folder, PASSPHRASE, Wish(purpose=KeyPurpose.QR, starts_at=long_after + DAY, lasts=DAY), long_after
    )
    assert first.not_before == long_after - SKEW


def test_a_second_run_adds_nothing(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    first = rotate_key(folder, PASSPHRASE, wish(), AT)
    with pytest.raises(KeyChangeRefused, match=f"{first.key_id} waits already to take over"):
        rotate_key(folder, PASSPHRASE, wish(), AT)
    assert len(read_ring_file(folder).keys) == len(KeyPurpose) + 1
    with pytest.raises(KeyChangeRefused, match="would end before"):
        rotate_key(folder, PASSPHRASE, wish(starts_in=timedelta(0), days=0.5, another=True), AT)  # type: ignore[arg-type]  # half a day
    assert rotate_key(folder, PASSPHRASE, wish(another=True, starts_in=2 * DAY), AT).not_before == AT + 2 * DAY


def test_a_unit_has_keys_of_its_own_for_what_is_its_own(tmp_path: Path) -> None:
    folder = with_unit(new_ring(tmp_path))
    ours = key_of(folder, KeyPurpose.QR)
    theirs = rotate_key(folder, PASSPHRASE, wish(unit=UNIT), AT)
    ring = KeyRing.load(folder, PASSPHRASE)
    assert theirs.not_before == AT + DAY
    assert ring.active(KeyPurpose.QR, AT, UNIT).key_id == ours.key_id
    assert ring.active(KeyPurpose.QR, AT + DAY, UNIT).key_id == theirs.key_id
    assert ring.active(KeyPurpose.QR, AT + DAY, UNIT, "criminal_record_form_1").key_id == theirs.key_id
    # What is not the unit's to attest, its key would seal in vain.
    assert ring.active(KeyPurpose.QR, AT + DAY, UNIT, "another_type").key_id == ours.key_id
    assert ring.active(KeyPurpose.QR, AT + DAY, "another").key_id == ours.key_id
    assert ring.active(KeyPurpose.QR, AT + DAY).key_id == ours.key_id
    assert key_of(folder, KeyPurpose.QR).unit == UNIT
    assert read_ring_file(folder).find(ours.key_id) == ours  # the organisation's goes on
    listed = ring.trust_list(AT).find(theirs.key_id, KeyPurpose.QR)
    assert listed is not None
    assert listed.unit == UNIT
    sealing = rotate_key(folder, PASSPHRASE, wish(KeyPurpose.PDF, unit=UNIT), AT)
    certificate = KeyRing.load(folder, PASSPHRASE).by_id(sealing.key_id).certificate_chain[0]
    assert "Phòng Hồ sơ nghiệp vụ" in certificate.subject.rfc4514_string()


@pytest.mark.parametrize(
    ("purpose", "unit", "said"),
    [
        (KeyPurpose.QR, "000.00.16.H26", "has no unit"),
        (KeyPurpose.STATUS, UNIT, "the whole organisation's"),
        (KeyPurpose.TRUST_LIST, UNIT, "the whole organisation's"),
        (KeyPurpose.RECEIPT, UNIT, "receipts are not among"),
    ],
)
def test_no_unit_has_keys_that_it_could_not_use(tmp_path: Path, purpose: KeyPurpose, unit: str, said: str) -> None:
    folder = with_unit(new_ring(tmp_path))
    with pytest.raises(KeyChangeRefused, match=said):
        rotate_key(folder, PASSPHRASE, wish(purpose, unit=unit), AT)


def test_a_key_that_lives_elsewhere_is_added_by_its_uri_once(tmp_path: Path) -> None:
    folder, key = new_ring(tmp_path), ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "mine.pem"
    file.write_bytes(private_pem(key, PASSPHRASE))
    file.chmod(0o600)
    uri = f"software:{file}"
    record = rotate_key(folder, PASSPHRASE, wish(uri=uri), AT)
    assert (record.key_id, record.uri) == (key_id_of(key.public_key()), uri)
    assert KeyRing.load(folder, PASSPHRASE).active(KeyPurpose.QR, AT + DAY).public_key == key.public_key()
    with pytest.raises(KeyChangeRefused, match="this very key already"):
        rotate_key(folder, PASSPHRASE, wish(KeyPurpose.STATUS, uri=uri), AT)
    with pytest.raises(KeyringMalformed, match="no signing backend for 'magic'"):
        rotate_key(folder, PASSPHRASE, wish(KeyPurpose.STATUS, uri="magic:key"), AT)
    with pytest.raises(KeyUnavailable):
        rotate_key(folder, PASSPHRASE, wish(KeyPurpose.STATUS, uri="software:nowhere.pem"), AT)


def test_a_key_whose_period_is_over_may_be_destroyed(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    old = key_of(folder, KeyPurpose.QR)
    rotate_key(folder, PASSPHRASE, wish(), AT)
    (folder / f"qr-{old.key_id}.key.pem").unlink()
    over: datetime = AT + DAY + OVERLAP
    with pytest.raises(KeyUnavailable):
        KeyRing.load(folder, PASSPHRASE, at=over - timedelta(seconds=1))
    ring = KeyRing.load(folder, PASSPHRASE, at=over)
    assert ring.trust_list(over).find(old.key_id, KeyPurpose.QR)
    with pytest.raises(KeyUnavailable, match="does not sign any more"):
        ring.by_id(old.key_id).sign(b"data")


def test_what_ends_soon_is_said_in_time_and_an_orderly_rotation_is_not(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    end = key_of(folder, KeyPurpose.QR).not_after
    assert warnings_about(read_ring_file(folder), AT) == []
    said = warnings_about(read_ring_file(folder), end - timedelta(days=59))
    assert len(said) == len(KeyPurpose)
    assert "condau keys rotate qr" in next(line for line in said if line.startswith("qr:"))
    rotate_key(folder, PASSPHRASE, wish(days=120), AT)
    begun = AT + DAY
    assert not any(line.startswith("qr:") for line in warnings_about(read_ring_file(folder), begun + 89 * DAY))
    assert any(line.startswith("qr:") for line in warnings_about(read_ring_file(folder), begun + 91 * DAY))
    assert any("no key signs;" in line for line in warnings_about(read_ring_file(folder), begun + 121 * DAY))


def test_shortly_before_the_end_it_is_always_said(tmp_path: Path) -> None:
    """Also where the last key had been cut short, for one that is gone."""
    folder = new_ring(tmp_path)
    waiting = rotate_key(folder, PASSPHRASE, wish(), AT)
    compromise_key(folder, PASSPHRASE, waiting.key_id, AT, AT, replace_it=False)
    said = warnings_about(read_ring_file(folder), AT)
    assert [line.partition(" after")[0] for line in said] == ["qr: no key signs"]
    assert (AT + DAY + OVERLAP).isoformat() in said[0]


@pytest.mark.parametrize("purpose", [KeyPurpose.QR, KeyPurpose.PDF])
def test_a_key_that_would_end_before_what_it_replaces_is_refused(tmp_path: Path, purpose: KeyPurpose) -> None:
    folder = new_ring(tmp_path)
    before, end = read_ring_file(folder), key_of(folder, purpose).not_after
    with pytest.raises(KeyChangeRefused, match="--shorter"):
        rotate_key(folder, PASSPHRASE, wish(purpose, days=90, shorter=False), AT)
    assert read_ring_file(folder) == before
    as_long = (end - AT).days
    assert rotate_key(folder, PASSPHRASE, wish(purpose, days=as_long, shorter=False), AT).not_after >= end
    # One that goes between two takes nothing away.
    rotate_key(folder, PASSPHRASE, wish(purpose, DAY / 2, days=90, shorter=False, another=True), AT)


@pytest.mark.parametrize("purpose", [KeyPurpose.QR, KeyPurpose.TRUST_LIST])
def test_where_nothing_signs_the_hint_is_followed_though_one_waits(tmp_path: Path, purpose: KeyPurpose) -> None:
    folder = new_ring(tmp_path)
    waiting = rotate_key(folder, PASSPHRASE, wish(purpose, 30 * DAY, days=3650), AT)
    ring = read_ring_file(folder)
    present = next(record for record in ring.keys if record.purpose is purpose)
    write_ring_file(folder, ring.with_key(replace(present, not_after=AT + 10 * DAY)))
    at = AT + 20 * DAY
    said = warnings_about(read_ring_file(folder), at)
    assert any(line.endswith(f"`condau keys rotate {purpose}` adds one") for line in said)
    new = rotate_key(folder, PASSPHRASE, wish(purpose, 27 * DAY, days=3650), at)
    keys = KeyRing.load(folder, PASSPHRASE, at=at)
    assert keys.active(purpose, at).key_id == new.key_id
    assert keys.active(purpose, waiting.not_before).key_id == waiting.key_id
    with pytest.raises(KeyChangeRefused, match=r"waits already .* \(--another adds one more\)"):
        rotate_key(folder, PASSPHRASE, wish(purpose, 27 * DAY, days=3650), at)


def test_where_a_trust_list_key_that_waits_can_take_over_rotation_does_not(tmp_path: Path) -> None:
    folder, purpose = new_ring(tmp_path), KeyPurpose.TRUST_LIST
    present = key_of(folder, purpose)
    rotate_key(folder, PASSPHRASE, wish(purpose, 30 * DAY, days=3650), AT)
    compromise_key(folder, PASSPHRASE, present.key_id, AT - DAY, AT, replace_it=False)
    with pytest.raises(KeyChangeRefused, match="waits already"):
        rotate_key(folder, PASSPHRASE, wish(purpose, 7 * DAY, days=3650), AT)
