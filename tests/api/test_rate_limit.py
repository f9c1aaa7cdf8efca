from __future__ import annotations

import pytest
from limits import parse
from starlette.requests import Request

from api.errors import TooManyRequests
from api.rate_limit import MovingWindows, RateLimit, client_address
from api.services import Limits
from condau.settings import LimitSettings


def request_from(client: str | None, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return Request({"type": "http", "client": (client, 1) if client else None, "headers": headers})


def test_settings_left_out_are_the_limits_left_out() -> None:
    limits, settings = Limits(), LimitSettings()

    assert limits.verifications == f"{settings.verifications_per_minute}/minute"
    assert limits.security_events_per_minute == settings.security_events_per_minute == 60
    assert limits.trusted_proxies == settings.trusted_proxies
    assert limits.quotes == f"{settings.quotes_per_minute}/minute"
    assert limits.sign_ins == f"{settings.sign_ins_per_minute}/minute"
    assert limits.requests_per_person == f"{settings.requests_per_person_per_minute}/minute"
    assert limits.guardian_questions == f"{settings.guardian_questions_per_minute}/minute"
    assert limits.refused_evidence == f"{settings.refused_evidence_per_minute}/minute"


@pytest.mark.parametrize(
    ("client", "forwarded", "proxies", "address"),
    [
        ("192.0.2.1", [], 0, "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9"], 0, "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.1, 203.0.113.9"], 1, "203.0.113.9"),
        ("192.0.2.1", ["198.51.100.1", "203.0.113.9"], 1, "203.0.113.9"),
        ("192.0.2.1", ["198.51.100.1, 203.0.113.9, 10.0.0.1"], 2, "203.0.113.9"),
        ("192.0.2.1", ["203.0.113.9"], 2, "203.0.113.9"),
        ("192.0.2.1", [], 1, "192.0.2.1"),
        # a port that whoever asks chooses is no part of an address
        ("192.0.2.1", ["203.0.113.9:1"], 1, "203.0.113.9"),
        ("192.0.2.1", ["203.0.113.9:65535"], 1, "203.0.113.9"),
        ("192.0.2.1", ["[2001:db8::1]:4711"], 1, "2001:db8::/64"),
        ("192.0.2.1", ["[2001:db8::1]"], 1, "2001:db8::/64"),
        ("192.0.2.1", ["2001:db8::1"], 1, "2001:db8::/64"),
        ("192.0.2.1", ["unknown"], 1, "192.0.2.1"),
        ("192.0.2.1", ["_hidden"], 1, "192.0.2.1"),
        ("192.0.2.1", ["9.9.9.9.9:1"], 1, "192.0.2.1"),
        ("fe80::1%eth0", [], 0, "fe80::/64"),
        ("2001:db8::1", [], 0, "2001:db8::/64"),
        ("2001:db8::ffff:2", [], 0, "2001:db8::/64"),
        ("::ffff:192.0.2.1", [], 0, "192.0.2.1"),
        (None, [], 0, "unknown"),
        ("not an address", [], 0, "not an address"),
    ],
)
def test_only_what_our_own_proxies_say_counts(
    client: str | None, forwarded: list[str], proxies: int, address: str
) -> None:
    assert client_address(request_from(client, *forwarded), proxies) == address


def test_addresses_do_not_share_their_allowance() -> None:
    limit = RateLimit("2/minute")
    for client in ("192.0.2.1", "192.0.2.2"):
        limit.take(request_from(client))
        limit.take(request_from(client))
        with pytest.raises(TooManyRequests) as refused:
            limit.take(request_from(client))
        assert 1 <= refused.value.retry_after_seconds <= 60


def test_a_window_moves_and_what_is_refused_does_not_lengthen_it() -> None:
    now, rate = [0.0], parse("2/minute")
    windows = MovingWindows(now=lambda: now[0])
    for now[0] in (0.0, 30.0):
        windows.take(rate, "a")
    for now[0] in (31.0, 59.9):
        with pytest.raises(TooManyRequests):
            windows.take(rate, "a")
    now[0] = 60.0
    windows.take(rate, "a")
    with pytest.raises(TooManyRequests) as refused:
        windows.check(rate, "a")
    assert refused.value.retry_after_seconds == 30


def test_callers_without_end_are_not_all_remembered() -> None:
    now, rate = [0.0], parse("2/minute")
    windows = MovingWindows(max_names=100, now=lambda: now[0])
    for number in range(1_000):
        windows.take(rate, str(number))
    assert len(windows) == 100
    now[0] = 61.0
    windows.take(rate, "one more")
    assert len(windows) == 1
