"""What `condau fees assess` was asked, as facts, and the decision about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from condau.fees.books_and_files import FeesRefused, read_policy_file, shipped_book
from condau.installation import records_of
from condau.settings import Settings
from issuance.fees.assess import assess
from issuance.fees.assessment import FeeAssessment
from issuance.fees.book import PolicyBook
from issuance.fees.document import FeePolicy
from issuance.fees.facts import MAX_AGE_YEARS, FeeFacts, vietnam_day
from issuance.fees.quotas import Quotas, quota_sizes
from issuance.fees.wording import Label
from issuance.quote import quote
from issuance.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options, read but not judged. on: None for today; document_type: None where there is only one."""

    document_type: str | None
    channel: str
    copies: int
    age: int | None
    birth_date: date | None
    categories: frozenset[str]
    evidence: frozenset[str]
    delivery: str
    pages: int | None
    level: int
    residence: str | None
    on: date | None
    received_on: date | None
    known_at: datetime | None
    left: Mapping[str, int]

    def facts(self, document_type: str, today: date) -> FeeFacts:
        """Raises FactsRefused, FeesRefused."""
        on = self.on or today
        return FeeFacts(
            document_type=document_type,
            channel=self.channel,
            copies=self.copies,
            categories=self.categories,
            birth_date=self._birth_date(on),
            level=self.level,
            submitted_on=on,
            residence=self.residence,
            received_on=self.received_on or on,
            pages=self.pages,
            delivery=self.delivery,
            evidence=self.evidence,
        )

    def _birth_date(self, on: date) -> date | None:
        if self.age is None or self.birth_date is not None:
            return self.birth_date
        if not 0 <= self.age <= MAX_AGE_YEARS:
            raise FeesRefused(Label(f"tuổi: từ 0 đến {MAX_AGE_YEARS}", f"an age is from 0 to {MAX_AGE_YEARS}"))
        # The birthday is the day itself; who is born on 28 February is as old on the 29th.
        day = 28 if (on.month, on.day) == (2, 29) else on.day
        return date(on.year - self.age, on.month, day)


def assess_asked(
    asked: Asked, policy_file: Path | None, settings: Settings | None, at: datetime
) -> tuple[FeeAssessment, list[Label]]:
    """The decision, and what it assumes. By the file, else by the installation's book, else by the shipped policies.

    Raises FeesRefused, FactsRefused, PolicyRefused, RecordsUnavailable, OSError.
    """
    if asked.age is not None and asked.birth_date is not None:
        raise FeesRefused(Label("chỉ dùng --age hoặc --birth-date", "--age or --birth-date, not both"))
    if asked.left and policy_file is None:
        raise FeesRefused(Label("--left chỉ dùng cùng với --policy", "--left goes with --policy alone"))
    if asked.known_at is not None and (policy_file is not None or settings is None):
        words = "only an installation's book has a past: give its --settings"
        raise FeesRefused(
            Label("chỉ sổ chính sách của một hệ thống mới có lịch sử: cần --settings của hệ thống", words)
        )
    today = vietnam_day(at)
    if policy_file is not None:
        policy = read_policy_file(policy_file)
        if unknown := sorted(asked.left.keys() - quota_sizes(policy).keys()):
            raise FeesRefused(Label(f"không có hạn mức {unknown[0]}", f"there is no quota {unknown[0]}"))
        facts = asked.facts(asked.document_type or policy.document.document_types[0], today)
        by_receipt = policy.document.deciding_date == "received" and facts.received_on is not None
        on = facts.received_on if by_receipt and facts.received_on is not None else facts.submitted_on
        found = assess(facts, policy, Quotas(asked.left, untouched=True), on)
        return found, _assumed(asked, None if found.policy is None else policy)
    if settings is None:
        book = shipped_book()
        facts = asked.facts(asked.document_type or _only_type(book), today)
        assumed = [
            Label(
                "Theo các chính sách đi kèm phần mềm, vì không có cấu hình của hệ thống nào.",
                "By the policies that come with the software, since no installation's settings were given.",
            )
        ]
        found = assess(facts, book, Quotas(untouched=True), facts.submitted_on)
        return found, [*assumed, *_assumed(asked, _decided_by(found, book))]

    def ask_quote(records: Records) -> tuple[FeeAssessment, PolicyBook]:
        book = records.fee_policies.book()
        facts = asked.facts(asked.document_type or _only_type(book), today)
        return quote(records, facts, person=None, at=at, known_at=asked.known_at), book

    with records_of(settings) as ask:
        found, book = ask(ask_quote)
    return found, _assumed(asked, _decided_by(found, book), knows_budgets=True)


def _only_type(book: PolicyBook) -> str:
    types = sorted({name for entry in book.entries for name in entry.policy.document.document_types})
    if len(types) == 1:
        return types[0]
    named = ", ".join(types)
    raise FeesRefused(Label(f"cần --type, một trong: {named}", f"--type is needed, one of {named}"))


def _decided_by(found: FeeAssessment, book: PolicyBook) -> FeePolicy | None:
    return None if found.policy is None else book.by_digest(found.policy.digest)


def _assumed(asked: Asked, policy: FeePolicy | None, *, knows_budgets: bool = False) -> list[Label]:
    said = []
    if asked.categories or asked.evidence:
        said.append(
            Label(
                "Giả định rằng diện và giấy tờ nêu trên đều được chấp nhận.",
                "This assumes that the categories and papers named are all accepted.",
            )
        )
    if policy is None:
        return said
    scopes = {
        rule.quota.scope
        for stage in policy.document.stages
        for rule in stage.rules
        if rule.quota is not None and rule.quota_name not in asked.left
    }
    if scopes & {"citizen_per_year", "citizen_per_policy_period"}:
        said.append(
            Label(
                "Giả định rằng người nộp chưa dùng hạn mức riêng nào.",
                "This assumes that the applicant has used nothing of quotas of his or her own.",
            )
        )
    if "budget_total" in scopes and not knows_budgets:
        said.append(
            Label(
                "Giả định rằng hạn mức của ngân sách còn nguyên.",
                "This assumes that nothing of the budgets' quotas has been used.",
            )
        )
    return said
