"""What a request would cost, and what had to be assumed to say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from typing_extensions import TypedDict

from issuance.fees.assessment import FeeAssessment
from issuance.fees.facts import CATEGORIES, EVIDENCE, FeeFacts, age_years
from issuance.fees.wording import Label, day_in_words

from ..languages import Language
from .fee import FeeView, fee_view


class AssumptionView(TypedDict):
    """`assumed` for programs, `text` for people."""

    assumed: str
    text: str


class QuoteFactsView(TypedDict):
    """What the quote is about. `age` and `pages` are null where nobody knows them."""

    type: str
    channel: str
    copies: int
    age: int | None
    level: int
    categories: list[str]
    evidence: list[str]
    delivery: str
    pages: int | None
    on: str


class QuoteView(FeeView):
    """A fee as it would be decided, by the law as it was known at `known_at`. Nothing is promised and nothing reserved.

    `assumed`: what nobody has examined, or what may be otherwise by then.
    """

    known_at: str
    facts: QuoteFactsView
    assumed: list[AssumptionView]


_ASSUMED: Mapping[str, Label] = MappingProxyType(
    {
        "categories_accepted": Label(
            "Tính như thể cơ quan đã chấp nhận: {names}. Khi nộp hồ sơ phải có giấy tờ chứng minh.",
            "Worked out as if the agency had accepted: {names}. The application will need papers that prove it.",
        ),
        "evidence_accepted": Label(
            "Tính như thể đã nộp và được chấp nhận: {names}.",
            "Worked out as if these were brought and accepted: {names}.",
        ),
        "age_not_told": Label(
            "Không biết tuổi, nên các quy định theo tuổi không được tính.",
            "The age is not known, so no rule about ages was applied.",
        ),
        "level": Label("Tài khoản định danh ở mức độ {level}.", "The identity account has level {level}."),
        "quotas_untouched": Label(
            "Người nộp chưa dùng đến hạn mức hỗ trợ nào của mình.",
            "The applicant has used nothing yet of what each person is given.",
        ),
        "budget_of_now": Label(
            "Ngân sách hỗ trợ còn lại như lúc này; khi nộp hồ sơ có thể đã hết.",
            "The budget has what it has now; it may be used up when the application comes.",
        ),
        "received_at_once": Label(
            "Cơ quan tiếp nhận hồ sơ ngay trong ngày nộp, {day}.",
            "The agency receives the application on the day of its submission, {day}.",
        ),
    }
)


def quote_view(
    fee: FeeAssessment, facts: FeeFacts, known_at: datetime, *, is_signed_in: bool, language: Language
) -> QuoteView:
    assumed = [
        AssumptionView(assumed=code, text=_ASSUMED[code].in_language(language).format(**words))
        for code, words in _assumptions(fee, facts, is_signed_in, language)
    ]
    return {
        **fee_view(fee, language),
        "known_at": known_at.isoformat(),
        "facts": {
            "type": facts.document_type,
            "channel": facts.channel,
            "copies": facts.copies,
            "age": None if facts.birth_date is None else age_years(facts.birth_date, facts.submitted_on),
            "level": facts.level,
            "categories": sorted(facts.categories),
            "evidence": sorted(facts.evidence),
            "delivery": facts.delivery,
            "pages": facts.pages,
            "on": facts.submitted_on.isoformat(),
        },
        "assumed": assumed,
    }


def _assumptions(
    fee: FeeAssessment, facts: FeeFacts, is_signed_in: bool, language: Language
) -> Iterator[tuple[str, dict[str, str]]]:
    if facts.categories:
        yield "categories_accepted", {"names": _named(facts.categories, CATEGORIES, language)}
    if facts.evidence:
        yield "evidence_accepted", {"names": _named(facts.evidence, EVIDENCE, language)}
    if facts.birth_date is None:
        yield "age_not_told", {}
    if not is_signed_in:
        yield "level", {"level": str(facts.level)}
    scopes = {use.scope for use in fee.quota_uses}
    if not is_signed_in and scopes & {"citizen_per_year", "citizen_per_policy_period"}:
        yield "quotas_untouched", {}
    if "budget_total" in scopes:
        yield "budget_of_now", {}
    yield "received_at_once", {"day": day_in_words(facts.submitted_on, language)}


def _named(words: frozenset[str], known: Mapping[str, Label], language: Language) -> str:
    return ", ".join(known[word].in_language(language) for word in sorted(words))
