"""Policy documents and officials for tests of how a policy changes; no value means anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from identity.citizen import VerifiedOfficial
from issuance.fee_policies.approve import approve_draft
from issuance.fee_policies.check import begin_check, examine, keep_check
from issuance.fee_policies.draft import DraftState, PolicyDraft
from issuance.fee_policies.rehearse import ask_rehearsal, rehearse_draft
from issuance.fee_policies.schedule import schedule_draft
from issuance.fee_policies.write import edit_draft, write_draft
from issuance.fees.book import PolicyBook
from issuance.fees.policy import SHIPPED_POLICIES
from storage.records import SqlRecords
from storage.runner import Database
from tests.issuance.office import TYPE, Office

HANOI = "criminal_record_form_1.hanoi"
AUTUMN = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)
"""Version 2 is in force until the end of the year; nothing is known of what comes then."""

_SHIPPED = json.loads((SHIPPED_POLICIES / "criminal-record-form-1.2025-04-24.json").read_text(encoding="utf-8"))


def document(
    version: int = 3,
    first_day: str = "2026-01-01",
    last_day: str | None = None,
    *,
    amount: int = 150_000,
    policy_id: str = HANOI,
    document_type: str = TYPE,
    **changed: Any,
) -> bytes:
    """A policy of one charge, by a shipped act, with one example."""
    given = {"channel": "desk", "copies": 1, "submitted_on": first_day}
    policy = {
        "schema": "condau-fee-policy/1",
        "id": policy_id,
        "version": version,
        "label": {"vi": "Mức phí để thử", "en": "A fee for trials"},
        "document_types": [document_type],
        "territory": "vn-hanoi",
        "currency": "VND",
        "time_zone": "Asia/Ho_Chi_Minh",
        "effective": {"first_day": first_day, "last_day": last_day},
        "deciding_date": "submitted",
        "rounding": "in_favour_of_citizen",
        "basis": _SHIPPED["basis"],
        "charges": [
            {
                "id": "fee",
                "label": {"vi": "Phí", "en": "Fee"},
                "kind": "base",
                "amount_vnd": amount,
                "basis": [_SHIPPED["basis"][0]["id"]],
            }
        ],
        "stages": [],
        "examples": [
            {
                "name": "Một bản tại bộ phận một cửa",
                "given": given,
                "expect": {"gross_vnd": amount, "waived_vnd": 0, "due_vnd": amount},
            }
        ],
    }
    return json.dumps(policy | changed, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Person:
    """An account and the person behind it, as the use cases take them."""

    official: VerifiedOfficial
    index: str


class Agency:
    """An office whose officials change its fee policies; every step is a transaction of its own."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @property
    def database(self) -> Database:
        return self.office.database

    @classmethod
    async def in_autumn(cls, database: Database, folder: Path) -> Agency:
        return cls(Office(database, folder, AUTUMN))

    async def person(self, name: str, *roles: str, number: str | None = None) -> Person:
        digits = number or f"001185{sum(name.encode()) % 1_000_000:06d}"
        official = await self.office.official(sub=name, roles=list(roles), personal_id=digits)
        return Person(official, self.office.rules.person_index(digits))

    async def author(self, name: str = "author") -> Person:
        return await self.person(name, "fee_author")

    async def approver(self, name: str = "approver") -> Person:
        return await self.person(name, "fee_approver")

    def write(self, by: Person, source: bytes) -> PolicyDraft:
        return self.office.do(lambda r: write_draft(r, by.official, by.index, source, self.office.at))

    def edit(self, by: Person, draft: PolicyDraft, source: bytes) -> PolicyDraft:
        return self.office.do(
            lambda r: edit_draft(r, by.official, by.index, draft.id, draft.version, source, self.office.at)
        )

    def check(self, by: Person, draft: PolicyDraft) -> PolicyDraft:
        files, at = self.office.files, self.office.at
        subject = self.office.do(lambda r: begin_check(r, by.official, draft.id, draft.version, at))
        report = examine(subject, files, at)
        return self.office.do(lambda r: keep_check(r, by.official, subject, report, at))

    def ask(self, by: Person, draft: PolicyDraft, plan: dict[str, Any] | None = None) -> UUID:
        plan = PAST if plan is None else plan
        asked = self.office.do(lambda r: ask_rehearsal(r, by.official, draft.id, draft.version, plan, self.office.at))
        return asked.id

    def rehearse(self, by: Person, draft: PolicyDraft, plan: dict[str, Any] | None = None) -> PolicyDraft:
        asked = self.ask(by, draft, plan)
        rehearse_draft(self.database.run_blocking, self.office.rules, asked, lambda: self.office.at)
        return self.draft(draft.id)

    def approve(self, by: Person, draft: PolicyDraft) -> PolicyDraft:
        return self.office.do(
            lambda r: approve_draft(r, by.official, by.index, draft.id, draft.version, self.office.at)
        )

    def schedule(self, by: Person, draft: PolicyDraft) -> PolicyDraft:
        return self.office.do(lambda r: schedule_draft(r, by.official, draft.id, draft.version, self.office.at))

    def rehearsed(self, by: Person, source: bytes) -> PolicyDraft:
        """A draft that only needs an approval."""
        checked = self.check(by, self.write(by, source))
        assert checked.state is DraftState.CHECKED, checked.checked
        return self.rehearse(by, checked)

    def scheduled(self, author: Person, approver: Person, source: bytes) -> PolicyDraft:
        return self.schedule(approver, self.approve(approver, self.rehearsed(author, source)))

    def draft(self, draft_id: UUID) -> PolicyDraft:
        return self.office.do(lambda r: r.fee_policies.draft(draft_id))

    def book(self) -> PolicyBook:
        return self.office.do(lambda r: r.fee_policies.book())

    def deciding(self, day: date, known_at: datetime | None = None) -> int | None:
        """The number of the version that decides a request of this day."""
        book = self.book() if known_at is None else self.book().known_at(known_at)
        found = book.applicable(TYPE, day, day)
        assert len(found) <= 1
        return found[0].version if found else None

    def days(self) -> list[tuple[int, str, str | None]]:
        """Which version decides on which days, as it is known now."""
        return [
            (
                entry.policy.version,
                entry.valid.first_day.isoformat(),
                None if entry.valid.last_day is None else entry.valid.last_day.isoformat(),
            )
            for entry in sorted(self.book().entries, key=lambda entry: entry.valid.first_day)
            if entry.known_to is None and TYPE in entry.policy.document.document_types
        ]

    def audit(self) -> list[tuple[str, str]]:
        """Actor and action of everything that is about no application, in order."""
        return self.database.run_blocking(_audit)


PAST = {"kind": "past", "first_day": "2025-10-01", "last_day": "2025-10-31"}
POPULATION = {
    "kind": "population",
    "size": 2_500,
    "seed": 1,
    "document_type": TYPE,
    "first_day": "2026-01-01",
    "last_day": "2026-01-31",
}


def _audit(records: SqlRecords) -> list[tuple[str, str]]:
    rows = records._connection.exec_driver_sql(
        "SELECT actor, action FROM audit WHERE application_id IS NULL ORDER BY id"
    )
    return [(actor, action) for actor, action in rows]
