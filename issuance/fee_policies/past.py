"""Past requests as cases of a rehearsal: what they asked for and when, nothing of who asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from issuance.application import Application
from issuance.apply import Rules
from issuance.assess_fee import fee_facts
from issuance.evidence import Evidence
from issuance.fees.facts import vietnam_day
from issuance.fees.rehearsal.rehearse import RehearsalCase
from issuance.records import Records, Transact
from verification.verdict import VIETNAM

PAGE = 500


def first_moment(day: date) -> datetime:
    """When a day in Asia/Ho_Chi_Minh begins."""
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC)


def count_past(records: Records, type_ids: Sequence[str], first_day: date, last_day: date) -> int:
    return records.applications.count_submitted(
        type_ids, first_moment(first_day), first_moment(last_day + timedelta(days=1))
    )


def past_cases(
    transact: Transact, rules: Rules, type_ids: Sequence[str], first_day: date, last_day: date
) -> Iterator[RehearsalCase]:
    """The requests of those days, both included, in the order in which they came; read page by page."""
    known = [document_type.id for document_type in rules.catalogue if document_type.id in type_ids]
    begin, end = first_moment(first_day), first_moment(last_day + timedelta(days=1))
    after: tuple[datetime, UUID] | None = None
    while True:
        # The default binds this round's `after`; mypy can't infer a lambda that has one.
        page = transact(lambda records, after=after: _page(records, known, begin, end, after))  # type: ignore[misc]
        for application, papers in page:
            # Bodies ask under policies of their own.
            if application.requested_by is not None:
                continue
            yield _case(rules, application, papers)
        if len(page) < PAGE:
            return
        last = page[-1][0]
        after = (last.submitted_at, last.id)


def _page(
    records: Records, type_ids: Sequence[str], begin: datetime, end: datetime, after: tuple[datetime, UUID] | None
) -> Sequence[tuple[Application, Sequence[Evidence]]]:
    page = records.applications.submitted_between(type_ids, begin, end, after, PAGE)
    papers = records.evidence.of_applications([application.id for application in page])
    return [(application, papers.get(application.id, ())) for application in page]


def _case(rules: Rules, application: Application, papers: Sequence[Evidence]) -> RehearsalCase:
    concerned = application.concerned
    facts = fee_facts(
        rules.catalogue.get(application.type_id),
        application.input,
        channel=application.channel,
        birth_date=concerned.birth_date,
        level=application.applicant.level,
        submitted_on=vietnam_day(application.submitted_at),
        papers=papers,
    )
    return RehearsalCase(facts, rules.person_index(concerned.personal_id))
