"""The ring of a running service: a change is taken up within a second, and a broken file changes nothing."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from signing.compromise_key import compromise_key
from signing.errors import KeyringMalformed, KeyUnavailable, KeyUnsuitable
from signing.keys import KeyRing, Keys
from signing.live_key_ring import LOOK_SECONDS, RETRY_SECONDS, LiveKeyRing
from signing.rotate_key import rotate_key
from tests.sealing import AT, PASSPHRASE
from tests.signing.rings import DAY, key_of, new_ring, wish
from verification.trust import KeyPurpose

LATER = AT + 2 * DAY


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_ring(tmp_path)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def live_ring(
    folder: Path, seconds: Seconds, refuse: Callable[[KeyRing], str | None] = lambda ring: None
) -> LiveKeyRing:
    return LiveKeyRing(folder, PASSPHRASE, lambda: AT, monotonic=seconds, refuse=refuse)


def test_a_rotation_and_a_compromise_are_taken_up_without_a_restart(folder: Path, seconds: Seconds) -> None:
    live = live_ring(folder, seconds)
    keys: Keys = live
    old = keys.active(KeyPurpose.QR, LATER)
    status = keys.active(KeyPurpose.STATUS, LATER)
    new = rotate_key(folder, PASSPHRASE, wish(), AT)
    assert keys.active(KeyPurpose.QR, LATER) is old  # looked at once a second at most
    seconds.pass_by(LOOK_SECONDS)
    assert keys.active(KeyPurpose.QR, LATER).key_id == new.key_id
    assert keys.trust_list(AT).sequence == live.ring.sequence == 2
    assert keys.active(KeyPurpose.STATUS, LATER) is status  # what did not change is not opened again
    compromise_key(folder, PASSPHRASE, new.key_id, AT, AT)
    seconds.pass_by(LOOK_SECONDS)
    assert keys.active(KeyPurpose.QR, LATER).key_id not in {old.key_id, new.key_id}
    assert live.problem is None


def test_a_broken_file_leaves_the_ring_before_it_in_force_and_is_said_once(
    folder: Path, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    live, file = live_ring(folder, seconds), folder / "keyring.toml"
    good, key_id = file.read_bytes(), key_of(folder, KeyPurpose.QR).key_id
    file.write_bytes(good.replace(b"purpose", b"porpoise", 1))
    with caplog.at_level(logging.ERROR):
        for _ in range(10):
            seconds.pass_by(RETRY_SECONDS)
            assert live.active(KeyPurpose.QR, AT).key_id == key_id
    assert live.problem is not None
    assert "did you mean 'purpose'?" in live.problem
    assert len(caplog.records) == 1
    file.unlink()
    seconds.pass_by(LOOK_SECONDS)
    assert live.active(KeyPurpose.QR, AT).key_id == key_id
    assert "no keyring.toml" in str(live.problem)
    file.write_bytes(good)
    seconds.pass_by(LOOK_SECONDS)
    assert live.problem is None


def test_a_key_that_was_away_is_tried_again_though_the_file_is_the_same(folder: Path, seconds: Seconds) -> None:
    live = live_ring(folder, seconds)
    new = rotate_key(folder, PASSPHRASE, wish(), AT)
    file, away = folder / f"qr-{new.key_id}.key.pem", folder / "away"
    file.rename(away)
    seconds.pass_by(LOOK_SECONDS)
    assert live.problem is not None
    away.rename(file)
    seconds.pass_by(LOOK_SECONDS)
    assert live.problem is not None  # it is not asked for at every look
    seconds.pass_by(RETRY_SECONDS)
    assert live.problem is None
    assert live.active(KeyPurpose.QR, LATER).key_id == new.key_id


def test_a_ring_that_must_not_be_used_here_is_refused_at_start_and_afterwards(folder: Path, seconds: Seconds) -> None:
    def no_second_qr_key(ring: KeyRing) -> str | None:
        many = len([entry for entry in ring.entries if entry.purpose is KeyPurpose.QR]) > 1
        return "too many" if many else None

    live = live_ring(folder, seconds, no_second_qr_key)
    old = key_of(folder, KeyPurpose.QR)
    rotate_key(folder, PASSPHRASE, wish(), AT)
    seconds.pass_by(LOOK_SECONDS)
    assert live.active(KeyPurpose.QR, LATER).key_id == old.key_id
    assert live.problem == "too many"
    with pytest.raises(KeyUnsuitable, match="too many"):
        live_ring(folder, seconds, no_second_qr_key)


def test_what_cannot_be_opened_at_start_stops_the_start(folder: Path, seconds: Seconds, tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable):
        live_ring(tmp_path / "nowhere", seconds)
    (folder / "keyring.toml").write_text("organisation = 1")
    with pytest.raises(KeyringMalformed):
        live_ring(folder, seconds)


def test_threads_that_ask_while_the_ring_changes_always_get_a_key(folder: Path) -> None:
    seconds = Seconds()
    live = live_ring(folder, seconds)
    known = {key_of(folder, KeyPurpose.QR).key_id}

    def ask(_: int) -> set[str]:
        seen = set()
        for _ in range(200):
            seconds.pass_by(LOOK_SECONDS)
            seen.add(live.active(KeyPurpose.QR, LATER).key_id)
        return seen

    with ThreadPoolExecutor(8) as threads:
        asking = [threads.submit(ask, number) for number in range(8)]
        for hours in range(1, 6):
            starts = timedelta(hours=hours)
            known.add(rotate_key(folder, PASSPHRASE, wish(starts_in=starts, another=True), AT).key_id)
        assert all(one.result() <= known for one in asking)
    seconds.pass_by(LOOK_SECONDS)
    assert live.active(KeyPurpose.QR, LATER).key_id == key_of(folder, KeyPurpose.QR).key_id
    assert live.problem is None


def test_it_shows_no_secret(folder: Path, seconds: Seconds) -> None:
    assert PASSPHRASE.decode() not in repr(live_ring(folder, seconds))
