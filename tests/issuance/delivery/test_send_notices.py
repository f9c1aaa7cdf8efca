"""Notices: written with what they tell, sent until delivered or given up, and nobody waits for anybody else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook

from issuance.certificate import RevocationReason, SuspensionReason
from issuance.delivery.dead_letters import dead_letters, enable, replay
from issuance.delivery.notice import EVENTS, Notice, NoticeState, Subscriptions, client_key, events_of
from issuance.delivery.post import ask_for_post
from issuance.delivery.send_notices import Receiver, Sender, SendingRules, send_notices
from issuance.delivery.webhook_post import Reply
from issuance.delivery.webhook_signature import WebhookSecrets
from issuance.feedback.questions import answer, ask
from issuance.revoke import revoke
from issuance.suspend import reinstate, suspend
from storage.delivery_tables import notices
from storage.records import SqlRecords
from tests.issuance.delivery.sending import ADDRESS, official_of
from tests.issuance.office import Office

ISSUER = "https://issuer.example"
APP, PORTAL = client_key(ISSUER, "vneid-app"), client_key(ISSUER, "portal")
KEY = b"only for tests, thirty-two bytes"
PLAN = Subscriptions(frozenset({APP, PORTAL}))


@dataclass
class Outside:
    """Receivers that answer as the test says. replies: by address, one after the other and then the last."""

    replies: dict[str, list[Reply]] = field(default_factory=dict)
    sent: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def __call__(self, address: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.sent.append((address, headers, body))
        replies = self.replies.get(address, [Reply(204)])
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def types(self, client: str) -> list[str]:
        return [json.loads(body)["type"] for address, _, body in self.sent if address == address_of(client)]


def address_of(client: str) -> str:
    return f"https://{client[:8]}.example/events"


def receiver_of(client: str) -> Receiver:
    address = address_of(client)
    return Receiver(address, hashlib.sha256(address.encode()).hexdigest(), WebhookSecrets(KEY))


def sender_of(office: Office, outside: Outside, **changed: object) -> Sender:
    rules = SendingRules(draw=lambda _, most: most)
    given = {
        "transact": office.database.run_blocking,
        "post": outside,
        "receivers": {client: receiver_of(client) for client in (APP, PORTAL)},
        "clock": lambda: office.at,
        "rules": rules,
    }
    return Sender(**{**given, **changed})  # type: ignore[arg-type] # each is what its name says


def _telling(office: Office) -> Office:
    office.database.subscriptions = PLAN
    office.database.clock = lambda: office.at
    return office


@pytest.fixture
def telling(office: Office) -> Office:
    return _telling(office)


@pytest.fixture
def telling_on_both(office_on_both: Office) -> Office:
    return _telling(office_on_both)


def told(office: Office) -> list[Notice]:
    """All of them, in the order of the case."""

    def read(records: SqlRecords) -> list[UUID]:
        return list(records._connection.execute(sa.select(notices.c.id).order_by(notices.c.seq)).scalars())

    ids = office.database.run_blocking(read)
    found = office.do(lambda records: [records.notices.find(one) for one in ids])
    return [one for one in found if one is not None]


async def notice_for(office: Office, client: str = "vneid-app") -> Notice:
    """Of a new application."""
    application = await office.application(client=client)
    return next(one for one in told(office) if one.application_id == application.id)


def run(office: Office, outside: Outside, notice: Notice, **changed: object) -> Notice:
    send_notices(sender_of(office, outside, **changed), notice.id)
    found = office.do(lambda records: records.notices.find(notice.id))
    assert found is not None
    return found


async def test_every_event_of_a_life_is_told_once_and_in_order(telling_on_both: Office) -> None:
    office = telling_on_both
    citizen, official = await office.citizen(), await official_of(office)
    application = await office.approved()
    _, question = office.do(lambda r: ask(r, office.rules, citizen, application.code, "Khi nào?", office.at))
    office.do(lambda r: answer(r, official, application.code, question.id, "Mai.", office.at))
    office.issue(application.id)
    office.do(lambda r: ask_for_post(r, office.rules, citizen, application.code, ADDRESS, office.at))
    office.do(lambda r: suspend(r, application.code, official, SuspensionReason.UNDER_REVIEW, office.at))
    office.do(lambda r: reinstate(r, application.code, official, office.at))
    office.do(lambda r: revoke(r, application.code, official, RevocationReason.FACTS_CHANGED, office.at))
    written = told(office)
    states = [one.data["state"] for one in written if one.type == "application.state_changed"]
    assert states == ["received", "in_progress", "settled"]
    assert [one.type for one in written if not one.type.startswith("application")] == [
        "question.answered",
        "document.issued",
        "parcel.asked",
        "document.suspended",
        "document.reinstated",
        "document.revoked",
    ]
    assert [one.seq for one in written] == list(range(1, len(written) + 1))
    assert {one.type for one in written} <= EVENTS
    outside = Outside()
    run(office, outside, written[0])
    assert outside.types(APP) == [one.type for one in written]
    assert {one.state for one in told(office)} == {NoticeState.DELIVERED}
    run(office, outside, written[-1])
    assert len(outside.sent) == len(written)


async def test_money_due_is_told(telling: Office) -> None:
    application = await telling.application(client="portal", copies=10)
    assert [one.type for one in told(telling) if one.application_id == application.id][:1] == [
        "application.state_changed"
    ]
    kiosk = client_key(ISSUER, "one-stop-kiosk")
    telling.database.subscriptions = Subscriptions(frozenset({kiosk}))
    owing = await telling.application(client="one-stop-kiosk")
    assert [one.type for one in told(telling) if one.application_id == owing.id] == [
        "application.state_changed",
        "payment.asked",
    ]


async def test_nobody_else_is_told(telling: Office) -> None:
    application = await telling.application(client="one-stop-kiosk")
    assert told(telling) == []
    silent = Subscriptions()
    telling.database.subscriptions = silent
    await telling.application()
    assert told(telling) == []
    telling.database.subscriptions = PLAN
    citizen = await telling.citizen(client_id="one-stop-kiosk")
    telling.do(lambda r: ask(r, telling.rules, citizen, application.code, "Khi nào?", telling.at))
    assert told(telling) == []


async def test_what_is_sent_names_nobody_and_the_library_accepts_it(telling: Office) -> None:
    notice, outside = await notice_for(telling), Outside()
    run(telling, outside, notice)
    ((_, headers, body),) = outside.sent
    said = json.loads(body)
    code = telling.do(lambda r: r.applications.by_id(notice.application_id)).code
    assert said == {
        "type": "application.state_changed",
        "timestamp": telling.at.isoformat(),
        "data": {
            "application": code,
            "application_id": str(notice.application_id),
            "sequence": 1,
            "state": "received",
        },
    }
    assert headers["webhook-id"] == str(notice.id)
    # The library knows no other time than now.
    fresh = WebhookSecrets(KEY).headers(str(notice.id), datetime.now(telling.at.tzinfo), body)
    assert Webhook("whsec_" + base64.b64encode(KEY).decode()).verify(body, dict(fresh)) == said


def test_details_travel_only_as_short_codes() -> None:
    entry = {"kind": "result", "number": "123456789012", "reason": "a" * 41, "cause": "mất", "actor": "x|y"}
    assert events_of("certificate_issued", entry) == [("document.issued", {"kind": "result"})]
    assert events_of("certificate_issued", {"kind": "apology"}) == [("apology.issued", {"kind": "apology"})]
    assert events_of("evidence_accepted", {"refund": 5_000}) == [("payment.refund", {})]
    assert events_of("person_looked_for", {"refund": 0}) == []


async def test_a_failed_one_comes_again_later_and_later_until_it_is_given_up(telling: Office) -> None:
    notice, outside = await notice_for(telling), Outside({address_of(APP): [Reply(500)]})
    pauses = []
    while notice.state is NoticeState.WAITING:
        notice = run(telling, outside, notice)
        if notice.next_at is not None:
            pauses.append(notice.next_at - telling.at)
            telling.at = max(notice.next_at, _rested(telling))
    assert pauses[:4] == [timedelta(seconds=30 * 2**n) for n in range(4)]
    assert max(pauses) <= SendingRules().longest_pause
    assert (notice.state, notice.last_error, notice.attempts) == (NoticeState.DEAD, "http_500", len(outside.sent))
    assert notice.done_at is not None
    assert notice.done_at - notice.created_at <= SendingRules().give_up_after


def _rested(office: Office) -> datetime:
    return office.do(lambda r: r.notices.endpoint(APP)).paused_until or office.at


async def test_pauses_are_drawn_so_that_many_do_not_come_back_at_once() -> None:
    rules = SendingRules()
    drawn = {rules.pause(3, rules.longest_pause) for _ in range(20)}
    assert len(drawn) > 10
    assert all(timedelta(seconds=60) <= one <= timedelta(seconds=120) for one in drawn)
    assert rules.pause(10_000, rules.longest_pause) <= rules.longest_pause


@pytest.mark.parametrize("reply", [Reply(None, "timeout"), Reply(None, "unreachable"), Reply(503), Reply(429)])
async def test_who_is_down_rests_and_holds_up_nobody(telling: Office, reply: Reply) -> None:
    outside = Outside({address_of(APP): [reply]})
    first, second, other = await notice_for(telling), await notice_for(telling), await notice_for(telling, "portal")
    for one in (first, second, other, first):
        run(telling, outside, one)
    assert len(outside.types(APP)) == 1
    assert outside.types(PORTAL) == ["application.state_changed", "payment.asked"]
    endpoint = telling.do(lambda r: r.notices.endpoint(APP))
    assert endpoint.paused_until is not None
    assert endpoint.paused_until > telling.at
    waiting = telling.do(lambda r: r.notices.find(second.id))
    assert waiting is not None
    assert waiting.next_at == endpoint.paused_until
    outside.replies.clear()
    telling.at = endpoint.paused_until + timedelta(seconds=30)
    run(telling, outside, second)
    assert {one.state for one in told(telling)} == {NoticeState.DELIVERED}
    assert telling.do(lambda r: r.notices.endpoint(APP)).failures == 0


async def test_a_rest_that_is_ended_ends_for_what_waits_too(telling: Office) -> None:
    outside = Outside({address_of(APP): [Reply(503)]})
    first, second = await notice_for(telling), await notice_for(telling)
    for one in (first, second):
        run(telling, outside, one)
    outside.replies.clear()
    assert telling.do(lambda r: enable(r, APP, "operator:uid-0", telling.at))
    run(telling, outside, second)
    assert {one.state for one in told(telling)} == {NoticeState.DELIVERED}


async def test_retry_after_is_heeded_within_bounds(telling: Office) -> None:
    for said, rests in ((600, 600), (10**6, 3_600)):
        telling.do(lambda r: enable(r, APP, "test", telling.at))
        outside = Outside({address_of(APP): [Reply(503, None, said)]})
        run(telling, outside, await notice_for(telling))
        rested = telling.do(lambda r: r.notices.endpoint(APP)).paused_until
        assert rested is not None
        assert rested - telling.at == timedelta(seconds=rests)


async def test_one_that_is_refused_does_not_hold_up_the_next(telling: Office) -> None:
    first, second = await notice_for(telling), await notice_for(telling)
    outside = Outside({address_of(APP): [Reply(422), Reply(204)]})
    run(telling, outside, first)
    states = [telling.do(lambda r, one=one: r.notices.find(one.id)).state for one in (first, second)]  # type: ignore[misc, union-attr] # of a default; both are there
    assert sorted(states) == [NoticeState.DELIVERED, NoticeState.WAITING]


async def test_gone_is_gone_until_somebody_enables_it(telling_on_both: Office) -> None:
    telling = telling_on_both
    first, second = await notice_for(telling), await notice_for(telling)
    outside = Outside({address_of(APP): [Reply(410)]})
    for one in (first, second, await notice_for(telling)):
        run(telling, outside, one)
    assert len(outside.sent) == 1
    assert sorted(str(one.last_error) for one in told(telling)) == ["disabled", "disabled", "http_410"]
    dead = telling.do(lambda r: dead_letters(r, APP, 10))
    assert {one.id for one in dead} == {one.id for one in told(telling)}
    outside.replies.clear()
    moved = {APP: replace(receiver_of(APP), address="https://new.example/", address_digest="n" * 64)}
    run(telling, outside, await notice_for(telling), receivers=moved)
    assert outside.sent[-1][0] == "https://new.example/"
    assert telling.do(lambda r: enable(r, APP, "operator:uid-0", telling.at))
    assert not telling.do(lambda r: enable(r, APP, "operator:uid-0", telling.at))
    assert telling.do(lambda r: replay(r, APP, "operator:uid-0", telling.at, timedelta(days=3))) == 3
    run(telling, outside, first)
    again = [headers["webhook-id"] for address, headers, _ in outside.sent if address == address_of(APP)]
    assert sorted(again) == sorted([*(str(one.id) for one in dead), again[0]])
    assert telling.do(lambda r: dead_letters(r, None, 10)) == []


async def test_who_subscribes_no_more_gets_nothing(telling: Office) -> None:
    notice, outside = await notice_for(telling), Outside()
    gone = run(telling, outside, notice, receivers={})
    assert (gone.state, gone.last_error, outside.sent) == (NoticeState.DEAD, "not_subscribed", [])


async def test_many_workers_send_each_once(telling_on_both: Office) -> None:
    telling = telling_on_both
    written = [await notice_for(telling) for _ in range(6)]
    outside = Outside()
    sender = sender_of(telling, outside)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: send_notices(sender, one.id), written * 2))
    sent = [headers["webhook-id"] for _, headers, _ in outside.sent]
    assert sorted(sent) == sorted(str(one.id) for one in written)


async def test_a_sender_that_died_is_relieved_and_the_id_stays(telling_on_both: Office) -> None:
    telling = telling_on_both
    notice, outside = await notice_for(telling), Outside()

    def dies(address: str, headers: Mapping[str, str], body: bytes) -> Reply:
        outside(address, headers, body)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(telling, outside, notice, post=dies)
    assert run(telling, outside, notice).state is NoticeState.WAITING
    telling.at += timedelta(seconds=91)
    assert run(telling, outside, notice).state is NoticeState.DELIVERED
    assert len({headers["webhook-id"] for _, headers, _ in outside.sent}) == 1
    assert len(outside.sent) == 2


async def test_a_long_queue_is_handed_on_so_that_a_worker_can_stop(telling: Office) -> None:
    written = [await notice_for(telling) for _ in range(3)]
    outside = Outside()
    sender = sender_of(telling, outside, rules=SendingRules(at_once=timedelta(0)))
    for one in written:
        send_notices(sender, one.id)
    assert len(outside.sent) == 3


async def test_what_waits_is_found_one_for_each_client(telling_on_both: Office) -> None:
    telling = telling_on_both
    first, _, other = await notice_for(telling), await notice_for(telling), await notice_for(telling, "portal")

    def overdue(at: datetime) -> set[UUID]:
        found = telling.database.run_blocking(lambda r: r.overdue_jobs(changed_before=at))
        return {which for kind, which in found if kind.value == "send-notices"}

    assert overdue(telling.at) == set()
    later = telling.at + timedelta(minutes=2)
    assert overdue(later) == {first.id, other.id}
    run(telling, Outside(), first)
    assert overdue(later) == {other.id}


async def test_what_was_told_long_ago_is_forgotten_but_its_number_counts_on(telling_on_both: Office) -> None:
    telling = telling_on_both
    application = await telling.approved()
    outside = Outside()
    before = told(telling)
    run(telling, outside, before[0])
    later = telling.at + timedelta(days=40)
    telling.do(lambda r: r.notices.forget(later, 100))
    assert [one.seq for one in told(telling)] == [len(before)]
    telling.issue(application.id)
    assert told(telling)[1].seq == len(before) + 1


async def test_an_unknown_notice_is_nothing_to_send(telling: Office) -> None:
    outside = Outside()
    send_notices(sender_of(telling, outside), uuid4())
    assert outside.sent == []
