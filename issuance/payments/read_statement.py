"""A bank's statement from CSV: what came on which day, under which reference and memo."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from verification.verdict import VIETNAM

from ..errors import BrokenStatement
from ..fees.document import VND
from ..fees.errors import Problem
from ..fees.wording import Label
from .order import CURRENCY, MAX_AMOUNT, MAX_MEMO_CHARACTERS, PaymentSource, ReceivedPayment
from .terms import StatementColumns

MAX_STATEMENT_BYTES = 1024 * 1024
MAX_LINES = 2_000
MAX_PROBLEMS = 100
_EARLIEST = date(2000, 1, 1)

_DAYS = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"),
    re.compile(r"(?P<d>\d\d)[/.-](?P<m>\d\d)[/.-](?P<y>\d{4})"),
)
# With groups of three in either way of writing; decimals only where they say nothing.
_AMOUNT = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>\d{1,15}|\d{1,3}(?:,\d{3}){1,4}|\d{1,3}(?:\.\d{3}){1,4})(?P<none>[.,]00)?"
)
_REFERENCE = re.compile(r"[!-~]{1,128}")
_CURRENCY = re.compile(r"[A-Z]{3}")

_TOO_LARGE = Label("tệp lớn hơn 1 MB", "the file is larger than 1 MB")
_NOT_UTF8 = Label(
    "tệp không được mã hóa bằng UTF-8; trong bảng tính, hãy lưu lại theo loại “CSV UTF-8”",
    "the file is not encoded in UTF-8; in a spreadsheet, save it as “CSV UTF-8”",
)
_TOO_MANY = Label(
    f"có nhiều hơn {MAX_LINES} dòng; hãy chia tệp rồi nhập từng phần",
    f"there are more than {MAX_LINES} lines; split the file and bring its parts",
)
_NOT_CSV = Label("không đọc được dòng này theo định dạng CSV", "this line is not CSV")
_MORE = Label(f"chỉ liệt kê {MAX_PROBLEMS} lỗi đầu tiên", f"only the first {MAX_PROBLEMS} problems are listed")
_DAY_FORM = Label("ngày được viết như 2026-03-31 hoặc 31/03/2026", "a day is written like 2026-03-31 or 31/03/2026")
_AMOUNT_FORM = Label("số tiền là số nguyên, như 205000 hoặc 205.000", "an amount is a whole number, 205000 or 205,000")
_REFERENCE_FORM = Label(
    "số tham chiếu gồm 1 đến 128 ký tự không dấu, không có khoảng trắng",
    "a reference is 1 to 128 visible ASCII characters",
)
_CURRENCY_FORM = Label("loại tiền gồm 3 chữ cái, như VND", "a currency is 3 letters, like VND")
_MEMO_FORM = Label(
    f"nội dung có nhiều hơn {MAX_MEMO_CHARACTERS} ký tự", f"more than {MAX_MEMO_CHARACTERS} letters of memo"
)
_TWICE = Label(
    "số tham chiếu này đã có ở một dòng khác với nội dung khác", "another line has this reference and says otherwise"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """incoming: by the line on which each stands. outgoing: how many lines tell of money that went."""

    incoming: Mapping[int, ReceivedPayment]
    outgoing: int


def read_statement(content: bytes, columns: StatementColumns, now: datetime) -> Statement:
    """The payments of a statement in UTF-8 (with or without a mark), its cells parted by commas, semicolons or tabs.

    The first line that has the headings of date, reference, amount and memo begins the table; columns beside them are
    left alone. A line that stands twice counts once.
    Raises BrokenStatement with every line that cannot be read.
    """
    if len(content) > MAX_STATEMENT_BYTES:
        raise BrokenStatement([Problem("", _TOO_LARGE)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BrokenStatement([Problem("", _NOT_UTF8)]) from None
    incoming: dict[int, ReceivedPayment] = {}
    by_reference: dict[str, ReceivedPayment] = {}
    problems: list[Problem] = []
    outgoing = 0
    for line, found in _rows(text, columns, now):
        if len(problems) == MAX_PROBLEMS:
            problems.append(Problem("", _MORE))
            break
        if len(incoming) + outgoing >= MAX_LINES:
            problems.append(Problem("", _TOO_MANY))
            break
        if found is None:
            outgoing += 1
        elif isinstance(found, Problem):
            problems.append(found)
        elif found.provider_reference not in by_reference:
            incoming[line] = by_reference[found.provider_reference] = found
        elif by_reference[found.provider_reference] != found:
            problems.append(Problem(str(line), _TWICE))
    if problems:
        raise BrokenStatement(problems)
    return Statement(incoming=incoming, outgoing=outgoing)


def _rows(
    text: str, columns: StatementColumns, now: datetime
) -> Iterator[tuple[int, ReceivedPayment | Problem | None]]:
    needed = [_plain(name) for name in (columns.date, columns.reference, columns.amount, columns.memo)]
    places: dict[str, int] | None = None
    reader = csv.reader(io.StringIO(text, newline=""), _dialect(text, needed), strict=True)
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if places is None:
                headings = {_plain(cell): index for index, cell in reversed(list(enumerate(cells)))}
                places = headings if all(name in headings for name in needed) else None
            elif any(cells):
                yield from ((line, found) for found in _read_row(cells, places, columns, line, now))
            line = reader.line_num + 1
    except csv.Error:
        yield line, Problem(str(reader.line_num), _NOT_CSV)
    if places is None:
        words = ", ".join((columns.date, columns.reference, columns.amount, columns.memo))
        yield (
            1,
            Problem("1", Label(f"không có dòng tiêu đề với các cột: {words}", f"no line has the headings: {words}")),
        )


def _dialect(text: str, needed: Sequence[str]) -> type[csv.Dialect]:
    """By the delimiter that parts the headings."""
    lines = text.splitlines()[:100]
    counts = {sign: max((_named(line.split(sign), needed) for line in lines), default=0) for sign in ",;\t"}

    class Parted(csv.excel):
        delimiter = max(counts, key=lambda sign: counts[sign])

    return Parted


def _named(cells: Sequence[str], needed: Sequence[str]) -> int:
    found = {_plain(cell.strip().strip('"')) for cell in cells}
    return sum(name in found for name in needed)


def _plain(heading: str) -> str:
    return unicodedata.normalize("NFC", heading).strip().casefold()


def _read_row(
    cells: Sequence[str], places: Mapping[str, int], columns: StatementColumns, line: int, now: datetime
) -> Iterator[ReceivedPayment | Problem | None]:
    def cell(name: str) -> str:
        place = places.get(_plain(name))
        return "" if place is None or place >= len(cells) else cells[place]

    day, amount = _day(cell(columns.date), now), _AMOUNT.fullmatch(cell(columns.amount))
    reference, memo = cell(columns.reference), unicodedata.normalize("NFC", cell(columns.memo))
    currency = cell(columns.currency).upper() or CURRENCY
    number = 0 if amount is None else int(re.sub(r"[.,]", "", amount["digits"]))
    wrong = [
        label
        for is_wrong, label in (
            (day is None, _DAY_FORM),
            (amount is None or not 0 < number <= MAX_AMOUNT, _AMOUNT_FORM),
            (not _REFERENCE.fullmatch(reference), _REFERENCE_FORM),
            (not _CURRENCY.fullmatch(currency), _CURRENCY_FORM),
            (len(memo) > MAX_MEMO_CHARACTERS or "\0" in memo, _MEMO_FORM),
        )
        if is_wrong
    ]
    if wrong or day is None or amount is None:
        yield from (Problem(str(line), label) for label in wrong)
    elif amount["sign"] == "-":
        yield None
    else:
        yield ReceivedPayment(
            memo=memo,
            amount=VND(number),
            provider_reference=reference,
            received_at=datetime.combine(day, time(), VIETNAM).astimezone(UTC),
            currency=currency,
            source=PaymentSource.STATEMENT,
        )


def _day(text: str, now: datetime) -> date | None:
    for form in _DAYS:
        # The time that some banks write behind the day says nothing that is needed.
        found = form.fullmatch(text.partition(" ")[0])
        if found is not None:
            try:
                day = date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                return None
            return day if _EARLIEST <= day <= now.astimezone(VIETNAM).date() else None
    return None
