"""Posting to addresses that others name: bounded, signed as the library of the standard reads it, and never inwards."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from issuance.delivery.webhook_post import MOST_ANSWER_BYTES, Reply, WebhookPost
from issuance.delivery.webhook_signature import SecretRefused, WebhookSecrets, read_secret
from tests.issuance.delivery.receivers import Receiver, receiving

SECRETS = [b"%032d" % number for number in range(3)]
BODY = b'{"type":"x"}'


def written(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


def sent_to(receiver: Receiver, seconds: float = 5) -> Reply:
    return WebhookPost(total_seconds=seconds)(receiver.address, {"webhook-id": "1"}, BODY)


def test_the_standards_library_accepts_what_is_signed() -> None:
    secrets = WebhookSecrets(SECRETS[0], SECRETS[1])
    with receiving(Receiver()) as receiver:
        headers = secrets.headers("evt-1", datetime.now(UTC), BODY)
        assert WebhookPost()(receiver.address, headers, BODY) == Reply(204)
    (got,) = receiver.got
    assert got.body == BODY
    for key in SECRETS[:2]:
        assert Webhook(written(key)).verify(got.body, got.headers) == {"type": "x"}
    for data, key in ((BODY + b" ", SECRETS[0]), (BODY, SECRETS[2])):
        with pytest.raises(WebhookVerificationError):
            Webhook(written(key)).verify(data, got.headers)


def test_secrets_have_one_form_and_do_not_print() -> None:
    assert read_secret(written(SECRETS[0])) == SECRETS[0]
    assert repr(WebhookSecrets(SECRETS[0], SECRETS[1])) == "WebhookSecrets()"
    for wrong in ("", "whsec_", "whsec_äöü", written(b"short"), written(b"x" * 65), SECRETS[0].hex()):
        with pytest.raises(SecretRefused) as refused:
            read_secret(wrong)
        assert not wrong or wrong not in str(refused.value).replace("whsec_ and", "")


@pytest.mark.parametrize("status", [200, 204, 400, 404, 410, 429, 500, 503])
def test_the_status_is_what_counts(status: int) -> None:
    with receiving(Receiver(status=[status])) as receiver:
        assert sent_to(receiver) == Reply(status)


def test_redirects_are_not_followed() -> None:
    with receiving(Receiver()) as elsewhere:
        with receiving(Receiver(status=[307], extra={"Location": elsewhere.address})) as receiver:
            assert sent_to(receiver) == Reply(307)
        assert elsewhere.got == []


def test_a_huge_answer_is_left_unread() -> None:
    with receiving(Receiver(status=[200], body=b"x" * 50 * MOST_ANSWER_BYTES)) as receiver:
        assert sent_to(receiver) == Reply(200)


def test_who_hangs_or_drips_is_given_up_in_time() -> None:
    with receiving(Receiver(hangs_seconds=0.6)) as receiver:
        assert sent_to(receiver, 0.2) == Reply(None, "timeout")
    with receiving(Receiver(status=[200], body=b"x" * 40, drips=True)) as receiver:
        assert sent_to(receiver, 0.3) == Reply(None, "timeout")


def test_a_name_server_that_is_silent_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    answered, given_up = threading.Event(), threading.Event()

    def silent(*_: object, **__: object) -> list[object]:
        given_up.wait(5)
        answered.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    assert WebhookPost(total_seconds=0.2)("https://app.example/x", {}, BODY) == Reply(None, "timeout")
    assert not answered.is_set()
    given_up.set()
    assert answered.wait(5)


def test_when_to_come_back() -> None:
    for said, read in (("120", 120), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("9" * 20, None)):
        with receiving(Receiver(status=[503], extra={"Retry-After": said})) as receiver:
            assert sent_to(receiver) == Reply(503, None, read)


def test_nobody_there_and_no_http() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    assert WebhookPost(total_seconds=2)(address, {}, BODY) == Reply(None, "unreachable")
    with socket.create_server(("127.0.0.1", 0)) as odd:
        odd.settimeout(5)

        def speak() -> None:
            talk, _ = odd.accept()
            with talk:
                talk.recv(10_000)
                talk.sendall(b"SSH-2.0-nothing of yours\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        assert WebhookPost(total_seconds=2)(f"http://127.0.0.1:{odd.getsockname()[1]}/", {}, BODY).error in {
            "no_http",
            "unreachable",
        }
        thread.join()


@pytest.mark.parametrize(
    "address",
    ["http://app.example/x", "https://u:p@app.example/", "ftp://127.0.0.1/", "https://bưu.example/", "nonsense"],
)
def test_only_safe_addresses(address: str) -> None:
    assert WebhookPost()(address, {}, BODY) == Reply(None, "unsafe_address")


INWARD = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "fe80::1%eth0",
    "fc00::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "fec0::1",
    "::10.0.0.1",
    "::ffff:0:10.0.0.1",
    "2002:a00:1::",
    "ff02::1",
    "::",
)


@pytest.mark.parametrize("inward", INWARD)
def test_no_name_leads_inwards(inward: str) -> None:
    asked: list[str] = []

    async def resolve(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return [inward]

    async def one_good(_: str, __: int) -> Sequence[str]:
        return ["93.184.215.14", inward]

    for judged in (resolve, one_good):
        assert WebhookPost(resolve=judged)("https://app.example/x", {}, BODY) == Reply(None, "forbidden_network")
    assert asked == ["app.example"]


def test_a_network_of_the_agency_may_be_allowed() -> None:
    async def resolve(_: str, __: int) -> Sequence[str]:
        return ["127.0.0.1"]

    with receiving(Receiver()) as receiver:
        # A plain socket answers no TLS: that it was asked at all is what counts.
        port = receiver.address.removesuffix("/events").rpartition(":")[2]
        allowed = WebhookPost(resolve=resolve, networks=(ip_network("127.0.0.0/8"),), total_seconds=1)
        assert allowed(f"https://app.example:{port}", {}, BODY).error in {"tls", "unreachable", "timeout", "no_http"}
        assert WebhookPost(resolve=resolve)(f"https://app.example:{port}", {}, BODY).error == "forbidden_network"


def test_what_was_judged_is_what_is_connected_to() -> None:
    """The name is asked once for each connection: there is no second look-up that could lead elsewhere."""
    with receiving(Receiver()) as receiver:
        found = [["203.0.113.9"], ["127.0.0.1"]]

        async def rebinding(_: str, __: int) -> Sequence[str]:
            return found.pop()

        port = receiver.address.removesuffix("/events").rpartition(":")[2]
        post = WebhookPost(resolve=rebinding, networks=(ip_network("127.0.0.0/8"),))
        assert post(f"http://localhost:{port}/", {}, BODY) == Reply(204)
    assert found == [["203.0.113.9"]]
