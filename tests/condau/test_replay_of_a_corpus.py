"""Years of an office at random: applications of all kinds, papers, money, decisions by hand, and a book that changes.

Afterwards every stored decision comes out again, and is the one that the application shows.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from condau.fees.replay import replay
from identity.citizen import VerifiedOfficial
from issuance.application import Application
from issuance.apply import apply
from issuance.assessed import StoredAssessment
from issuance.bring_evidence import bring
from issuance.decide_evidence import accept, reject
from issuance.decide_fee import decide_fee
from issuance.errors import IssuanceError
from issuance.evidence import PaperFile
from issuance.fees.document import VND
from issuance.fees.facts import vietnam_day
from issuance.payments.order import ReceivedPayment
from issuance.records import Records
from issuance.registers.consult import keep_register_answer
from issuance.settlement.act import refuse
from issuance.withdraw import withdraw
from storage.runner import Database
from tests.issuance.families import guardian_of
from tests.issuance.money import money_comes
from tests.issuance.office import INPUT, TYPE, Office, approve_whole, clean_record
from tests.issuance.quota_policies import POLICY, adopt, quota_policy
from tests.storage.quota_books import assert_books_balance

PAPERS = {"student": "student_card", "disabled": "disability_certificate"}
ACCOUNTS = (
    {"sub": "s-1", "personal_id": "001194000001"},
    {"sub": "s-2", "personal_id": "001195000002", "client_id": "one-stop-kiosk"},
    # The same person by another account.
    {"sub": "s-3", "personal_id": "001195000002"},
)
ALWAYS = (1, 2)
LAST_INSTANT = datetime(2026, 12, 31, 16, 59, 59, 999_999, tzinfo=UTC)
"""Of the year 2026 in Vietnam, and so of a person's quota of that year."""


class Years:
    """What one office does, drawn by `draw`; whatever is refused leaves nothing behind."""

    def __init__(self, office: Office, draw: random.Random) -> None:
        self.office, self.draw = office, draw
        self.asked: list[tuple[str, dict[str, str], UUID]] = []
        self.version = 0

    async def apply(self) -> None:
        claims = self.draw.choice(ACCOUNTS)
        for_child = claims is ACCOUNTS[0] and self.draw.random() < 0.3
        asker = await (guardian_of(self.office, **claims) if for_child else self.office.citizen(**claims))
        asked = INPUT | {"copies": self.draw.randint(1, 10)} | ({"sex": "male"} if for_child else {})
        at = self.office.at
        done = self.office.do(lambda r: apply(r, self.office.rules, asker, TYPE, asked, at))
        self.asked.append((done.code, claims, done.id))

    async def bring(self) -> None:
        code, claims, _ = self.chosen()
        category, citizen = self.draw.choice(sorted(PAPERS)), await self.office.citizen(**claims)
        digest = hashlib.sha256(self.draw.randbytes(8)).digest()
        file, kind = PaperFile(sha256=digest, media_type="application/pdf", size_bytes=7, pages=1), PAPERS[category]
        catalogue, at = self.office.catalogue, self.office.at
        self.attempt(lambda r: bring(r, catalogue, citizen, code, category=category, kind=kind, file=file, at=at))

    async def look(self) -> None:
        code, _, application_id = self.chosen()
        official, good = await self.office.official(roles=["caseworker", "head"]), self.draw.random() < 0.8
        for paper in self.office.do(lambda r: r.evidence.of_application(application_id)):
            if good:
                self.attempt(lambda r, i=paper.id: accept(r, self.office.rules, official, code, i, self.office.at))
            else:
                self.attempt(lambda r, i=paper.id: reject(r, official, code, i, "Không đọc được", self.office.at))

    async def pay(self) -> None:
        _, _, application_id = self.chosen()
        order = self.office.do(lambda r: r.payments.of_application(application_id))
        if order is not None:
            payment = ReceivedPayment(
                memo=order.memo, amount=order.amount, provider_reference=order.memo, received_at=self.office.at
            )
            self.attempt(lambda r: money_comes(r, self.office.rules, payment, self.office.at))

    async def end(self) -> None:
        code, claims, application_id = self.chosen()
        citizen = await self.office.citizen(**claims)
        official = await self.office.official(roles=["caseworker", "head"])
        at, rules = self.office.at, self.office.rules

        def approved(records: Records) -> None:
            keep_register_answer(records, application_id, clean_record(at), at)
            approve_whole(records, rules, code, official, at)

        ways: list[Callable[[Records], object]] = [
            lambda r: withdraw(r, citizen, code, at),
            lambda r: refuse(r, rules, code, official, "Hồ sơ trùng", at),
            approved,
        ]
        self.attempt(self.draw.choice(ways))

    async def decide_by_hand(self) -> None:
        official = await self.office.official(roles=["caseworker", "head"])
        for code, _, _ in self.asked[-6:]:
            self.attempt(lambda r, c=code: self.by_hand(r, c, official))

    def by_hand(self, records: Records, code: str, official: VerifiedOfficial) -> Application:
        due = VND(self.draw.choice((0, 170_000)))
        basis, reason = "Thông tư 16/2025/TT-BTC", "Chưa có quy định"
        return decide_fee(
            records, self.office.rules, code, official, due=due, basis=basis, reason=reason, at=self.office.at
        )

    async def change_the_book(self) -> None:
        """Take back what is in force, and mostly put another version in its place; a request of before comes late."""
        began = self.office.at
        self.office.at += timedelta(seconds=1)
        self.office.do(self.close)
        await self.apply()
        if self.draw.random() < 0.7:
            self.version += 1
            unit, size = self.draw.choice((("requests", 6), ("amount", 700_000)))
            self.office.at += timedelta(seconds=1)
            adopt(self.office, quota_policy(size, unit, version=self.version))
        now, self.office.at = self.office.at, began
        await self.apply()
        await self.look()
        self.office.at = now

    def close(self, records: Records) -> None:
        for row in records.fee_policies.rows(POLICY):
            if row.known_to is None:
                closing = {"known_to": self.office.at, "closed_by": "somebody", "closing_reason": "a mistake"}
                records.fee_policies.close_entry(replace(row, **closing))  # type: ignore[arg-type] # three fields

    async def wait(self) -> None:
        before = self.office.at
        self.office.at += timedelta(hours=self.draw.choice((1, 5, 24, 400, 1_500)))
        if before < LAST_INSTANT < self.office.at:
            for self.office.at in (LAST_INSTANT, LAST_INSTANT + timedelta(microseconds=1)):
                await self.apply()

    def chosen(self) -> tuple[str, dict[str, str], UUID]:
        return self.draw.choice(self.asked[-8:])

    def attempt(self, use_case: Callable[[Records], object]) -> None:
        with suppress(IssuanceError):
            self.office.do(use_case)


