"""An access as it is told to the person whose data was shown: the unit and its roles, no official's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from typing_extensions import TypedDict

from issuance.accesses import AccessPage, Purpose, SeenAccess
from issuance.agencies.tree import UnitTree
from issuance.errors import UnknownUnit
from issuance.fees.facts import vietnam_day
from issuance.fees.wording import Label

from ..languages import Language


class AccessView(TypedDict):
    """`reader` stands for one account and is the same each time, so that who comes again is seen; it names nobody.

    `shown`: what it was. `applications`: which of mine; none where somebody only looked for me.
    """

    at: str
    unit: str
    unit_name: str | None
    roles: list[str]
    reader: str
    purpose: str
    purpose_name: str
    shown: str
    shown_name: str
    applications: list[str]


class AccessesPage(TypedDict):
    """`next` is the address of the next page, null on the last."""

    items: list[AccessView]
    next: str | None


PURPOSES = {
    Purpose.SETTLE_CASE: Label("Giải quyết hồ sơ", "To settle an application"),
    Purpose.SUPERVISE: Label("Kiểm tra, giám sát", "To supervise"),
    Purpose.SEARCH: Label("Tra cứu hồ sơ", "To find applications"),
    Purpose.ANSWER_QUESTION: Label("Trả lời câu hỏi", "To answer a question"),
    Purpose.PROCEEDINGS: Label("Hoạt động tố tụng", "For proceedings"),
    Purpose.PAYMENTS: Label("Đối soát thanh toán", "To clear payments"),
    Purpose.DELIVER: Label("Trả kết quả", "To deliver the result"),
    Purpose.SUPPORT: Label("Hỗ trợ công dân", "To help the citizen"),
}
SHOWN = {
    "case": Label("Toàn bộ hồ sơ", "The whole application"),
    "cases_found": Label("Kết quả tra cứu", "What a search has found"),
    "questions": Label("Câu hỏi đang chờ trả lời", "Questions that wait for an answer"),
    "paper": Label("Giấy tờ đã nộp", "A paper that was brought"),
    "body_request": Label("Yêu cầu của cơ quan", "A body's request"),
    "document": Label("Văn bản kết quả", "The document"),
    "document_to_print": Label("Văn bản để in", "The document, to be printed"),
    "postal_list": Label("Danh sách bưu gửi", "A list for the post"),
    "labels": Label("Nhãn bưu gửi", "Labels for the post"),
    "document_handed_over": Label("Văn bản chuyển cho đơn vị khác", "The document, handed to another unit"),
    "waiting_payments": Label("Khoản thanh toán cần xử lý", "Payments that wait to be cleared"),
    "receipt": Label("Biên lai", "The receipt"),
    "open_refunds": Label("Khoản hoàn trả đang chờ", "Refunds that wait to be paid"),
}
_OTHER = Label("Thông tin của hồ sơ", "Particulars of the application")
_READER_LETTERS = 8


def access_view(one: SeenAccess, units: UnitTree, pseudonym: Callable[[str], str], language: Language) -> AccessView:
    return {
        "at": one.at.isoformat(),
        "unit": one.unit,
        "unit_name": _name(units, one.unit, one.at, language),
        "roles": list(one.roles),
        # A keyed digest: nobody outside can try which account it is.
        "reader": pseudonym(f"reader {one.reader}")[:_READER_LETTERS],
        "purpose": one.purpose.value,
        "purpose_name": PURPOSES[one.purpose].in_language(language),
        "shown": one.shown,
        "shown_name": SHOWN.get(one.shown, _OTHER).in_language(language),
        "applications": list(one.codes),
    }


def accesses_page(
    page: AccessPage, units: UnitTree, pseudonym: Callable[[str], str], limit: int, language: Language
) -> AccessesPage:
    """limit: the lines on a page."""
    items: Sequence[AccessView] = [access_view(one, units, pseudonym, language) for one in page.accesses]
    return {
        "items": list(items),
        "next": page.next_cursor and f"/v1/accesses?limit={limit}&cursor={page.next_cursor}",
    }


def _name(units: UnitTree, code: str, at: datetime, language: Language) -> str | None:
    """As it was called then; None for one that the list of units does not have."""
    try:
        return units.on(code, vietnam_day(at)).name.in_language(language)
    except UnknownUnit:
        return None
