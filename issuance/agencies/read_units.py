"""Units from and to CSV, as an agency keeps them in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from issuance.errors import BrokenUnits
from issuance.fees.errors import Problem
from issuance.fees.wording import Label

from .read_hours import read_hours, write_hours
from .unit import Unit, UnitKind

MAX_UNITS_BYTES = 4 * 1024 * 1024
MAX_UNITS = 20_000
MAX_PROBLEMS = 100
MAX_NAME_CHARACTERS = 200
COLUMNS = ("code", "name", "name_en", "kind", "parent", "valid_from", "valid_until", "successor", "hours", "synthetic")
SHIPPED_UNITS = Path(__file__).parent / "hanoi" / "units.csv"

# As a token may name its official's unit: identity.read_claims.
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,63}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YES_NO = {"1": True, "0": False, "": False}

_TOO_LARGE = Label(
    f"tệp lớn hơn {MAX_UNITS_BYTES // 1024 // 1024} MB", f"the file is larger than {MAX_UNITS_BYTES // 1024 // 1024} MB"
)
_NOT_UTF8 = Label("tệp không được mã hóa bằng UTF-8", "the file is not encoded in UTF-8")
_TOO_MANY = Label(f"có nhiều hơn {MAX_UNITS} đơn vị", f"there are more than {MAX_UNITS} units")
_HEADER = Label(
    f"dòng đầu phải là: {','.join(COLUMNS)} (phân cách bằng dấu phẩy)",
    f"the first line must be: {','.join(COLUMNS)} (with commas)",
)
_NOT_CSV = Label("không đọc được dòng này theo định dạng CSV", "this line is not CSV")
_MORE = Label(
    f"còn lỗi khác: chỉ liệt kê {MAX_PROBLEMS} lỗi đầu tiên", f"there is more: only the first {MAX_PROBLEMS} are listed"
)
_COLUMNS = Label(f"phải có đúng {len(COLUMNS)} cột", f"there must be {len(COLUMNS)} columns")
_CODE_FORM = Label(
    "mã đơn vị gồm 1 đến 64 chữ cái không dấu, chữ số, dấu chấm hoặc gạch nối, như 000.00.15.H26",
    "a unit's code is 1 to 64 letters, digits, dots or hyphens, like 000.00.15.H26",
)
_NAME_FORM = Label(
    f"tên gồm 1 đến {MAX_NAME_CHARACTERS} ký tự in được", f"a name has 1 to {MAX_NAME_CHARACTERS} printable characters"
)
_KIND_FORM = Label(f"loại là một trong: {', '.join(UnitKind)}", f"the kind is one of: {', '.join(UnitKind)}")
_DAY_FORM = Label("ngày được viết như 2025-07-01", "a day is written like 2025-07-01")
_HOURS_FORM = Label(
    "giờ làm việc được viết như mon-fri 08:00-12:00 13:30-17:00; sat 08:00-12:00",
    "office hours are written like mon-fri 08:00-12:00 13:30-17:00; sat 08:00-12:00",
)
_SYNTHETIC_FORM = Label("cột này chỉ nhận 1 hoặc 0", "this column takes 1 or 0")

T = TypeVar("T")


def load_shipped_units() -> tuple[Unit, ...]:
    """Hanoi before and after 1/7/2025, as it comes with the software."""
    return read_units(SHIPPED_UNITS.read_bytes())


def read_units(content: bytes) -> tuple[Unit, ...]:
    """The units of a CSV file in UTF-8, in its order. Raises BrokenUnits with every line that cannot be read.

    Whether they make a tree is for UnitTree to say.
    """
    if len(content) > MAX_UNITS_BYTES:
        raise BrokenUnits([Problem("", _TOO_LARGE)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BrokenUnits([Problem("", _NOT_UTF8)]) from None
    units: list[Unit] = []
    problems: list[Problem] = []
    for found in _rows(text):
        if isinstance(found, Unit):
            units.append(found)
        else:
            problems.append(found)
        if len(units) > MAX_UNITS:
            problems.append(Problem("", _TOO_MANY))
            break
        if len(problems) == MAX_PROBLEMS:
            problems.append(Problem("", _MORE))
            break
    if problems:
        raise BrokenUnits(problems)
    return tuple(units)


def write_units(units: Iterable[Unit]) -> str:
    """The CSV from which `read_units` reads these units again, if their names are tidy (NFC, no blanks around)."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS)
    for unit in units:
        writer.writerow(
            (
                unit.code,
                unit.name.vi,
                unit.name.en,
                unit.kind.value,
                unit.parent or "",
                unit.valid_from.isoformat(),
                unit.valid_until.isoformat() if unit.valid_until else "",
                unit.successor or "",
                write_hours(unit.hours) if unit.hours else "",
                "1" if unit.is_synthetic else "0",
            )
        )
    return target.getvalue()


def _rows(text: str) -> Iterator[Unit | Problem]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(cell.strip() for cell in next(reader, [])) != COLUMNS:
            yield Problem("1", _HEADER)
            return
        line = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                yield from _read_row(row, str(line))
            line = reader.line_num + 1
    except csv.Error:
        yield Problem(str(reader.line_num), _NOT_CSV)


def _read_row(row: Sequence[str], line: str) -> Iterator[Unit | Problem]:
    if len(row) != len(COLUMNS):
        yield Problem(line, _COLUMNS)
        return
    cells = dict(zip(COLUMNS, (unicodedata.normalize("NFC", cell.strip()) for cell in row), strict=True))
    wrong: list[Problem] = []

    def cell(column: str, read: Callable[[str], T], form: Label, otherwise: T) -> T:
        try:
            return read(cells[column])
        except (ValueError, KeyError):
            wrong.append(Problem(f"{line}, {column}", form))
            return otherwise

    unit = Unit(
        code=cell("code", _code, _CODE_FORM, ""),
        name=Label(cell("name", _name, _NAME_FORM, ""), cell("name_en", _name, _NAME_FORM, "")),
        kind=cell("kind", UnitKind, _KIND_FORM, UnitKind.CITY),
        parent=cell("parent", _or_none(_code), _CODE_FORM, None),
        valid_from=cell("valid_from", _day, _DAY_FORM, date.min),
        valid_until=cell("valid_until", _or_none(_day), _DAY_FORM, None),
        successor=cell("successor", _or_none(_code), _CODE_FORM, None),
        hours=cell("hours", _or_none(read_hours), _HOURS_FORM, None),
        is_synthetic=cell("synthetic", lambda text: _YES_NO[text], _SYNTHETIC_FORM, False),
    )
    yield from wrong or (unit,)


def _or_none(read: Callable[[str], T]) -> Callable[[str], T | None]:
    return lambda text: read(text) if text else None


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError
    return text


def _name(text: str) -> str:
    if not 0 < len(text) <= MAX_NAME_CHARACTERS or not text.isprintable():
        raise ValueError
    return text


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)