@pytest.mark.parametrize("seed", [*ALWAYS, *(pytest.param(n, marks=pytest.mark.campaign) for n in range(3, 23))])
async def test_every_decision_of_some_years_comes_out_again(database: Database, tmp_path: Path, seed: int) -> None:
    office, draw = Office(database, tmp_path), random.Random(seed)
    years = Years(office, draw)
    office.at = datetime(2025, 10, 1, 2, 0, tzinfo=UTC)
    ways: list[Callable[[], Awaitable[None]]] = [
        *[years.apply] * 4,
        *[years.bring] * 3,
        *[years.look] * 3,
        *[years.pay] * 3,
        *[years.wait] * 2,
        years.end,
        years.decide_by_hand,
        years.change_the_book,
    ]
    for _ in range(3):
        await years.apply()
    for _ in range(150):
        await draw.choice(ways)()
    office.at = datetime(2028, 3, 1, 2, 0, tzinfo=UTC)  # on a day that no version covers
    for way in (years.apply, years.decide_by_hand, years.bring, years.look):
        await way()

    found = replay(office.do, lambda _: None)
    assert found.to_json()["differences"] == []
    assert found.is_fine
    stored = [one for _, _, i in years.asked for one in office.do(lambda r, i=i: of_application(r, i))]
    assert found.decisions == len(stored)
    assert_books_balance(database)
    if seed in ALWAYS:
        # What the corpus is worth: all kinds of decisions are in it. Not every draw has each.
        kinds = Counter((one.cause, one.assessment.outcome.value) for one in stored)
        assert {("submitted", "due"), ("submitted", "nothing_due"), ("submitted", "referred")} <= kinds.keys()
        assert any(cause == "evidence_accepted" for cause, _ in kinds)


def of_application(records: Records, application_id: UUID) -> list[StoredAssessment]:
    """Its decisions, of which the last one is shown, and each was by the book as it was known then."""
    application = records.applications.by_id(application_id)
    stored = list(records.assessments.of_application(application_id))
    assert [one.seq for one in stored] == list(range(1, len(stored) + 1))
    assert stored[-1].assessment == application.fee
    dues = [one.assessment.due for one in stored if one.assessment.totals is not None]
    assert dues == sorted(dues, reverse=True)
    day = vietnam_day(application.submitted_at)
    for one in stored:
        known = records.fee_policies.book().known_at(one.at).applicable(TYPE, day, day)
        digests = [policy.digest for policy in known]
        assert digests == ([] if one.assessment.policy is None else [one.assessment.policy.digest])
        assert one.assessment.decided_for == day
    return stored
