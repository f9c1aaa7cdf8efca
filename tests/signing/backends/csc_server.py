"""A remote signing service on loopback (Cloud Signature Consortium, API v2) that misbehaves when it is told to."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import socket
import ssl
import sys
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from signing.key_types import PrivateKey, new_private_key

_SHA256_OID = "2.16.840.1.101.3.4.2.1"
_ALGORITHMS = {
    ec.EllipticCurvePrivateKey: ["1.2.840.10045.4.3.2"],
    rsa.RSAPrivateKey: ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"],
    ed25519.Ed25519PrivateKey: ["1.3.101.112"],
}
CLIENT_ID, CLIENT_SECRET, PIN = "condau-of-hanoi", "client-secret-4711", "pin-0815"


@dataclass
class Kept:
    """A credential. pin: asked for before each signature. raw: r and s bare instead of DER."""

    key: PrivateKey
    certificate: bytes
    pin: str | None = None
    raw: bool = False
    info: dict[str, Any] = field(default_factory=dict)


class CscServer:
    """`misbehave[method]` holds what the next requests of a method get instead of an honest answer, one each."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.credentials: dict[str, Kept] = {}
        self.asked: list[str] = []
        self.misbehave: defaultdict[str, deque[str]] = defaultdict(deque)
        self.token_seconds = 3600
        self.tokens: set[str] = set()
        self.activations: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.elsewhere = "http://127.0.0.1:9/"
        self._port = 0
        self._server: _Server | None = None
        self.start()

    def start(self) -> None:
        service = self

        class Handler(_Handler):
            server_of_tests = service

        server = _Server(("127.0.0.1", self._port), Handler)
        if self._tls is not None:
            server.socket = self._tls.wrap_socket(server.socket, server_side=True)
        self._server, self._port = server, server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.hang_up()
            self._server = None

    @property
    def base(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self._port}/csc/v2"

    def keep(self, key: PrivateKey, credential_id: str, *, pin: str | None = None, raw: bool = False) -> None:
        self.credentials[credential_id] = Kept(key, certificate_of(key), pin, raw)

    def uri(self, credential_id: str, secret: str = "client.json") -> str:
        return f"remote:{self.base}?credentialID={quote(credential_id, safe='')}&secret=file:{secret}"

    def count(self, method: str) -> int:
        return self.asked.count(method)


def write_secret(folder: Path, name: str = "client.json", **values: str) -> Path:
    file = folder / name
    file.touch(0o600)
    file.write_text(json.dumps(values or {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "pin": PIN}))
    return file


