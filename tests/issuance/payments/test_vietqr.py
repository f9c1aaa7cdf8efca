"""VietQR texts against an independent reader and writer, and against two codes that are published as examples."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from vietnam_qr_pay import QRPay

from issuance.fees.document import VND
from issuance.payments.order import PaymentOrder, payment_memo
from issuance.payments.vietqr import BankAccount, NotVietQr, order_in_vietqr, vietqr

ACCOUNT = BankAccount("970416", "257678859", "KHO BAC NHA NUOC HA NOI")
_ALPHANUMERIC = string.ascii_letters + string.digits
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))

accounts = st.builds(
    BankAccount,
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.text(_ALPHANUMERIC, min_size=1, max_size=19),
    st.just("KHO BAC"),
)
amounts = st.none() | st.integers(1, 10**13 - 1).map(VND)
memos = st.none() | st.builds(
    lambda first, rest: (first + rest).rstrip(),
    st.sampled_from(_ALPHANUMERIC),
    st.text(_PRINTABLE, max_size=24),
)


@given(accounts, amounts, memos)
@example(ACCOUNT, VND(205_000), "0000015H262406030001")
def test_another_program_reads_what_was_written(account: BankAccount, amount: VND | None, memo: str | None) -> None:
    read = QRPay(vietqr(account, amount, memo))
    assert read.is_valid
    assert read.init_method == ("11" if amount is None else "12")
    assert (read.provider.guid, read.provider.service) == ("A000000727", "QRIBFTTA")
    assert (read.consumer.bank_bin, read.consumer.bank_number) == (account.bank_bin, account.number)
    assert read.amount == (None if amount is None else str(amount))
    assert (read.currency, read.nation, read.additional_data.purpose) == ("704", "VN", memo)


@given(accounts, amounts, memos)
def test_another_program_writes_the_same(account: BankAccount, amount: VND | None, memo: str | None) -> None:
    other = QRPay.init_viet_qr(
        bank_bin=account.bank_bin,
        bank_number=account.number,
        amount=None if amount is None else str(amount),
        purpose=memo,
    )
    assert vietqr(account, amount, memo) == other.build()


def test_codes_that_others_publish_as_examples() -> None:
    static = "00020101021138530010A0000007270123000697041601092576788590208QRIBFTTA53037045802VN6304AE9F"
    dynamic = (
        "00020101021238530010A0000007270123000697041601092576788590208QRIBFTTA"
        "53037045405100005802VN62150811Chuyen tien630453E6"
    )
    assert vietqr(ACCOUNT) == static
    assert vietqr(ACCOUNT, VND(10_000), "Chuyen tien") == dynamic


def test_one_changed_character_breaks_the_checksum() -> None:
    code = vietqr(ACCOUNT, VND(205_000), "0000015H262406030001")
    for place in range(len(code)):
        changed = code[:place] + ("0" if code[place] != "0" else "1") + code[place + 1 :]
        assert not QRPay(changed).is_valid


@pytest.mark.parametrize("amount", [0, -1, 10**13])
def test_amounts_that_no_transfer_has(amount: int) -> None:
    with pytest.raises(NotVietQr):
        vietqr(ACCOUNT, VND(amount), "A1")


@pytest.mark.parametrize("memo", ["", " ", " A", "A ", "A" * 26, "Phí", "A\nB", "A\x00", "Ａ"])
def test_memos_that_a_bank_would_change_or_cut(memo: str) -> None:
    with pytest.raises(NotVietQr):
        vietqr(ACCOUNT, VND(1), memo)


@pytest.mark.parametrize(
    ("bank_bin", "number", "holder"),
    [
        ("97041", "1", "A"),
        ("9704166", "1", "A"),
        ("97041a", "1", "A"),
        ("٩٧٠٤١٦", "1", "A"),
        ("970416", "", "A"),
        ("970416", "1" * 20, "A"),
        ("970416", "1 2", "A"),
        ("970416", "số", "A"),
        ("970416", "1", " "),
    ],
)
def test_accounts_that_no_bank_has(bank_bin: str, number: str, holder: str) -> None:
    with pytest.raises(NotVietQr):
        BankAccount(bank_bin, number, holder)


def _order(memo: str, **changed: datetime) -> PaymentOrder:
    at = datetime(2024, 6, 3, tzinfo=UTC)
    return PaymentOrder(
        id=UUID(int=1), application_id=UUID(int=2), amount=VND(5_000), memo=memo, opened_at=at, **changed
    )


def test_an_open_order_is_written_with_its_amount_and_memo() -> None:
    memo = payment_memo("000.00.15.H26-240603-0001")
    code = order_in_vietqr(_order(memo), ACCOUNT)
    assert code == vietqr(ACCOUNT, VND(5_000), "0000015H262406030001")


def test_there_is_none_where_nothing_is_asked_for_or_no_account_is_known() -> None:
    at = datetime(2024, 6, 4, tzinfo=UTC)
    assert order_in_vietqr(_order("A1"), None) is None
    assert order_in_vietqr(_order("A1", paid_at=at), ACCOUNT) is None
    assert order_in_vietqr(_order("A1", cancelled_at=at), ACCOUNT) is None
    assert order_in_vietqr(_order("A" * 26), ACCOUNT) is None
