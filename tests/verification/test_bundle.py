"""What a verifier takes along: begun by one trust, brought up to date, never back, and never silently empty."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from tests.sealing import AT, facts_of, key_ring
from tests.verification.organisation import LIFETIME, Organisation, compromised, listed, make_key, with_key
from verification.bundle import Bundle, BundleRefused, Fetched, begin, begin_unpinned, load, read_fetched, save, update
from verification.register import DocumentStatus
from verification.trust import KeyPurpose, TrustList
from verification.verdict import VerdictState, VerificationError
from verification.verify_qr import verify_qr
from verification.verify_trust_list import anchor_of

HOUSE = Organisation()
ANCHOR = anchor_of(HOUSE.trust.public_key)
HOUR = timedelta(hours=1)
FACTS = replace(facts_of(key_ring()), key_id=HOUSE.qr.key_id)
CODE = HOUSE.code(FACTS)
INDEX = FACTS.status_index


def fetched(at: datetime = AT, *lists: str, trust: TrustList | None = None, house: Organisation = HOUSE) -> Fetched:
    return Fetched(house.signed(at, trust), lists or (house.status_list(at=at),))


@cache
def begun() -> Bundle:
    return begin(fetched(), AT, ANCHOR).bundle


def test_it_answers_like_the_service_did() -> None:
    held = begin(fetched(AT, HOUSE.status_list(), HOUSE.status_list((7,), number=2)), AT, ANCHOR).bundle
    assert verify_qr(CODE, held.trust, held, AT).state is VerdictState.VALID
    found = held.status_of(2, 7)
    assert found is not None
    assert found.status is DocumentStatus.REVOKED
    assert held.status_of(3, 7) is None


def test_the_pinned_key_decides_whose_it_is() -> None:
    with pytest.raises(VerificationError, match="trust_list_not_of_anchor"):
        begin(fetched(house=Organisation()), AT, ANCHOR)
    assert begun().pinned == ANCHOR == begun().signed_by
    assert begin_unpinned(fetched(), AT).bundle.pinned is None


def test_a_newer_download_replaces_and_an_older_one_does_not() -> None:
    held, later = begun(), AT + HOUR
    revoked = update(held, fetched(later, HOUSE.status_list((INDEX,), later)), later).bundle
    assert verify_qr(CODE, revoked.trust, revoked, later).state is VerdictState.REVOKED

    replayed = update(revoked, fetched(later, HOUSE.status_list(at=AT)), later)
    assert replayed.refused == ("status_list_rolled_back",)
    assert verify_qr(CODE, replayed.bundle.trust, replayed.bundle, later).state is VerdictState.REVOKED

    withheld = update(revoked, Fetched(HOUSE.signed(later), ()), later).bundle
    assert verify_qr(CODE, withheld.trust, withheld, later).state is VerdictState.REVOKED

    with pytest.raises(VerificationError, match="trust_list_rolled_back"):
        update(revoked, fetched(AT), later)


def test_within_one_download_the_newest_of_a_number_counts() -> None:
    newest, older = HOUSE.status_list((INDEX,), AT), HOUSE.status_list(at=AT - HOUR)
    for tokens in ((newest, older), (older, newest)):
        held = begin(fetched(AT, *tokens), AT, ANCHOR).bundle
        assert verify_qr(CODE, held.trust, held, AT).state is VerdictState.REVOKED


def test_lists_of_strangers_are_left_out_and_named() -> None:
    done = begin(fetched(AT, HOUSE.status_list(key=make_key("bb00000000b1")), "not a token"), AT, ANCHOR)
    assert len(done.refused) == 2
    assert "status_list_issuer_unknown" in done.refused
    assert not done.bundle.status_lists
    assert verify_qr(CODE, done.bundle.trust, done.bundle, AT).reason == "status_not_listed"


def test_what_a_compromised_status_key_signed_goes() -> None:
    later = AT + HOUR
    spare = make_key("aa00000000b2")
    trust = compromised(HOUSE.listed(later), HOUSE.status.key_id, AT + timedelta(days=1))
    trust = with_key(trust, listed(spare, KeyPurpose.STATUS))
    done = update(begun(), Fetched(HOUSE.signed(later, trust), ()), later)
    assert done.refused == ("status_list_key_compromised",)
    assert not done.bundle.status_lists
    again = update(done.bundle, fetched(later, HOUSE.status_list(at=later, key=spare), trust=trust), later).bundle
    assert verify_qr(CODE, again.trust, again, later).state is VerdictState.VALID


def test_it_is_verified_again_from_disk_whatever_the_clock_says(tmp_path: Path) -> None:
    file = tmp_path / "deeper" / "bundle.json"
    save(file, begun())
    assert load(file) == begun()
    assert [path.name for path in file.parent.iterdir()] == ["bundle.json"]
    unpinned = begin_unpinned(fetched(), AT + timedelta(microseconds=123456)).bundle
    save(file, unpinned)
    assert load(file) == unpinned


def test_after_a_rotation_the_file_still_opens(tmp_path: Path) -> None:
    later, following = AT + HOUR, make_key("aa00000000c2")
    named = with_key(HOUSE.listed(later, 2), listed(following, KeyPurpose.TRUST_LIST))
    held = update(begun(), fetched(later, trust=named), later).bundle
    rotated = Fetched(HOUSE.signed(later, replace(named, sequence=3), following), ())
    held = update(held, rotated, later).bundle
    save(tmp_path / "bundle.json", held)
    again = load(tmp_path / "bundle.json")
    assert again == held
    assert (again.pinned, again.signed_by) == (ANCHOR, anchor_of(following.public_key))


def test_a_damaged_file_is_an_error_and_never_an_empty_bundle(tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    save(file, begun())
    whole = file.read_bytes()
    for damaged in (b"", b"{}", b"[]", b"\xff", whole[:-20], whole[: len(whole) // 2], whole + b"x", b'{"a":1,"a":2}'):
        file.write_bytes(damaged)
        with pytest.raises(BundleRefused) as refused:
            load(file)
        assert refused.value.code == "bundle_malformed"
    content = json.loads(whole)
    token = content["status_lists"][0]
    for broken in (
        {"trust_list": _altered(content["trust_list"])},
        {"trust_list": Organisation().signed()},
        {"status_lists": [_altered(token)]},
        {"status_lists": [token, token]},
        {"status_lists": [7]},
        {"status_lists": token},
        {"signed_by": "00" * 32},
        {"signed_by": "00"},
        {"pinned": "x"},
        {"received_at": "2026-11-20T03:00:00"},
        {"received_at": (AT + LIFETIME).isoformat()},
        {"more": 1},
    ):
        file.write_text(json.dumps(content | broken))
        with pytest.raises(BundleRefused):
            load(file)


def test_no_changed_bit_of_the_file_changes_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    save(file, begun())
    whole = bytearray(file.read_bytes())
    changed = 0
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        file.write_bytes(damaged)
        try:
            found = load(file)
        except BundleRefused:
            continue
        changed += 1
        # A digit of the time when it came, or of the pinned digest: neither says anything about a document.
        assert (found.trust, found.status_of(1, INDEX)) == (begun().trust, begun().status_of(1, INDEX))
    assert changed < 40


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="bundle_missing"):
        load(tmp_path / "bundle.json")
    with pytest.raises(BundleRefused, match="bundle_not_readable"):
        load(tmp_path)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bundle.json"
    save(file, begun())

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    newer = update(begun(), fetched(AT + HOUR), AT + HOUR).bundle
    with pytest.raises(OSError, match="No space"):
        save(file, newer)
    assert load(file) == begun()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_download_of_any_other_shape_is_refused() -> None:
    good = {"trust_list": HOUSE.signed(), "status_lists": [], "made_at": AT.isoformat()}
    assert read_fetched(json.dumps(good).encode()).unverified_status_lists == ()
    for broken in ({"trust_list": 1}, {"status_lists": "x"}, {"status_lists": ["x"] * 1001}, {"more": 1}):
        with pytest.raises(BundleRefused):
            read_fetched(json.dumps(good | broken).encode())
    for data in (b"", b"<html>", b"[" * 100_000, b" " * 64_000_001):
        with pytest.raises(BundleRefused):
            read_fetched(data)


def _altered(token: str) -> str:
    return token[:-9] + ("A" if token[-9] != "A" else "B") + token[-8:]
