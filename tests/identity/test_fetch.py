"""Fetching from providers that redirect, flood, drip or fall silent, over real HTTP."""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from identity.errors import ProviderUnavailable
from identity.fetch import Ask, HttpFetch, basic_authorization, get, is_loopback, is_safe_address
from identity.sign_in import with_query

CANARY: list[str] = []


class Hostile(BaseHTTPRequestHandler):
    """Answers each path in its own bad way."""

    def do_GET(self) -> None:
        asked = self.path
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client was right to hang up
            self._answer(asked)

    def _answer(self, asked: str) -> None:
        if asked == "/good":
            self._send(200, b'{"keys": []}')
        elif asked == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/canary")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif asked == "/canary":
            CANARY.append(asked)
            self._send(200, b"{}")
        elif asked == "/huge":
            self._send(200, b"x" * 300_000)
        elif asked == "/endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(10_000):
                self.wfile.write(b"x" * 65_536)
        elif asked == "/bomb":
            self._send(200, gzip.compress(b"0" * 10_000_000), {"Content-Encoding": "gzip"})
        elif asked == "/drip":  # a complete answer in the end, each byte well within a read's own time-out
            self.send_response(200)
            self.send_header("Content-Length", "20")
            self.end_headers()
            for _ in range(20):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        elif asked == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
        else:
            self._send(int(asked[1:]), b"{}")

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep the tests' output quiet."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


FETCH = HttpFetch(total_timeout_seconds=5)


async def test_a_document_is_fetched(base_url: str) -> None:
    assert await get(FETCH, f"{base_url}/good") == b'{"keys": []}'


@pytest.mark.parametrize("path", ["huge", "endless", "bomb", "cut", "404", "500", "204", "429"])
async def test_what_is_no_bounded_answer_is_an_outage(base_url: str, path: str) -> None:
    with pytest.raises(ProviderUnavailable):
        await get(FETCH, f"{base_url}/{path}")


async def test_redirects_are_not_followed(base_url: str) -> None:
    CANARY.clear()
    with pytest.raises(ProviderUnavailable, match="redirect"):
        await get(FETCH, f"{base_url}/redirect")
    assert CANARY == []


async def test_a_slow_drip_meets_the_deadline(base_url: str) -> None:
    with pytest.raises(ProviderUnavailable):
        await get(HttpFetch(total_timeout_seconds=0.3, tls=FETCH.tls), f"{base_url}/drip")


async def test_nobody_listening_is_an_outage() -> None:
    with pytest.raises(ProviderUnavailable):
        await get(FETCH, "http://127.0.0.1:1/")


async def test_the_environments_proxy_is_not_asked(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert await get(FETCH, f"{base_url}/good")


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://issuer.example/jwks", True),
        ("https://issuer.example:8443/jwks?x=1", True),
        ("http://127.0.0.1:9000/jwks", True),
        ("http://[::1]:9000/jwks", True),
        ("http://localhost/jwks", True),
        ("http://issuer.example/jwks", False),
        ("http://127.0.0.1.evil.example/", False),
        ("http://localhost.evil.example/", False),
        ("http://127.0.0.1@evil.example/", False),
        ("https://user:secret@issuer.example/", False),
        ("https://issuer.example/#keys", False),
        ("ftp://issuer.example/", False),
        ("file:///etc/passwd", False),
        ("//issuer.example/", False),
        ("https://", False),
        ("https:///jwks", False),
        ("", False),
        ("not an address", False),
        ("https://[::1", False),
        ("https://issuer.example:65535/", True),
        ("https://issuer.example:65536/", False),
        ("http://127.0.0.1:70000/", False),
        ("https://xn--/", False),
        ("https://xn--a/", False),
        ("https://xn--0.example/", False),
        ("https://xn--99999999999/", False),
        ("https://bücher.example/", True),
        ("https://xn--bcher-kva.example/", True),
        ("https://[2001:db8::1]:8443/jwks", True),
        ("https://is[suer.example/", False),
        ("https://is]suer.example/", False),
        ("https://a[b]/", False),
        ("https://[v1.x]/", False),
        ("https://[a]/", False),
    ],
)
async def test_only_safe_addresses_are_asked(address: str, safe: bool) -> None:
    assert is_safe_address(address) is safe
    if not safe:
        with pytest.raises(ProviderUnavailable, match="not safe"):
            await get(FETCH, address)


ADDRESSES = st.lists(
    st.one_of(
        st.sampled_from(["https://", "http://", "127.0.0.1", "localhost", "[::1]", "issuer.example", "xn--", ":70000"]),
        st.text(max_size=3),
        st.text(alphabet=":/?#@[]%\\.-0aé\u2100\u3002\u200d \t", max_size=3),
    ),
    max_size=6,
).map("".join)


@given(address=st.one_of(ADDRESSES, ADDRESSES.map("https://".__add__)))
@example(address="https://xn--a/")
@example(address="https://a.example@xn--a/")
def test_any_address_is_safe_or_not_and_a_safe_one_can_be_read_and_added_to(address: str) -> None:
    is_loopback(address)
    if is_safe_address(address):
        assert 0 <= (urlsplit(address).port or 0) < 65536
        assert with_query(address, {"state": "x"}).startswith("http")


async def test_a_refusal_holds_nothing_of_what_was_asked(base_url: str) -> None:
    form, authorization = {"code": "secret"}, basic_authorization("condau", "secret")
    for address in ("http://127.0.0.1:1/", f"{base_url}/500", f"{base_url}/cut", f"{base_url}/drip"):
        fetch = HttpFetch(total_timeout_seconds=0.3, tls=FETCH.tls)
        for ask in (Ask(address, form, authorization), Ask(address, None, authorization)):
            with pytest.raises(ProviderUnavailable) as refusal:
                await fetch(ask)
            # an error that httpx raised has the whole request on it
            assert (refusal.value.__cause__, refusal.value.__context__) == (None, None)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.2", "127.1", "2130706433", "0x7f000001", "0.0.0.0"),
        *("localhost", "LOCALHOST", "localhost.", "app.localhost"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]"),
    ],
)
def test_this_machine_is_known_in_every_spelling(host: str) -> None:
    assert is_loopback(f"https://{host}:8443/jwks")


@pytest.mark.parametrize("host", ["issuer.example", "128.0.0.1", "localhost.example", "[2001:db8::1]", "10.0.0.1"])
def test_other_machines_are_not_this_one(host: str) -> None:
    assert not is_loopback(f"https://{host}/jwks")
