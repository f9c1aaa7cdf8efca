"""The whole way of an event: a citizen applies, a worker sends it, a receiver checks it as the guide says."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from condau.assembly import sending_notices
from condau.settings import read_settings
from condau.webhooks import subscriptions_of
from issuance.delivery.dead_letters import replay
from issuance.delivery.notice import EVENTS, NoticeState, client_key
from issuance.delivery.send_notices import Receiver as To
from issuance.delivery.send_notices import Sender, SendingRules
from issuance.delivery.webhook_post import WebhookPost
from issuance.delivery.webhook_signature import WebhookSecrets, read_secret
from issuance.jobs import JobKind
from tests.condau.test_settings import ISSUER, PRODUCTION, write
from tests.issuance.delivery.receivers import Receiver, receiving
from tests.issuance.delivery.test_send_notices import APP, KEY, PLAN, PORTAL, told
from tests.issuance.office import Office
from tests.storage.workers import quick, wait_until, working

GUIDE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def is_genuine(headers: Mapping[str, str], body: bytes) -> bool:
    """By the sample that the guide gives to those who write receivers."""
    (sample,) = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(sample, names)
    return bool(names["is_genuine"](headers, body, SECRET))


async def test_a_worker_sends_what_happened_while_another_receiver_is_down(office_on_both: Office) -> None:
    office = office_on_both
    office.database.subscriptions = PLAN
    with receiving(Receiver()) as honest, receiving(Receiver(status=[500, 503], hangs_seconds=0.2)) as down:
        receivers = {
            APP: To(honest.address, "a" * 64, WebhookSecrets(KEY)),
            PORTAL: To(down.address, "b" * 64, WebhookSecrets(KEY)),
        }
        sender = Sender(
            transact=office.database.run_blocking,
            post=WebhookPost(total_seconds=5),
            receivers=receivers,
            clock=office.database.clock,
            rules=SendingRules(),
        )
        with working(office.database, {JobKind.SEND_NOTICES: sending_notices(sender)}, quick()):
            await office.application(client="portal")
            cases = [await office.application() for _ in range(3)]
            wait_until(lambda: len(honest.got) == 3)
            wait_until(lambda: len(down.got) >= 1)
    for got in honest.got:
        assert is_genuine(got.headers, got.body)
        assert not is_genuine(got.headers, got.body + b" ")
        assert Webhook(SECRET).verify(got.body, got.headers) == json.loads(got.body)
    said = {json.loads(got.body)["data"]["application"] for got in honest.got}
    assert said == {case.code for case in cases}
    ids = [UUID(got.headers["webhook-id"]) for got in honest.got]
    assert sorted(ids, key=str) == sorted((one.id for one in told(office) if one.client == APP), key=str)


def test_an_old_event_is_refused_by_the_sample() -> None:
    fresh = dict(WebhookSecrets(KEY).headers("x", datetime.now(UTC), b"{}"))
    old = dict(WebhookSecrets(KEY).headers("x", datetime(2024, 6, 3, tzinfo=UTC), b"{}"))
    assert is_genuine(fresh, b"{}")
    assert not is_genuine(old, b"{}")
    both = replace(WebhookSecrets(b"x" * 32), previous=KEY).headers("x", datetime.now(UTC), b"{}")
    assert is_genuine(both, b"{}")


def test_the_settings_of_the_guide_are_taken(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    settings = read_settings(write(tmp_path, PRODUCTION + ISSUER + block))
    assert subscriptions_of(settings).clients == {client_key("https://id.example", "portal")}


def test_the_guide_names_every_event() -> None:
    (table,) = re.findall(r"^\| `type` \| when.*?\n\n", GUIDE, re.MULTILINE | re.DOTALL)
    named: set[str] = set()
    for name in re.findall(r"`([a-z_]*\.[a-z_]+)`", table):
        named.add(f"parcel{name}" if name.startswith(".") else name)
    assert named == EVENTS


@pytest.mark.parametrize("wrong", ["whsec_c2hvcnQ=", "c2hvcnQ="])
def test_a_secret_of_another_form_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        read_secret(wrong)


async def test_a_worker_goes_on_where_a_job_has_handed_on_and_with_what_is_sent_again(office: Office) -> None:
    """Long before any sweep would ask for it."""
    office.database.subscriptions = PLAN
    with receiving(Receiver()) as honest:
        sender = Sender(
            transact=office.database.run_blocking,
            post=WebhookPost(total_seconds=5),
            receivers={APP: To(honest.address, "a" * 64, WebhookSecrets(KEY))},
            clock=office.database.clock,
            rules=SendingRules(at_once=timedelta(0)),
        )
        for _ in range(4):
            await office.application()
        with working(office.database, {JobKind.SEND_NOTICES: sending_notices(sender)}, quick()):
            wait_until(lambda: len(honest.got) == 4)
            wait_until(lambda: all(one.state is NoticeState.DELIVERED for one in told(office)))
            given_up = [
                replace(one, state=NoticeState.DEAD, next_at=None, done_at=one.created_at) for one in told(office)
            ]
            office.do(lambda r: [r.notices.save(one) for one in given_up])
            office.do(lambda r: replay(r, None, "operator", datetime.now(UTC), timedelta(days=1)))
            wait_until(lambda: len(honest.got) == 8)
    assert len({got.headers["webhook-id"] for got in honest.got}) == 4
