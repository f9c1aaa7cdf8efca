"""What every key keeps, wherever it lives."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from signing.backends import read_public_key
from signing.errors import KeyringMalformed, KeyUnavailable
from signing.key_types import KEY_TYPES, KeyType
from signing.keys import SigningKey
from tests.signing.backends.places import PASSPHRASE, Elsewhere, Place, key_of, opened
from verification.signatures import is_signed_by

LENGTHS = {"p256": 64, "rsa2048": 256, "rsa3072": 384, "ed25519": 64}
DATA = "Phiếu lý lịch tư pháp".encode()


def signs(key: SigningKey, data: bytes = DATA) -> bytes:
    signature = key.sign(data)
    assert is_signed_by(key.public_key, key.algorithm, signature, data)
    return signature


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_signs_what_verifies(place: Place, key_type: KeyType) -> None:
    private = key_of(key_type)
    uri = place.keep(private, "a key")
    if key_type not in place.key_types:
        with pytest.raises(KeyringMalformed, match="signs hashes"):
            opened(place, uri, private.public_key())
        return
    assert read_public_key(uri, place.folder, PASSPHRASE) == private.public_key()
    key = opened(place, uri, private.public_key())
    assert (key.key_id, key.public_key, key.certificate_chain) == ("key-1", private.public_key(), ())
    for data in (b"", DATA, bytes(1_000_000)):
        assert len(signs(key, data)) == LENGTHS[key_type]


def sign_in_eight_threads(key: SigningKey) -> None:
    failures: list[Exception] = []
    signed: list[int] = []
    begin = threading.Barrier(8)

    def work(number: int) -> None:
        try:
            begin.wait()
            for turn in range(20):
                signs(key, b"%d %d" % (number, turn))
            signed.append(number)
        except (KeyUnavailable, AssertionError) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(signed) == list(range(8))


@pytest.mark.parametrize("key_type", ["p256", "rsa2048"])
def test_eight_threads_sign_at_once(place: Place, key_type: KeyType) -> None:
    sign_in_eight_threads(opened(place, place.keep(key_of(key_type), "a key"), key_of(key_type).public_key()))


def test_a_wrong_secret_is_said_without_it(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    uri = place.keep(key_of("p256"), "a key")
    place.spoil_secret()
    for _ in range(3):
        with pytest.raises(KeyUnavailable) as refused:
            opened(place, uri, key_of("p256").public_key())
        with pytest.raises(KeyUnavailable):
            read_public_key(uri, place.folder, PASSPHRASE)
        assert not any(secret in str(refused.value) + caplog.text for secret in (*place.secrets, "another", "no such"))


def test_a_key_that_is_not_the_rings_is_refused(place: Place) -> None:
    uri = place.keep(key_of("p256"), "a key")
    with pytest.raises(KeyringMalformed, match="not the private half of key-1"):
        opened(place, uri, key_of("p256", 1).public_key())
    with pytest.raises(KeyringMalformed):
        opened(place, uri, key_of("rsa2048").public_key())


def test_a_key_that_is_not_there_is_refused(place: Place) -> None:
    uri = place.keep(key_of("p256"), "a-key")
    with pytest.raises(KeyUnavailable):
        opened(place, uri.replace("a-key", "b-key"), key_of("p256").public_key())


def test_nothing_shows_a_secret(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    uri = place.keep(key_of("p256"), "a key")
    key = opened(place, uri, key_of("p256").public_key())
    signs(key)
    shown = repr(key) + str(key) + caplog.text + uri
    assert "key-1" in shown
    assert not [secret for secret in (*place.secrets, PASSPHRASE.decode()) if secret in shown]


@pytest.mark.parametrize(
    "uri", ["", "pkcs11", "remote:", "pkcs11:", "software", "vault:secret/key", "PKCS11:token=a", "remote://x?a=b"]
)
def test_addresses_that_say_nothing_are_refused(place: Place, uri: str) -> None:
    with pytest.raises((KeyringMalformed, KeyUnavailable)):
        opened(place, uri, key_of("p256").public_key())


def test_gone_and_back(elsewhere: Elsewhere) -> None:
    key = opened(elsewhere, elsewhere.keep(key_of("p256"), "a key"), key_of("p256").public_key())
    signs(key)
    for _ in range(2):
        elsewhere.leave()
        for _ in range(3):
            with pytest.raises(KeyUnavailable) as gone:
                key.sign(DATA)
        assert str(gone.value).startswith("key-1: ")
        elsewhere.come_back()
        signs(key)


def test_opened_while_it_is_away_it_signs_when_it_is_back(
    elsewhere: Elsewhere, caplog: pytest.LogCaptureFixture
) -> None:
    uri = elsewhere.keep(key_of("p256"), "a key")
    elsewhere.leave()
    key = opened(elsewhere, uri, key_of("p256").public_key())
    assert "key-1" in caplog.text
    with pytest.raises(KeyUnavailable):
        key.sign(DATA)
    with pytest.raises(KeyUnavailable):
        read_public_key(uri, elsewhere.folder, PASSPHRASE)
    elsewhere.come_back()
    signs(key)


def test_a_wrong_answer_is_no_signature(elsewhere: Elsewhere) -> None:
    key = opened(elsewhere, elsewhere.keep(key_of("p256"), "a key"), key_of("p256").public_key())
    signs(key)
    elsewhere.swap(key_of("p256", 1), "a key")
    for _ in range(2):
        with pytest.raises(KeyUnavailable, match="answered with a wrong signature"):
            key.sign(DATA)
    elsewhere.come_back()
    signs(key)


def test_threads_that_meet_an_absent_token_all_go_on_when_it_is_back(elsewhere: Elsewhere) -> None:
    key = opened(elsewhere, elsewhere.keep(key_of("p256"), "a key"), key_of("p256").public_key())
    stop, signed, missed, odd = threading.Event(), threading.Event(), threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            try:
                signs(key)
                signed.set()
            except KeyUnavailable:
                missed.set()
            except Exception as failure:  # noqa: BLE001 - whatever it is, the test shows it
                odd.append(failure)
                return

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        assert signed.wait(20)
        elsewhere.leave()
        missed.clear()
        assert missed.wait(20)
        elsewhere.come_back()
        time.sleep(0.1)
        signed.clear()
        assert signed.wait(20)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert odd == []
