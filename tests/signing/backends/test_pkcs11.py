"""Keys in a token: what their URIs may say, whose PIN is tried, and sessions that die in every way."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pkcs11
import pytest

from signing.backends import pkcs11_module, pkcs11_token, read_public_key
from signing.backends.pkcs11_uri import parse_pkcs11_uri
from signing.errors import KeyringMalformed, KeyUnavailable
from tests.signing.backends.places import PASSPHRASE, TokenPlace, key_of, opened
from tests.signing.backends.softhsm import SoftHsm
from tests.signing.backends.test_contract import sign_in_eight_threads, signs

GOOD = "pkcs11:token=agency;object=seal?module-path=/usr/lib/token.so"


@pytest.fixture
def token(softhsm: SoftHsm, tmp_path: Path) -> TokenPlace:
    (tmp_path / "ring").mkdir()
    return TokenPlace(tmp_path / "ring", softhsm)


def test_a_uri_says_where_the_key_lives() -> None:
    where = "token=C%C3%B4ng%20an;id=%01%ff;object=seal%3b1;serial=a1;type=private"
    uri = f"pkcs11:{where}?pin-source=file:x&module-path=/l.so"
    parsed = parse_pkcs11_uri(uri, Path("/ring"), b"")
    assert (parsed.token.label, parsed.token.serial, parsed.token.module) == ("Công an", "a1", "/l.so")
    assert (parsed.object.label, parsed.object.id) == ("seal;1", b"\x01\xff")
    assert parsed.pin.file == Path("/ring/x")
    assert parse_pkcs11_uri(GOOD, Path("/ring"), b"phrase").pin.read() == "phrase"


@pytest.mark.parametrize(
    "uri",
    [
        GOOD + "&pin-value=1234",
        GOOD.replace("token=agency", "token=agency;pin-value=1234"),
        GOOD.replace("token=agency;", ""),
        GOOD.replace(";object=seal", ""),
        GOOD.replace("agency", ""),
        GOOD.replace("agency", "an agency"),
        GOOD.replace("agency", "agency%4"),
        GOOD.replace("token", "Token"),
        GOOD.replace(";object", ";token=other;object"),
        GOOD.replace("object=seal", "object=seal;type=cert"),
        GOOD.replace("object=seal", "object=seal;slot-id=1"),
        GOOD.replace("/usr/lib/token.so", "token.so"),
        GOOD.replace("?module-path=/usr/lib/token.so", ""),
        GOOD.replace("module-path", "module-name"),
        GOOD + "&pin-source=pin.txt",
        GOOD + "&pin-source=file:",
        GOOD + "&pin-source=%7Ccat%20pin.txt",
        GOOD + "&",
        GOOD + "x" * 2000,
    ],
)
def test_uris_that_say_too_much_or_too_little_are_refused(uri: str) -> None:
    assert parse_pkcs11_uri(GOOD, Path(), b"")
    with pytest.raises(KeyringMalformed) as refused:
        parse_pkcs11_uri(uri, Path(), b"")
    assert "1234" not in str(refused.value)


def test_the_passphrase_of_the_ring_is_the_pin_where_no_file_is_named(token: TokenPlace) -> None:
    uri = token.keep(key_of("p256"), "a key").partition("&pin-source")[0]
    signs(opened(token, uri, key_of("p256").public_key(), passphrase=token.token.pin.encode()))
    with pytest.raises(KeyUnavailable, match="refused its PIN"):
        opened(token, uri, key_of("p256").public_key(), passphrase=PASSPHRASE)


def test_a_pin_file_is_its_owners_alone(token: TokenPlace) -> None:
    uri = token.keep(key_of("p256"), "a key")
    file = token.folder / "pin.txt"
    for unreadable in (lambda: file.chmod(0o640), file.unlink, lambda: token.write_pin("")):
        unreadable()
        with pytest.raises(KeyUnavailable, match=r"pin\.txt"):
            opened(token, uri, key_of("p256").public_key())
    token.write_pin(token.token.pin)
    signs(opened(token, uri, key_of("p256").public_key()))


def test_a_wrong_pin_is_not_tried_twice(token: TokenPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens lock themselves after a few, and background work tries again for ever."""
    uri = token.keep(key_of("p256"), "a key")
    signs(opened(token, uri, key_of("p256").public_key()))
    token.write_pin("wrong")
    with pytest.raises(KeyUnavailable, match=r"refused its PIN \(PinIncorrect\)"):
        opened(token, uri, key_of("p256").public_key())
    for _ in range(3):
        with pytest.raises(KeyUnavailable, match="not tried again"):
            opened(token, uri, key_of("p256").public_key())
    token.write_pin(token.token.pin)
    signs(opened(token, uri, key_of("p256").public_key()))


