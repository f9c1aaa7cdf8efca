"""What a fee can depend on: the typed catalogue of facts, and the facts of one request.

A policy document can speak about nothing that stands not here. A new fact is one entry of `FACTS` and one line of
`values_of`; a new category is one entry of `CATEGORIES`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from issuance.fees.errors import FactsRefused
from issuance.fees.problem_words import Near, complain
from issuance.fees.wording import Label
from verification.verdict import VIETNAM

MAX_COPIES = 9_999
MAX_PAGES = 9_999
MAX_AGE_YEARS = 150

FactValue = str | int | date | frozenset[str] | None

CHANNELS: Mapping[str, Label] = MappingProxyType(
    {
        "vneid": Label("ứng dụng VNeID", "the VNeID application"),
        "portal": Label("cổng dịch vụ công", "the public service portal"),
        "desk": Label("bộ phận một cửa", "the one-stop desk"),
    }
)

CATEGORIES: Mapping[str, Label] = MappingProxyType(
    {
        "student": Label("học sinh, sinh viên", "pupil or student"),
        "person_of_merit": Label("người có công với cách mạng", "person of merit to the revolution"),
        "martyr_relative": Label("thân nhân liệt sĩ", "relative of a martyr"),
        "disabled": Label("người khuyết tật", "disabled person"),
        "poor_household": Label("người thuộc hộ nghèo", "member of a poor household"),
        "difficult_commune": Label(
            "người cư trú tại xã đặc biệt khó khăn", "resident of a specially difficult commune"
        ),
    }
)

DELIVERIES: Mapping[str, Label] = MappingProxyType(
    {
        "download": Label("tải về", "download"),
        "post": Label("bưu chính công ích", "public post"),
    }
)

EVIDENCE: Mapping[str, Label] = MappingProxyType(
    {
        "student_card": Label("thẻ học sinh, sinh viên", "pupil's or student's card"),
        "merit_certificate": Label("giấy chứng nhận người có công", "certificate of a person of merit"),
        "martyr_certificate": Label("giấy chứng nhận thân nhân liệt sĩ", "certificate of a martyr's relative"),
        "disability_certificate": Label("giấy xác nhận khuyết tật", "certificate of disability"),
        "poor_household_certificate": Label("giấy chứng nhận hộ nghèo", "certificate of a poor household"),
        "residence_confirmation": Label("giấy xác nhận thông tin cư trú", "confirmation of residence"),
    }
)
"""Kinds of papers by which a category is proved. Which one an act demands is that act's matter: none is fixed here."""


class FactKind(StrEnum):
    """The type of a fact; it decides which comparisons a condition may use."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    DAY = "day"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of the catalogue. `values` names the allowed ones (choice, set); `minimum..maximum` bounds a number."""

    name: str
    kind: FactKind
    label: Label
    values: Mapping[str, Label] | None = None
    minimum: int = 0
    maximum: int = 0


FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        fact.name: fact
        for fact in (
            Fact("document_type", FactKind.TEXT, Label("loại giấy tờ", "document type")),
            Fact("channel", FactKind.CHOICE, Label("kênh nộp hồ sơ", "channel"), CHANNELS),
            Fact("copies", FactKind.NUMBER, Label("số bản giấy", "number of paper copies"), None, 1, MAX_COPIES),
            Fact("categories", FactKind.SET, Label("diện được xác nhận", "accepted categories"), CATEGORIES),
            Fact("age_years", FactKind.NUMBER, Label("tuổi tròn", "age in full years"), None, 0, MAX_AGE_YEARS),
            Fact("level", FactKind.NUMBER, Label("mức độ định danh", "identity level"), None, 1, 2),
            Fact("submitted_on", FactKind.DAY, Label("ngày nộp hồ sơ", "day of submission")),
            Fact("residence", FactKind.TEXT, Label("mã tỉnh cư trú", "province code of residence")),
            Fact("received_on", FactKind.DAY, Label("ngày tiếp nhận hồ sơ", "day of receipt")),
            Fact("pages", FactKind.NUMBER, Label("số trang", "number of pages"), None, 1, MAX_PAGES),
            Fact("delivery", FactKind.CHOICE, Label("hình thức nhận kết quả", "way of delivery"), DELIVERIES),
            Fact("evidence", FactKind.SET, Label("giấy tờ đã được chấp nhận", "accepted papers"), EVIDENCE),
        )
    }
)


