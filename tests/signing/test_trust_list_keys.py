"""Keys that sign the trust list: whoever checks offline follows the list held, so the next one is known beforehand."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from signing.compromise_key import Compromised, compromise_key
from signing.describe_keys import warnings_about
from signing.errors import KeyChangeRefused, KeyUnavailable
from signing.keyring_file import KeyRecord, read_ring_file, write_ring_file
from signing.keys import KeyRing
from signing.rotate_key import rotate_key
from signing.trust_list import seal_trust_list
from tests.sealing import AT, PASSPHRASE, PUBLIC_URL
from tests.signing.rings import DAY, key_of, new_ring, wish
from verification.trust import KeyPurpose, TrustList
from verification.verdict import VerificationError
from verification.verify_trust_list import anchor_of, verify_trust_list

LIFETIME = timedelta(days=7)
THEFT = AT + 10 * DAY + timedelta(hours=2)
SOON = timedelta(minutes=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_ring(tmp_path)


def published(folder: Path, at: datetime) -> str:
    ring = KeyRing.load(folder, PASSPHRASE, at=at)
    return seal_trust_list(ring.trust_list(at), ring.active(KeyPurpose.TRUST_LIST, at), PUBLIC_URL, at, LIFETIME)


def first(folder: Path, at: datetime) -> TrustList:
    """What somebody holds who came at `at`, with the anchor of the key that signed then."""
    signer = KeyRing.load(folder, PASSPHRASE, at=at).active(KeyPurpose.TRUST_LIST, at)
    return verify_trust_list(published(folder, at), at, anchor=anchor_of(signer.public_key))


def fetched(folder: Path, at: datetime, held: TrustList) -> TrustList:
    return verify_trust_list(published(folder, at), at, known=held)


def next_key(folder: Path, days: int, at: datetime = AT, lasts: int = 365) -> KeyRecord:
    return rotate_key(folder, PASSPHRASE, wish(KeyPurpose.TRUST_LIST, days * DAY, lasts, another=True), at)


def stolen(folder: Path, key_id: str, at: datetime = THEFT, *, replace_it: bool = True) -> Compromised:
    return compromise_key(folder, PASSPHRASE, key_id, at - timedelta(minutes=5), at, replace_it=replace_it)


def signer(folder: Path, at: datetime) -> str:
    return KeyRing.load(folder, PASSPHRASE, at=at).active(KeyPurpose.TRUST_LIST, at).key_id


def test_when_the_key_is_stolen_the_one_that_waits_takes_over_and_everybody_follows(folder: Path) -> None:
    old = key_of(folder, KeyPurpose.TRUST_LIST)
    waiting = next_key(folder, 30)
    held = first(folder, THEFT - timedelta(hours=1))
    done = stolen(folder, old.key_id)
    assert done.replacement is not None
    assert done.replacement.key_id == waiting.key_id
    assert (done.replacement.not_after, done.covered_until) == (waiting.not_after, waiting.not_after)
    assert len(read_ring_file(folder).keys) == len(KeyPurpose) + 1  # no third, which nobody would know
    for later in (SOON, 3 * DAY, 6 * DAY):
        told = fetched(folder, THEFT + later, held)
        marked = told.find(old.key_id, KeyPurpose.TRUST_LIST)
        assert marked is not None
        assert marked.compromised_from == THEFT - timedelta(minutes=5)


def test_of_several_that_wait_the_nearest_takes_over(folder: Path) -> None:
    old = key_of(folder, KeyPurpose.TRUST_LIST)
    nearest, last = next_key(folder, 30), next_key(folder, 300)
    held = first(folder, THEFT - timedelta(hours=1))
    stolen(folder, old.key_id)
    assert signer(folder, THEFT) == nearest.key_id
    assert signer(folder, AT + 300 * DAY) == last.key_id
    assert read_ring_file(folder).find(last.key_id) == last
    assert fetched(folder, THEFT + SOON, held).sequence == held.sequence + 1


def test_when_the_one_that_waits_is_stolen_the_present_one_goes_on_until_its_day(folder: Path) -> None:
    old, held = key_of(folder, KeyPurpose.TRUST_LIST), first(folder, AT)
    waiting = next_key(folder, 30)
    held = fetched(folder, THEFT - timedelta(hours=1), held)
    done = stolen(folder, waiting.key_id)
    assert done.replacement is not None
    assert done.replacement.key_id not in {old.key_id, waiting.key_id}
    assert done.replacement.not_before >= waiting.not_before
    held = fetched(folder, THEFT + SOON, held)
    assert signer(folder, waiting.not_before - SOON) == old.key_id
    until = read_ring_file(folder).find(old.key_id).not_after
    held = fetched(folder, until - 5 * DAY, held)
    assert fetched(folder, until + SOON, held).sequence == 3
    assert signer(folder, until) == done.replacement.key_id


def test_when_the_one_that_waits_is_stolen_the_one_after_it_takes_its_place(folder: Path) -> None:
    old = key_of(folder, KeyPurpose.TRUST_LIST)
    waiting, last = next_key(folder, 30), next_key(folder, 300)
    held = first(folder, THEFT - timedelta(hours=1))
    done = stolen(folder, waiting.key_id)
    assert done.replacement is not None
    assert (done.replacement.key_id, done.replacement.not_before) == (last.key_id, waiting.not_before)
    assert signer(folder, waiting.not_before - SOON) == old.key_id
    assert signer(folder, waiting.not_before) == last.key_id
    assert fetched(folder, waiting.not_before + SOON, held).sequence == held.sequence + 1


def test_one_that_has_handed_over_needs_nobody_in_its_place(folder: Path) -> None:
    old, present = key_of(folder, KeyPurpose.TRUST_LIST), next_key(folder, 8)
    at = present.not_before + timedelta(hours=3)
    held = first(folder, at)
    ring = read_ring_file(folder)
    done = stolen(folder, old.key_id, at)
    assert (done.replacement, done.covered_until) == (None, present.not_after)
    assert len(read_ring_file(folder).keys) == len(ring.keys)
    assert fetched(folder, at + SOON, held).sequence == ring.sequence + 1


def test_without_one_that_waits_a_new_one_signs_and_those_who_hold_a_list_pin_it_anew(folder: Path) -> None:
    held = first(folder, AT)
    done = stolen(folder, key_of(folder, KeyPurpose.TRUST_LIST).key_id)
    assert done.replacement is not None
    with pytest.raises(VerificationError, match="trust_list_signer_unknown"):
        fetched(folder, THEFT + SOON, held)
    assert first(folder, THEFT + SOON).sequence == held.sequence + 1


def test_one_in_a_device_takes_over_without_being_named(folder: Path) -> None:
    old, waiting = key_of(folder, KeyPurpose.TRUST_LIST), next_key(folder, 30)
    write_ring_file(folder, read_ring_file(folder).with_key(replace(old, uri="pkcs11:token=house;object=list")))
    text = (folder / "keyring.toml").read_bytes()
    with pytest.raises(KeyChangeRefused, match=f"{waiting.key_id} waits, which whoever checks offline knows"):
        compromise_key(folder, PASSPHRASE, old.key_id, AT, THEFT, uri="pkcs11:token=house;object=another")
    assert (folder / "keyring.toml").read_bytes() == text
    done = stolen(folder, old.key_id)
    assert done.replacement is not None
    assert done.replacement.key_id == waiting.key_id


def test_what_was_left_without_a_replacement_gets_it_by_saying_so_again(folder: Path) -> None:
    old, waiting = key_of(folder, KeyPurpose.TRUST_LIST), next_key(folder, 30)
    held = first(folder, THEFT - timedelta(hours=1))
    assert stolen(folder, old.key_id, replace_it=False).covered_until is None
    with pytest.raises(KeyUnavailable):
        published(folder, THEFT)
    again = compromise_key(folder, PASSPHRASE, old.key_id, THEFT - timedelta(minutes=5), THEFT + SOON)
    assert again.changed
    assert again.replacement is not None
    assert again.replacement.key_id == waiting.key_id
    assert fetched(folder, THEFT + 2 * SOON, held).sequence == held.sequence + 2
    assert not compromise_key(folder, PASSPHRASE, old.key_id, THEFT - timedelta(minutes=5), THEFT + SOON).changed


def test_the_way_out_that_is_shown_is_the_one_that_strands_nobody(folder: Path) -> None:
    old, waiting = key_of(folder, KeyPurpose.TRUST_LIST), next_key(folder, 30)
    stolen(folder, old.key_id, replace_it=False)
    (said,) = [line for line in warnings_about(read_ring_file(folder), THEFT) if line.startswith("trust-list")]
    assert f"`condau keys compromise {old.key_id}` again, without --no-replacement, lets {waiting.key_id}" in said
    assert "rotate" not in said
