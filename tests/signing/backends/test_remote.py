"""Keys at a signing service: whatever it answers, a signature is right or there is none, and no secret is said."""

from __future__ import annotations

import logging
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from signing.backends import read_public_key, remote_service, remote_transport
from signing.backends.remote_uri import parse_remote_uri
from signing.errors import KeyringMalformed, KeyUnavailable
from signing.keys import SigningKey
from tests.signing.backends.csc_server import (
    CLIENT_ID,
    CLIENT_SECRET,
    PIN,
    SERVICE_FAULTS,
    SIGNATURE_FAULTS,
    CscServer,
    write_secret,
)
from tests.signing.backends.places import PASSPHRASE, RemotePlace, key_of, opened
from tests.signing.backends.test_contract import DATA, signs

INFO, AUTHORIZE, SIGN, TOKEN = "credentials/info", "credentials/authorize", "signatures/signHash", "oauth2/token"
GOOD = "remote:https://sign.example/csc/v2?credentialID=seal-1&secret=file:client.json"


@pytest.fixture
def remote(csc: CscServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RemotePlace:
    """A service whose credentials ask for a PIN."""
    (tmp_path / "ring").mkdir()
    monkeypatch.setattr(remote_transport, "TOTAL_TIMEOUT_SECONDS", 1.0)
    return RemotePlace(tmp_path / "ring", csc, PIN)


def sealing_key(remote: RemotePlace, **how: Any) -> SigningKey:
    uri = remote.keep(key_of("p256"), "seal 1")
    for name, value in how.items():
        setattr(remote.server.credentials["seal 1"], name, value)
    return opened(remote, uri, key_of("p256").public_key())


def test_a_uri_says_where_the_key_lives() -> None:
    parsed = parse_remote_uri(GOOD.replace("seal-1", "seal%201") + "&ca=file:ca.pem", Path("/ring"))
    assert parsed.credential_id == "seal 1"
    assert parsed.service.base == "https://sign.example/csc/v2"
    assert (parsed.service.secret, parsed.service.ca) == (Path("/ring/client.json"), Path("/ring/ca.pem"))


@pytest.mark.parametrize(
    "uri",
    [
        GOOD.replace("https", "http"),
        GOOD.replace("https", "ftp"),
        GOOD.replace("sign.example", "user:4711@sign.example"),
        GOOD.replace("sign.example", ""),
        GOOD.replace("sign.example", "sign.example:99999"),
        GOOD.replace("sign.example", "ký.example"),
        GOOD.replace("sign.example", "sign.example\\@127.0.0.1"),
        GOOD.replace("https://sign.example", "http://127.0.0.1.example"),
        GOOD.replace("/v2", "/v2 "),
        GOOD.replace("credentialID=seal-1&", ""),
        GOOD.replace("seal-1", ""),
        GOOD.replace("&secret=file:client.json", ""),
        GOOD.replace("file:client.json", "4711"),
        GOOD + "&pin=4711",
        GOOD + "&credentialID=other",
        GOOD + "&ca=ca.pem",
        GOOD + "#4711",
        GOOD + "&a" * 10,
        GOOD + "x" * 2000,
    ],
)
def test_uris_that_say_too_much_or_too_little_are_refused(uri: str) -> None:
    assert parse_remote_uri(GOOD, Path())
    with pytest.raises(KeyringMalformed) as refused:
        parse_remote_uri(uri, Path())
    assert "4711" not in str(refused.value)


@pytest.mark.parametrize("method", [INFO, AUTHORIZE, SIGN, TOKEN])
@pytest.mark.parametrize("fault", SERVICE_FAULTS)
def test_a_service_that_misbehaves_gives_no_signature_and_later_one(
    remote: RemotePlace, fault: str, method: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    # Pauses that the service asks for have a test of their own.
    monkeypatch.setattr(remote_service, "MAX_PAUSE_SECONDS", 0.0)
    stranger = CscServer()
    remote.server.elsewhere = stranger.base
    uri = remote.keep(key_of("p256"), "seal 1")
    server = remote.server
    # A service is forgiven one answer that it doesn't know us, and one that the leave to sign has ended.
    again = 2 if fault == "unauthorized" and method != TOKEN else 1
    again *= 2 if method == SIGN and fault in ("unauthorized", "error 404", "echo") else 1
    opening = method in (INFO, TOKEN)
    key = None if opening else opened(remote, uri, key_of("p256").public_key())
    server.misbehave[method].extend([fault] * again)
    with pytest.raises(KeyUnavailable) as failed:
        _ = read_public_key(uri, remote.folder, PASSPHRASE) if key is None else key.sign(DATA)
    assert not server.misbehave[method]
    if key is not None and (method, fault) == (AUTHORIZE, "echo"):
        # 400 may mean a wrong PIN: one that is tried again and again locks the credential.
        with pytest.raises(KeyUnavailable, match="not tried again"):
            key.sign(DATA)
        remote_service.close_services()
    signs(opened(remote, uri, key_of("p256").public_key()))
    texts = str(failed.value) + caplog.text
    assert not [secret for secret in (CLIENT_SECRET, PIN, *server.tokens) if secret in texts]
    assert stranger.asked == []
    stranger.stop()


@pytest.mark.parametrize("key_type", ["p256", "rsa2048"])
@pytest.mark.parametrize("fault", SIGNATURE_FAULTS)
def test_a_wrong_answer_is_no_signature(remote: RemotePlace, fault: str, key_type: Any) -> None:
    key = opened(remote, remote.keep(key_of(key_type), "seal 1"), key_of(key_type).public_key())
    remote.server.misbehave[SIGN].append(fault)
    with pytest.raises(KeyUnavailable, match=r"did not answer with|wrong signature"):
        key.sign(DATA)
    signs(key)


@pytest.mark.parametrize("raw", [False, True])
def test_both_forms_of_ecdsa_signatures_are_understood(remote: RemotePlace, raw: bool) -> None:
    key = sealing_key(remote, raw=raw)
    for _ in range(50):
        assert len(signs(key)) == 64


def test_the_credential_is_asked_for_once_and_the_token_renewed_when_it_is_refused(remote: RemotePlace) -> None:
    key = sealing_key(remote)
    for _ in range(3):
        signs(key)
    asked = remote.server
    assert (asked.count(INFO), asked.count(TOKEN), asked.count(AUTHORIZE), asked.count(SIGN)) == (1, 1, 3, 3)
    asked.tokens.clear()
    signs(key)
    assert asked.count(TOKEN) == 2


def test_a_token_that_ends_soon_is_not_used(remote: RemotePlace) -> None:
    remote.server.token_seconds = 20
    key = sealing_key(remote)
    signs(key)
    signs(key)
    assert remote.server.count(TOKEN) > 2


def test_a_leave_that_has_ended_is_asked_for_again(remote: RemotePlace) -> None:
    key = sealing_key(remote)
    remote.server.misbehave[AUTHORIZE].append("expired leave")
    signs(key)
    assert remote.server.count(AUTHORIZE) == 2
    remote.server.misbehave[AUTHORIZE].extend(["expired leave"] * 2)
    with pytest.raises(KeyUnavailable, match="invalid_request"):
        key.sign(DATA)


def test_a_wrong_pin_is_not_tried_twice(remote: RemotePlace) -> None:
    key = sealing_key(remote)
    write_secret(remote.folder, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, pin="wrong")
    with pytest.raises(KeyUnavailable, match="invalid_pin"):
        key.sign(DATA)
    for _ in range(3):
        with pytest.raises(KeyUnavailable, match="not tried again"):
            key.sign(DATA)
    assert remote.server.count(AUTHORIZE) == 1
    write_secret(remote.folder)
    signs(key)


def test_a_static_token_needs_no_client(remote: RemotePlace) -> None:
    remote.server.tokens.add("a-static-token")
    write_secret(remote.folder, bearer="a-static-token", pin=PIN)
    signs(sealing_key(remote))
    assert remote.server.count(TOKEN) == 0
    remote.server.tokens.clear()
    remote_service.close_services()
    with pytest.raises(KeyUnavailable) as refused:
        sealing_key(remote)
    assert "a-static-token" not in str(refused.value)


@pytest.mark.parametrize(
    "info",
    [
        {"key": {"status": "disabled", "algo": ["1.2.840.10045.4.3.2"]}},
        {"key": {"status": "enabled", "algo": ["1.2.840.10045.4.3.4"]}},
        {"key": {"status": "enabled", "algo": "1.2.840.10045.4.3.2"}},
        {"key": {}},
        {"cert": {"status": "revoked"}},
        {"cert": {"certificates": []}},
        {"cert": {}},
        {"auth": {"mode": "oauth2code"}},
        {"auth": {"mode": "explicit", "objects": [{"type": "ChallengeResponse", "id": "OTP"}]}},
        {"auth": {"mode": "explicit", "objects": [{"type": "Password", "id": "a"}, {"type": "Password", "id": "b"}]}},
        {"auth": {}},
    ],
)
def test_credentials_that_cannot_seal_are_refused_at_start(remote: RemotePlace, info: dict[str, Any]) -> None:
    with pytest.raises((KeyUnavailable, KeyringMalformed)):
        sealing_key(remote, info=info)
    with pytest.raises((KeyUnavailable, KeyringMalformed)):
        read_public_key(remote.server.uri("seal 1"), remote.folder, PASSPHRASE)
    assert remote.server.count(SIGN) == 0


@pytest.mark.parametrize(
    "info",
    [
        {"key": "enabled"},
        {"multisign": 0},
        {"multisign": "many"},
        {"multisign": True},
        {"cert": {"certificates": ["AAAA"]}},
    ],
)
def test_descriptions_that_make_no_sense_give_no_signature(remote: RemotePlace, info: dict[str, Any]) -> None:
    key = sealing_key(remote, info=info)
    with pytest.raises(KeyUnavailable):
        key.sign(DATA)
    remote.server.credentials["seal 1"].info = {}
    signs(key)


def test_a_pause_that_the_service_asks_for_is_kept(remote: RemotePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    key = sealing_key(remote)
    remote.server.misbehave[SIGN].append("busy")
    with pytest.raises(KeyUnavailable, match="429, temporarily_unavailable"):
        key.sign(DATA)
    asked = len(remote.server.asked)
    with pytest.raises(KeyUnavailable, match="given a pause"):
        key.sign(DATA)
    assert len(remote.server.asked) == asked


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"4711",
        b"[]",
        b"{}",
        b'{"client_id": "a"}',
        b'{"bearer": "4711", "client_id": "a", "client_secret": "4711"}',
        b'{"bearer": 4711}',
        b'{"bearer": "4711\\r\\nX: y"}',
        b'{"bearer": "4711", "password": "4711"}',
        b'{"client_id": "a", "client_secret": "4711", "token_url": "http://sign.example/token"}',
        b"\xff\xfe",
        b"[" * 10_000,
        b" " * 20_000,
    ],
)
def test_secret_files_that_are_not_as_documented_are_refused(remote: RemotePlace, content: bytes) -> None:
    write_secret(remote.folder).write_bytes(content)
    with pytest.raises(KeyUnavailable, match=r"client\.json") as refused:
        sealing_key(remote)
    assert "4711" not in str(refused.value)


def test_a_secret_file_is_its_owners_alone(remote: RemotePlace) -> None:
    write_secret(remote.folder).chmod(0o644)
    with pytest.raises(KeyUnavailable, match="chmod 600"):
        sealing_key(remote)


def test_a_credential_that_changed_while_the_service_was_away_is_not_used(remote: RemotePlace) -> None:
    uri = remote.keep(key_of("p256"), "seal 1")
    remote.leave()
    key = opened(remote, uri, key_of("p256", 1).public_key())
    remote.come_back()
    with pytest.raises(KeyUnavailable, match="not the private half of key-1"):
        key.sign(DATA)
    assert remote.server.count(SIGN) == 0


def certificate_for(address: str, folder: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate that it issued to itself, left as ca.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a service of tests")])
    begin = datetime.now(UTC) - timedelta(hours=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = (
        builder.not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "tls.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    return context


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
def test_only_the_authorities_named_vouch_for_the_service(
    csc: CscServer, tmp_path: Path, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """csc: for its settings and its tidying up; the service asked is one with TLS."""
    server = CscServer(certificate_for(address, tmp_path))
    place = RemotePlace(tmp_path, server)
    uri = place.keep(key_of("p256"), "seal")
    stranger = opened(place, uri, key_of("p256").public_key())
    with pytest.raises(KeyUnavailable, match="does not answer"):
        stranger.sign(DATA)
    known = opened(place, uri + "&ca=file:ca.pem", key_of("p256").public_key())
    if address == "127.0.0.1":
        signs(known)
    else:
        with pytest.raises(KeyUnavailable, match="does not answer"):
            known.sign(DATA)
        assert server.asked == []
    server.stop()


def test_a_file_of_authorities_that_holds_none_is_refused(remote: RemotePlace) -> None:
    uri = remote.keep(key_of("p256"), "seal") + "&ca=file:ca.pem"
    with pytest.raises(KeyUnavailable, match=r"ca\.pem"):
        opened(remote, uri, key_of("p256").public_key())
    (remote.folder / "ca.pem").write_text("no certificate")
    with pytest.raises(KeyUnavailable, match=r"ca\.pem"):
        opened(remote, uri, key_of("p256").public_key())
