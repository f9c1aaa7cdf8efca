"""Files as schools send them, good and bad; what is refused says where and never what."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from condau.batches.words import BATCHES, LINES, RULES, said_of_line
from issuance.batches.check_line import check_line
from issuance.batches.errors import BatchRefused, LineRefused
from issuance.batches.read_lines import (
    MAX_LINE_BYTES,
    LineReader,
    cells_of,
    columns_of,
    example_line,
    form_of,
    read_blocks,
    read_head,
)
from issuance.documents.checks import _RULES
from tests.issuance.batches.pupils import pupils
from tests.issuance.office import shipped_catalogue

TYPE = shipped_catalogue().get("school_transcript")
HEAD = ",".join(columns_of(TYPE))
TODAY = date(2026, 6, 1)


def json_reader() -> LineReader:
    return LineReader(TYPE, "jsonl", "")


def refused(reader: LineReader, line: bytes) -> LineRefused:
    with pytest.raises(LineRefused) as caught:
        check_line(reader, TYPE, lambda said: said, 1, line, TODAY)
    return caught.value


def test_the_template_is_a_good_file() -> None:
    line = json.dumps(example_line(TYPE), ensure_ascii=False).encode()
    checked = check_line(json_reader(), TYPE, lambda said: said, 1, line, TODAY)
    cells = io.StringIO()
    csv.writer(cells).writerow(cells_of(example_line(TYPE), columns_of(TYPE)))
    other = check_line(LineReader(TYPE, "csv", HEAD), TYPE, lambda said: said, 1, cells.getvalue().encode(), TODAY)
    assert other == checked
    assert "Minh Anh" not in repr(checked)


def test_a_spreadsheet_with_semicolons_and_a_mark() -> None:
    file = io.BytesIO(("\ufeff" + HEAD.replace(",", ";") + "\r\n").encode())
    head = read_head(file, "csv")
    cells = ";".join(cells_of(next(pupils(1)), columns_of(TYPE))) + "\r\n"
    assert check_line(LineReader(TYPE, "csv", head), TYPE, str, 1, cells.encode(), TODAY).asked["grade"] == 7


@pytest.mark.parametrize(
    ("head", "code", "place"),
    [
        ("", "no_head", None),
        ("personal_id,full_name,hobby", "unknown_column", 3),
        ("personal_id,copies", "unknown_column", 2),
        ("personal_id,subjects.17.name", "unknown_column", 2),
        ("personal_id,subjects.0.name", "unknown_column", 2),
        ("personal_id,subjects", "unknown_column", 2),
        ("personal_id,personal_id", "column_twice", 2),
        ("001312000017,Nguyễn Thị Minh Anh", "unknown_column", 1),
    ],
)
def test_a_head_that_does_not_fit(head: str, code: str, place: int | None) -> None:
    with pytest.raises(BatchRefused) as caught:
        LineReader(TYPE, "csv", head)
    assert (caught.value.code, caught.value.facts.get("place")) == (code, place)
    assert "Nguyễn" not in str(caught.value.facts)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\n", "empty_line"),
        (b"\xff\xfe", "not_utf8"),
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b'{"a": 1, "a": 2}', "malformed"),
        (b'{"a": NaN}', "malformed"),
        (b"[" * 20_000, "malformed"),
        (b" " * MAX_LINE_BYTES + b"{}", "line_too_long"),
    ],
)
def test_a_line_that_cannot_be_read(line: bytes, code: str) -> None:
    assert refused(json_reader(), line).code == code


def test_a_csv_line_that_goes_over_two() -> None:
    assert refused(LineReader(TYPE, "csv", HEAD), b'"0013,').code in {"malformed", "other_columns"}
    assert refused(LineReader(TYPE, "csv", HEAD), b"1,2").code == "other_columns"


def test_all_that_is_wrong_is_said_at_once_in_both_languages() -> None:
    line = next(pupils(1)) | {"personal_id": "x", "sex": "?", "grade": 13}
    why = refused(json_reader(), json.dumps(line).encode())
    assert set(why.places) == {("/personal_id", "wrong_format"), ("/sex", "not_allowed"), ("/grade", "too_big")}
    assert said_of_line(why, "vi").startswith("dữ liệu thiếu hoặc sai: personal_id sai dạng")
    assert "grade too big" in said_of_line(why, "en")


def test_every_reason_has_words() -> None:
    """Each code that the package raises stands in the tables; a new one would be noticed here."""
    sources = "".join(
        file.read_text(encoding="utf-8") for file in (Path(__file__).parents[3] / "issuance" / "batches").glob("*.py")
    )
    assert set(re.findall(r'LineRefused\("(\w+)"', sources)) <= set(LINES)
    assert set(re.findall(r'BatchRefused\("(\w+)"', sources)) <= set(BATCHES)
    assert set(_RULES.values()) | {"too_deep", "invalid"} <= set(RULES)


def test_only_two_forms() -> None:
    assert (form_of(Path("a.CSV")), form_of(Path("b.jsonl"))) == ("csv", "jsonl")
    with pytest.raises(BatchRefused):
        form_of(Path("a.xlsx"))


@given(st.lists(st.binary(max_size=80).map(lambda one: one.replace(b"\n", b"")), max_size=30), st.integers(1, 7))
def test_blocks_hold_every_byte_once(lines: list[bytes], size: int) -> None:
    whole = b"\n".join(lines)
    blocks = list(read_blocks(io.BytesIO(whole), size))
    assert b"".join(line for block in blocks for line in block.lines) == whole
    assert [block.first for block in blocks] == [1 + size * place for place in range(len(blocks))]
    for block in blocks:
        assert block.digest == sha256(b"".join(block.lines)).hexdigest()


def test_of_a_line_without_end_little_is_kept_and_all_is_digested() -> None:
    whole = b"x" * (3 * MAX_LINE_BYTES) + b"\n{}\n"
    (block,) = read_blocks(io.BytesIO(whole), 10)
    assert [len(line) for line in block.lines] == [MAX_LINE_BYTES + 1, 3]
    assert block.digest == sha256(whole).hexdigest()


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(line: bytes) -> None:
    for reader in (json_reader(), LineReader(TYPE, "csv", HEAD)):
        with pytest.raises(LineRefused):
            check_line(reader, TYPE, str, 1, line, TODAY)