def test_a_tokens_last_try_is_not_used_up(token: TokenPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """SoftHSM never locks, so what a token says that is about to is put in its mouth."""

    class AboutToLock:
        flags = pkcs11.TokenFlag.USER_PIN_FINAL_TRY

        def open(self, **_: object) -> None:
            raise AssertionError("a PIN was sent")

    uri = token.keep(key_of("p256"), "a key")
    monkeypatch.setattr(pkcs11_module.Module, "find_token", lambda *_: AboutToLock())
    with pytest.raises(KeyUnavailable, match="one try"):
        opened(token, uri, key_of("p256").public_key())


def test_a_wrong_pin_elsewhere_does_not_end_signing(token: TokenPlace) -> None:
    uri = token.keep(key_of("p256"), "a key")
    key = opened(token, uri, key_of("p256").public_key())
    with pytest.raises(KeyUnavailable):
        opened(token, uri.partition("&pin-source")[0], key_of("p256").public_key())
    signs(key)


def test_two_tokens_of_one_label_are_told_apart_by_their_serial(softhsm: SoftHsm, token: TokenPlace) -> None:
    uri = token.keep(key_of("p256"), "a key")
    softhsm.new_token(token.token.pin, token.token.label)
    with pytest.raises(KeyringMalformed, match="serial"):
        opened(token, uri, key_of("p256").public_key())
    exact = uri.replace(";object", f";serial={token.token.serial};object")
    signs(opened(token, exact, key_of("p256").public_key()))


def test_two_keys_of_one_label_are_told_apart_by_their_id(token: TokenPlace) -> None:
    uri = token.keep(key_of("p256"), "seal")
    token.keep(key_of("p256", 1), "seal")
    with pytest.raises(KeyringMalformed, match="object and id"):
        opened(token, uri, key_of("p256").public_key())
    for number, identifier in enumerate(("%01", "%02")):
        exact = uri.replace("object=seal", f"object=seal;id={identifier}")
        signs(opened(token, exact, key_of("p256", number).public_key()))
        signs(opened(token, uri.replace("object=seal", f"id={identifier}"), key_of("p256", number).public_key()))


def test_curves_that_do_not_count_are_refused(token: TokenPlace) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    uri = token.keep(ec.generate_private_key(ec.SECP384R1()), "a key")
    with pytest.raises(KeyringMalformed, match="no allowed kind"):
        read_public_key(uri, token.folder, PASSPHRASE)


@pytest.mark.parametrize("key_type", ["p256", "rsa2048"])
def test_a_token_without_public_halves_signs_but_shows_only_what_rsa_keys_show(
    token: TokenPlace, key_type: str
) -> None:
    private = key_of(key_type)  # type: ignore[arg-type] # one of them
    uri = token.token.keep(private, "a key", public_half=False) + "&pin-source=file:pin.txt"
    signs(opened(token, uri, private.public_key()))
    if key_type == "rsa2048":
        assert read_public_key(uri, token.folder, PASSPHRASE) == private.public_key()
    else:
        with pytest.raises(KeyUnavailable, match="no public half"):
            read_public_key(uri, token.folder, PASSPHRASE)
        other = opened(token, uri, key_of(key_type, 1).public_key())  # type: ignore[arg-type] # as above
        with pytest.raises(KeyUnavailable, match="wrong signature"):
            other.sign(b"")


def _call(library: str, function: str, *arguments: ctypes.c_ulong) -> int:
    answer: int = getattr(ctypes.CDLL(library), function)(*arguments)
    return answer


def test_a_session_that_died_is_opened_anew(token: TokenPlace, softhsm: SoftHsm) -> None:
    key = opened(token, token.keep(key_of("p256"), "a key"), key_of("p256").public_key())
    signs(key)
    slot = pkcs11.lib(softhsm.library).get_token(token_label=token.token.label).slot
    assert _call(softhsm.library, "C_CloseAllSessions", ctypes.c_ulong(slot.slot_id)) == 0
    signs(key)


def test_a_login_that_another_part_of_the_process_ended_is_made_again(token: TokenPlace, softhsm: SoftHsm) -> None:
    key = opened(token, token.keep(key_of("p256"), "a key"), key_of("p256").public_key())
    signs(key)
    session = pkcs11.lib(softhsm.library).get_token(token_label=token.token.label).open()
    assert _call(softhsm.library, "C_Logout", ctypes.c_ulong(session.handle)) == 0
    session.close()
    signs(key)


def test_a_library_that_another_part_of_the_process_ended_is_started_again(token: TokenPlace, softhsm: SoftHsm) -> None:
    key = opened(token, token.keep(key_of("p256"), "a key"), key_of("p256").public_key())
    signs(key)
    assert _call(softhsm.library, "C_Finalize", ctypes.c_ulong(0)) == 0
    signs(key)


def test_starting_the_library_for_one_token_leaves_the_others_usable(token: TokenPlace, softhsm: SoftHsm) -> None:
    (token.folder / "other").mkdir()
    other = TokenPlace(token.folder / "other", softhsm)
    absent = opened(token, token.keep(key_of("p256"), "a key"), key_of("p256").public_key())
    present = opened(other, other.keep(key_of("rsa2048"), "a key"), key_of("rsa2048").public_key())
    token.leave()
    for _ in range(3):
        with pytest.raises(KeyUnavailable):
            absent.sign(b"")
        signs(present)
    token.come_back()
    signs(absent)
    signs(present)


def test_no_more_sessions_are_opened_than_allowed(token: TokenPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(pkcs11_token.TokenSession):
        def __init__(self, session: pkcs11.Session, generation: tuple[int, int]) -> None:
            made.append(generation)
            super().__init__(session, generation)

    uri = token.keep(key_of("p256"), "a key")
    monkeypatch.setattr(pkcs11_token, "TokenSession", Counted)
    sign_in_eight_threads(opened(token, uri, key_of("p256").public_key()))
    assert 1 <= len(made) <= pkcs11_module.MAX_CALLS_AT_ONCE


def test_a_library_that_is_none_is_named(token: TokenPlace, tmp_path: Path) -> None:
    file = tmp_path / "library.so"
    uri = f"pkcs11:token=a;object=b?module-path={file}"
    with pytest.raises(KeyUnavailable, match="no library"):
        opened(token, uri, key_of("p256").public_key())
    file.write_text("no library at all")
    with pytest.raises(KeyUnavailable, match=r"library\.so could not be loaded"):
        read_public_key(uri, token.folder, PASSPHRASE)


def test_a_forked_child_opens_sessions_of_its_own(token: TokenPlace, softhsm: SoftHsm) -> None:
    """In a fresh process, because this one has threads, and with warnings as errors to its very end."""
    uri = token.keep(key_of("p256"), "a key")
    program = f"""
        import os, sys, threading
        from pathlib import Path
        from signing.backends import open_key, read_public_key
        from signing.backends.addresses import KeyAddress
        folder = Path({str(token.folder)!r})
        public = read_public_key({uri!r}, folder, b"")
        key = open_key(KeyAddress("key-1", {uri!r}, folder, public, "ES256", ()), b"")
        key.sign(b"before")
        child = os.fork()
        if child == 0:
            threads = [threading.Thread(target=key.sign, args=(b"child",)) for _ in range(4)]
            [t.start() for t in threads]; [t.join() for t in threads]
            os._exit(0 if len(key.sign(b"child")) == 64 else 1)
        for _ in range(20):
            key.sign(b"parent")
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(key.sign(b"after")))
    """
    environment = os.environ | {"SOFTHSM2_CONF": str(softhsm.configuration)}
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("0 64\n", "", 0)