@dataclass(frozen=True, slots=True)
class FeeFacts:
    """What is known about one request when its fee is decided.

    channel: a key of `CHANNELS`. categories: keys of `CATEGORIES`, only those whose evidence was accepted.
    level: assurance level of the identity, 1 or 2. submitted_on: day in Asia/Ho_Chi_Minh (see `vietnam_day`).
    residence: province code, None when nobody established it; never inferred from the personal number.
    received_on: the day on which the agency received the request, None where it has not. pages: of the document, None
    where nobody knows. delivery: a key of `DELIVERIES`. evidence: keys of `EVIDENCE`, accepted papers only.
    Raises FactsRefused.
    """

    document_type: str
    channel: str
    copies: int
    categories: frozenset[str]
    birth_date: date | None
    level: int
    submitted_on: date
    residence: str | None = None
    received_on: date | None = None
    pages: int | None = None
    delivery: str = "download"
    evidence: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.channel not in CHANNELS:
            raise FactsRefused(complain("facts_unknown_channel", near=Near(self.channel, CHANNELS)))
        if isinstance(self.copies, bool) or not 1 <= self.copies <= MAX_COPIES:
            raise FactsRefused(complain("facts_copies", most=MAX_COPIES))
        for category in self.categories:
            if category not in CATEGORIES:
                raise FactsRefused(complain("facts_unknown_category", near=Near(category, CATEGORIES)))
        if isinstance(self.level, bool) or not 1 <= self.level <= 2:
            raise FactsRefused(complain("facts_level"))
        if self.pages is not None and (isinstance(self.pages, bool) or not 1 <= self.pages <= MAX_PAGES):
            raise FactsRefused(complain("facts_pages", most=MAX_PAGES))
        if self.delivery not in DELIVERIES:
            raise FactsRefused(complain("facts_unknown_delivery", near=Near(self.delivery, DELIVERIES)))
        for paper in self.evidence:
            if paper not in EVIDENCE:
                raise FactsRefused(complain("facts_unknown_evidence", near=Near(paper, EVIDENCE)))
        # A datetime is a date to Python, but compares and serialises differently.
        if any(isinstance(day, datetime) for day in (self.submitted_on, self.birth_date, self.received_on)):
            raise FactsRefused(complain("facts_moments"))
        if self.received_on is not None and self.received_on < self.submitted_on:
            raise FactsRefused(complain("facts_received_early"))
        if self.birth_date is not None:
            if self.birth_date > self.submitted_on:
                raise FactsRefused(complain("facts_born_late"))
            if age_years(self.birth_date, self.submitted_on) > MAX_AGE_YEARS:
                raise FactsRefused(complain("facts_born_early", most=MAX_AGE_YEARS))


def values_of(facts: FeeFacts, on: date) -> dict[str, FactValue]:
    """The catalogue's facts for one request, with the age on the deciding day; None where nothing is known."""
    return {
        "document_type": facts.document_type,
        "channel": facts.channel,
        "copies": facts.copies,
        "categories": facts.categories,
        "age_years": None if facts.birth_date is None else age_years(facts.birth_date, on),
        "level": facts.level,
        "submitted_on": facts.submitted_on,
        "residence": facts.residence,
        "received_on": facts.received_on,
        "pages": facts.pages,
        "delivery": facts.delivery,
        "evidence": facts.evidence,
    }


def age_years(birth_date: date, on: date) -> int:
    """Full years of age on a day. Who is born on 29 February completes a common year on 1 March."""
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (0 if had_birthday else 1)


def vietnam_day(at: datetime) -> date:
    """The calendar day in Asia/Ho_Chi_Minh on which an aware moment falls; fee policies count in such days."""
    if at.tzinfo is None:
        raise FactsRefused("a moment without a time zone falls on no certain day")
    return at.astimezone(VIETNAM).date()


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` 'copys', did you mean 'copies'?` - or the known words, when none is near."""
    return Near(word, tuple(known)).in_words().en
