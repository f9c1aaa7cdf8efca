from __future__ import annotations

import pytest
from starlette.requests import Request

from api.errors import TooManyRequests
from api.rate_limit import RateLimit, client_address
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