def certificate_of(key: PrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a credential of a signing service")])
    start = datetime.now(UTC)
    # One for an Ed25519 key is certified by another key: what signs it doesn't matter here.
    signer = key if not isinstance(key, ed25519.Ed25519PrivateKey) else new_private_key("p256")
    assert not isinstance(signer, ed25519.Ed25519PrivateKey)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(start).not_valid_after(start + timedelta(days=30))
    return dated.sign(signer, SHA256()).public_bytes(Encoding.DER)


class _Server(ThreadingHTTPServer):
    """Knows its connections, for a service that is away keeps none."""

    daemon_threads, request_queue_size = True, 64

    def __init__(self, *arguments: Any) -> None:
        self._connections: list[socket.socket] = []
        super().__init__(*arguments)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.append(connection)
        return connection, address

    def hang_up(self) -> None:
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is nothing to print."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Refused(Exception):
    def __init__(self, status: int, error: str) -> None:
        self.status, self.error = status, error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_of_tests: CscServer

    def do_POST(self) -> None:
        service = self.server_of_tests
        body = self.rfile.read(int(self.headers["Content-Length"]))
        method = self.path.removeprefix("/csc/v2/")
        service.asked.append(method)
        waiting = service.misbehave[method]
        fault = waiting.popleft() if waiting else ""
        if fault in _ANSWERS:
            _ANSWERS[fault](self, body)
            return
        try:
            if method == "oauth2/token":
                answer = self._token(parse_qs(body.decode(), strict_parsing=True))
            else:
                if self.headers.get("Authorization", "").removeprefix("Bearer ") not in service.tokens:
                    raise _Refused(401, "invalid_token")
                asked = json.loads(body)
                answer = {
                    "credentials/info": self._info,
                    "credentials/authorize": self._authorize,
                    "signatures/signHash": self._sign,
                }[method](asked, fault)
        except _Refused as refused:
            self.answer(refused.status, {"error": refused.error, "error_description": body.decode()})
        else:
            self.answer(200, answer)

    def _token(self, form: dict[str, list[str]]) -> dict[str, Any]:
        service = self.server_of_tests
        if form.get("client_id") != [CLIENT_ID] or form.get("client_secret") != [CLIENT_SECRET]:
            raise _Refused(400, "invalid_client")
        assert form["grant_type"] == ["client_credentials"]
        token = secrets.token_urlsafe(16)
        service.tokens.add(token)
        return {"access_token": token, "token_type": "Bearer", "expires_in": service.token_seconds}

    def _kept(self, asked: dict[str, Any]) -> Kept:
        kept = self.server_of_tests.credentials.get(asked["credentialID"])
        if kept is None:
            raise _Refused(400, "invalid_request")
        return kept

    def _info(self, asked: dict[str, Any], fault: str) -> dict[str, Any]:
        kept = self._kept(asked)
        kind = next(algorithms for kind, algorithms in _ALGORITHMS.items() if isinstance(kept.key, kind))
        authorization = {"mode": "implicit"} if kept.pin is None else {"mode": "explicit"}
        if kept.pin is not None:
            authorization |= {"objects": [{"type": "Password", "id": "PIN", "format": "A"}]}  # type: ignore[dict-item]
        answer = {
            "key": {"status": "enabled", "algo": kind},
            "cert": {"status": "valid", "certificates": [base64.b64encode(kept.certificate).decode()]},
            "auth": authorization,
            "multisign": 1,
        }
        return answer | kept.info

    def _authorize(self, asked: dict[str, Any], fault: str) -> dict[str, Any]:
        kept = self._kept(asked)
        if asked["authData"] != [{"id": "PIN", "value": kept.pin}]:
            raise _Refused(400, "invalid_pin")
        assert asked["numSignatures"] == len(asked["hashes"]) == 1
        activation = secrets.token_urlsafe(16)
        if fault != "expired leave":
            self.server_of_tests.activations[activation] = (asked["credentialID"], tuple(asked["hashes"]))
        return {"SAD": activation, "expiresIn": 60}

    def _sign(self, asked: dict[str, Any], fault: str) -> dict[str, Any]:
        kept = self._kept(asked)
        assert asked["hashAlgorithmOID"] == _SHA256_OID
        assert asked["operationMode"] == "S"
        wish = (asked["credentialID"], tuple(asked["hashes"]))
        if kept.pin is not None and self.server_of_tests.activations.pop(asked.get("SAD", ""), None) != wish:
            raise _Refused(400, "invalid_request")
        digests = [base64.b64decode(one, validate=True) for one in asked["hashes"]]
        if fault == "another hash":
            digests = [bytes(32)]
        key = new_private_key("p256") if fault == "another key" else kept.key
        signatures = [base64.b64encode(_signature(key, digest, raw=kept.raw)).decode() for digest in digests]
        return {
            "signatures": {
                "none": [],
                "two": signatures * 2,
                "a text": "signature",
                "no base64": ["%%%"],
                "empty": [""],
                "a number": [4711],
                "trailing": [base64.b64encode(base64.b64decode(signatures[0]) + b"\0").decode()],
            }.get(fault, signatures)
        }

    def answer(self, status: int, content: dict[str, Any], **headers: str) -> None:
        self.send(status, json.dumps(content).encode(), "application/json", **headers)

    def send(self, status: int, body: bytes, media_type: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, opening: bytes) -> None:
        """A byte now and then, for ever: every single read succeeds."""
        self.wfile.write(opening)
        try:
            for _ in range(600):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass
        self.close_connection = True

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        pass


def _signature(key: PrivateKey, digest: bytes, *, raw: bool) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    der = key.sign(digest, ec.ECDSA(Prehashed(SHA256())))
    r, s = decode_dss_signature(der)
    return r.to_bytes(32) + s.to_bytes(32) if raw else der


_OPENING = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_ANSWERS: dict[str, Any] = {
    "html": lambda handler, _: handler.send(200, b"<html>signed in elsewhere</html>", "text/html"),
    "a list": lambda handler, _: handler.send(200, b"[]", "application/json"),
    "deep": lambda handler, _: handler.send(200, b"[" * 60_000, "application/json"),
    "error 500": lambda handler, body: handler.send(500, body, "text/plain"),
    "error 404": lambda handler, body: handler.send(404, body, "text/plain"),
    "echo": lambda handler, body: handler.answer(400, {"error": body.decode(), "error_description": body.decode()}),
    "busy": lambda handler, _: handler.answer(429, {"error": "temporarily_unavailable"}, Retry_After="1"),
    "redirect": lambda handler, _: handler.send(307, b"", "text/plain", Location=handler.server_of_tests.elsewhere),
    "huge": lambda handler, _: handler.send(200, b'{"a": "' + b"x" * 200_000 + b'"}', "application/json"),
    "compressed": lambda handler, _: handler.send(200, b"{}", "application/json", Content_Encoding="gzip"),
    "slow head": lambda handler, _: handler.drip(b"HTTP/1.1 200 OK\r\nX-Slow:"),
    "slow body": lambda handler, _: handler.drip(_OPENING + b"Content-Length: 60000\r\n\r\n"),
    "hang up": lambda handler, _: handler.hang_up(),
    "no http": lambda handler, _: (handler.wfile.write(b"SSH-2.0-server\r\n\r\n"), handler.hang_up()),
    "unauthorized": lambda handler, _: handler.answer(401, {"error": "invalid_token"}),
}
SERVICE_FAULTS = tuple(_ANSWERS)
SIGNATURE_FAULTS = (
    "another hash",
    "another key",
    "none",
    "two",
    "a text",
    "no base64",
    "empty",
    "a number",
    "trailing",
)
