"""Statements are read as banks write them, and every line that cannot be read is named."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.errors import BrokenStatement
from issuance.payments.read_statement import MAX_LINES, MAX_STATEMENT_BYTES, Statement, read_statement
from issuance.payments.terms import StatementColumns

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HEAD = "date,reference,amount,currency,memo\n"


def read(text: str | bytes, columns: StatementColumns | None = None) -> Statement:
    content = text if isinstance(text, bytes) else text.encode()
    return read_statement(content, columns or StatementColumns(), NOW)


def problems_of(text: str | bytes) -> list[tuple[str, str]]:
    with pytest.raises(BrokenStatement) as refused:
        read(text)
    return [(one.place, one.text.en) for one in refused.value.problems]


def test_a_line_as_it_stands() -> None:
    statement = read(HEAD + "02/03/2026,FT1,205000,VND,NGUYEN VAN A 0000015H262603020001\n")
    (payment,) = statement.incoming.values()
    assert list(statement.incoming) == [2]
    assert (payment.provider_reference, payment.amount, payment.currency) == ("FT1", 205_000, "VND")
    assert payment.received_at == datetime(2026, 3, 1, 17, tzinfo=UTC)


@pytest.mark.parametrize("amount", ["205000", "205,000", "205.000", "+205000", "205,000.00", "205.000,00", "205000.00"])
def test_ways_to_write_an_amount(amount: str) -> None:
    (payment,) = read(f'{HEAD}2026-03-02,FT1,"{amount}",,x\n').incoming.values()
    assert payment.amount == 205_000


@pytest.mark.parametrize(
    "amount", ["", "0", "205,0", "20,5000", "205000.50", "1e6", "205 000", "-", "²05000", "9" * 16]
)
def test_what_is_no_amount(amount: str) -> None:
    ((line, text),) = problems_of(f'{HEAD}2026-03-02,FT1,"{amount}",,x\n')
    assert (line, text[:9]) == ("2", "an amount")


def test_money_that_went_is_left_alone() -> None:
    statement = read(HEAD + "2026-03-02,FT1,-205000,VND,x\n2026-03-02,FT2,1000,VND,x\n")
    assert (len(statement.incoming), statement.outgoing) == (1, 1)


def test_lines_above_the_headings_columns_of_other_names_and_a_mark() -> None:
    columns = StatementColumns(
        date="Ngày giao dịch", reference="Số bút toán", amount="Ghi có", currency="Loại tiền", memo="Nội dung"
    )
    text = "Sao kê tài khoản;;;;\n;;;;\nSTT;NGÀY GIAO DỊCH;Số bút toán;Ghi có;Nội dung\n"
    text += "1;02/03/2026 08:15;FT1;205.000;a, b\n"
    (payment,) = read(b"\xef\xbb\xbf" + text.encode(), columns).incoming.values()
    assert (payment.amount, payment.memo) == (205_000, "a, b")


def test_the_same_line_twice_counts_once_and_a_contradiction_is_named() -> None:
    line = "2026-03-02,FT1,205000,VND,x\n"
    assert list(read(HEAD + line + line).incoming) == [2]
    assert problems_of(HEAD + line + line.replace("205000", "205001"))[0][0] == "3"


def test_every_problem_has_its_line() -> None:
    text = HEAD + "2026-02-30,FT1,1,VND,x\n2026-03-02,two words,1,VND,x\n2026-03-03,FT3,1,DONG,x\n"
    assert [line for line, _ in problems_of(text)] == ["2", "3", "4", "4"]  # the last one is of tomorrow as well


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"", b"a,b\n1,2\n", b"x" * (MAX_STATEMENT_BYTES + 1), (HEAD + '2026-03-02,"FT1\n').encode()],
)
def test_what_is_no_statement(content: bytes) -> None:
    assert problems_of(content)


def test_too_many_lines() -> None:
    lines = "".join(f"2026-03-02,FT{number},1,VND,x\n" for number in range(MAX_LINES + 1))
    ((place, text),) = problems_of(HEAD + lines)
    assert place == ""
    assert text.startswith(f"there are more than {MAX_LINES} lines")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for text in (content, HEAD.encode() + content):
        with suppress(BrokenStatement):
            read(text)
