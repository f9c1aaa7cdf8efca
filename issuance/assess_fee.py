"""What one request costs: its facts, what is left of quotas that it shares with others, and what it takes of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from .documents.catalogue import DocumentType
from .evidence import Evidence, EvidenceState
from .fees.assess import FeeAssessment, FeeFacts, assess, assess_alike
from .fees.book import PolicyBook
from .fees.facts import CATEGORIES, DELIVERIES
from .fees.quotas import NOT_KNOWN, QuotaClaim, QuotaKey, Quotas, claims_of, quota_keys, quota_sizes
from .records import Records

FOR_BODY = "_for_body"

_NOTHING: Mapping[QuotaKey, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AssessedFee:
    """A decision, and what it takes of quotas wider than the request; the claims are not reserved yet."""

    assessment: FeeAssessment
    claims: Sequence[QuotaClaim]


def fee_facts(
    document_type: DocumentType,
    asked: Mapping[str, Any],
    *,
    channel: str,
    birth_date: date | None,
    level: int,
    submitted_on: date,
    papers: Collection[Evidence] = (),
    by_body: bool = False,
) -> FeeFacts:
    """The facts of a request as far as anybody knows them.

    asked: its checked input. birth_date: of the person concerned, None where nobody knows. papers: those that count are
    the accepted ones. by_body: a procedural body asks; policies speak of that as of a document type of its own, so that
    none that was written for persons covers it.
    """
    # Papers for the application itself prove nothing that a fee depends on.
    accepted = [one for one in papers if one.state is EvidenceState.ACCEPTED and one.category in CATEGORIES]
    delivery = asked.get("delivery")
    return FeeFacts(
        document_type=f"{document_type.id}{FOR_BODY}" if by_body else document_type.id,
        channel=channel,
        copies=int(asked["copies"]),
        categories=frozenset(paper.category for paper in accepted),
        birth_date=birth_date,
        level=level,
        submitted_on=submitted_on,
        # The service receives what it registers, online and at the desk, at that moment.
        received_on=submitted_on,
        # Only where it can be no other number: the document does not exist yet.
        pages=1 if document_type.page.max_pages == 1 else None,
        delivery=delivery if isinstance(delivery, str) and delivery in DELIVERIES else "download",
        evidence=frozenset(paper.kind for paper in accepted),
    )


def assess_fee(
    records: Records,
    book: PolicyBook,
    facts: FeeFacts,
    *,
    person: str | None,
    given_back: Mapping[QuotaKey, int] = _NOTHING,
) -> AssessedFee:
    """Decide by the book, with what is left of each quota now.

    person: whose quotas they are, as the rules' person index has it; None: nobody's, and a person's quotas then count
    as untouched while budgets are what they are. given_back: what counts as free although it is not yet.
    """
    deciding = book.applicable(facts.document_type, facts.submitted_on, facts.received_on)
    if len(deciding) != 1:
        return AssessedFee(assess(facts, book, NOT_KNOWN, facts.submitted_on), ())
    (policy,) = deciding
    # A version that decides by a day nobody knows is not among the applicable ones.
    on = policy.deciding_day(facts.submitted_on, facts.received_on) or facts.submitted_on
    keys = quota_keys(policy, on, person or "")
    if not keys:
        return AssessedFee(assess_alike(facts, policy, on), ())
    known = {name: key for name, key in keys.items() if person is not None or key.scope == "budget_total"}
    left: dict[str, int] = {}
    if known:
        used, sizes = records.quotas.used(list(known.values())), quota_sizes(policy)
        left = {name: sizes[name] - used[key] + given_back.get(key, 0) for name, key in known.items()}
    assessment = assess(facts, policy, Quotas(left, untouched=person is None), on)
    return AssessedFee(assessment, () if person is None else claims_of(assessment, keys))


def decided_at(book: PolicyBook, at: datetime) -> datetime:
    """When a decision by this book was taken: `at`, or the book's last change, which a request that began before it may
    have waited for. Else nobody could tell by which book it was."""
    changes = (moment for entry in book.entries for moment in (entry.known_from, entry.known_to) if moment is not None)
    return max((at, *changes))
