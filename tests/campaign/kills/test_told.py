"""Whatever is told wrongly is found by the reckoning."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook
from starlette.responses import Response

from condau.clock import now
from condau.running import address_of, listen, running
from simulators.payment_faults import PaymentFaults
from tests.campaign.kills import announcer as announcing
from tests.campaign.kills.announcer import Announcer
from tests.campaign.kills.hooks import FICKLE, LOYAL, Hooks
from tests.campaign.kills.told import Event, wrong_events, wrong_notices, wrong_trail

EVENT = Event("1", LOYAL, "case", 1, "document.issued", "delivered", None)


def test_events_that_are_told_wrongly_are_found(tmp_path: Path) -> None:
    receivers = Hooks(tmp_path, 1).receivers
    assert list(wrong_events([EVENT], receivers)) == [f"delivered, and its receiver knows nothing of it: {EVENT}"]
    receivers[LOYAL].acknowledged["1"] += 1
    receivers[LOYAL].heard["1"] = b""
    assert list(wrong_events([EVENT], receivers)) == []
    for state in ("waiting", "dead"):
        assert len(list(wrong_events([replace(EVENT, state=state)], receivers))) == 1
    assert list(wrong_events([replace(EVENT, seq=2)], receivers)) == ["events of a case with a gap: case has [2]"]
    receivers[FICKLE].heard["1"] = b""
    assert list(wrong_events([EVENT], receivers)) == [f"{FICKLE} heard what never was: 1"]


def test_what_the_trail_has_and_nobody_is_told_is_found() -> None:
    said = Counter({"document.issued": 1})
    assert list(wrong_trail([EVENT], {"case": said})) == []
    assert len(list(wrong_trail([], {"case": said}))) == 1
    assert len(list(wrong_trail([EVENT, EVENT], {"case": said}))) == 1


def test_notices_of_payments_that_are_lost_forged_or_open_are_found(tmp_path: Path) -> None:
    announcer = Announcer(tmp_path, now, 1)
    announcer.sent, announcer.accepted = {"a"}, {"a"}
    assert list(wrong_notices({"a": "taken"}, announcer)) == []
    for kept in ({}, {"a": "taken", "b": "taken"}, {"a": None}):
        assert len(list(wrong_notices(kept, announcer))) == 1


@pytest.mark.parametrize("kind", ["forged", "stale"])
async def test_a_service_that_takes_false_notices_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(announcing, "_KINDS", (f"{kind}_first",))
    announcer, listening = Announcer(tmp_path, now, 1), listen(0)
    announcer.addresses = [address_of(listening)]
    with running(Response(status_code=204), listening):
        announcer.announce({"reference": "FT1", "amount": 1}, PaymentFaults())
        await asyncio.gather(*announcer._running)
    kept = dict.fromkeys(announcer.accepted, "taken")
    assert list(wrong_notices(kept, announcer)) == [f"a notice was accepted that is {kind}"]


async def test_events_that_nobody_signed_or_that_change_are_found(tmp_path: Path) -> None:
    hooks = Hooks(tmp_path, 1)
    hooks.calm_down()
    secret = hooks.receivers[LOYAL].secret
    transport = httpx.ASGITransport(hooks.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

        async def tell(body: str, signed_with: str) -> int:
            at = now()
            headers = {
                "webhook-id": "1",
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": Webhook(signed_with).sign("1", at, body),
            }
            return (await client.post(f"/{LOYAL}", content=body, headers=headers)).status_code

        assert [await tell("{}", secret), await tell("{}", secret)] == [204, 204]
        assert list(wrong_events([EVENT], hooks.receivers)) == []
        await tell('{"another": 1}', secret)
        assert await tell("{}", hooks.receivers[FICKLE].secret) == 400
    assert list(wrong_events([EVENT], hooks.receivers)) == [
        f"two events under one id came to {LOYAL}: 1",
        f"an event that nobody signed came to {LOYAL}",
    ]


def test_who_is_gone_stays_so_until_all_are_well(tmp_path: Path) -> None:
    hooks = Hooks(tmp_path, 1)
    fickle = hooks.receivers[FICKLE]
    fickle.acknowledged.update(map(str, range(100)))
    hooks.calm_down()
    assert fickle.is_gone
    hooks.get_well()
    assert not fickle.is_gone
