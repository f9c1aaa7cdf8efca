"""The text of a VietQR code: an order to transfer money, which any bank's application of the country can read.

It is a merchant-presented EMVCo code whose account stands under tag 38, with NAPAS' identifier; every field is its tag
and its length, two digits each, then its value, and a checksum over all before it comes last.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from dataclasses import dataclass

from ..fees.document import VND
from .order import PaymentOrder

MAX_ACCOUNT_CHARS = 19
MAX_AMOUNT_DIGITS = 13
MAX_MEMO_CHARS = 25

_NAPAS = "A000000727"
_TRANSFER_TO_ACCOUNT = "QRIBFTTA"
_VND = "704"
_CRC_START = 0xFFFF
_BIN = re.compile(r"[0-9]{6}")
_ACCOUNT = re.compile(rf"[0-9A-Za-z]{{1,{MAX_ACCOUNT_CHARS}}}")
_MEMO = re.compile(rf"[0-9A-Za-z](?:[ -~]{{0,{MAX_MEMO_CHARS - 2}}}[!-~])?")


class NotVietQr(ValueError):
    """What shall stand in a code does not fit its field; the message names the field and never its value."""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where the fees of an installation go. bank_bin: 6 digits by which NAPAS knows the bank; number: as the bank
    writes it, 19 letters and digits at most; holder: as payers shall see it before they confirm.

    Raises NotVietQr.
    """

    bank_bin: str
    number: str
    holder: str

    def __post_init__(self) -> None:
        if not _BIN.fullmatch(self.bank_bin):
            raise NotVietQr("bank_bin is 6 digits")
        if not _ACCOUNT.fullmatch(self.number):
            raise NotVietQr(f"an account's number is at most {MAX_ACCOUNT_CHARS} letters and digits")
        if not self.holder.strip():
            raise NotVietQr("an account has a holder")


def vietqr(account: BankAccount, amount: VND | None = None, memo: str | None = None) -> str:
    """The text of the code, in ASCII.

    amount: in VND, above zero; None leaves it to the payer: such a code is static (tag 01 = 11), for any number of
    payments, and one with an amount dynamic (12), for this payment alone. memo: printable ASCII, 25 characters at most,
    beginning with a letter or digit, without a blank at its end, for banks trim it.
    Raises NotVietQr.
    """
    if amount is not None and not 0 < amount < 10**MAX_AMOUNT_DIGITS:
        raise NotVietQr(f"an amount is above zero and has {MAX_AMOUNT_DIGITS} digits at most")
    if memo is not None and not _MEMO.fullmatch(memo):
        raise NotVietQr(f"a memo is 1 to {MAX_MEMO_CHARS} printable characters of ASCII")
    beneficiary = _field(0, account.bank_bin) + _field(1, account.number)
    fields = (
        _field(0, "01"),
        _field(1, "11" if amount is None else "12"),
        _field(38, _field(0, _NAPAS) + _field(1, beneficiary) + _field(2, _TRANSFER_TO_ACCOUNT)),
        _field(53, _VND),
        "" if amount is None else _field(54, str(amount)),
        _field(58, "VN"),
        "" if memo is None else _field(62, _field(8, memo)),
    )
    # The checksum covers its own tag and length.
    covered = "".join(fields) + "6304"
    return f"{covered}{crc_hqx(covered.encode('ascii'), _CRC_START):04X}"


def order_in_vietqr(order: PaymentOrder, account: BankAccount | None, waiting: int = 0) -> str | None:
    """The code to pay an open order with, or the rest of it where a part waits already; None where nothing is to be
    paid any more, no account is known, or the memo of a unit with a very long code does not fit: then the money is
    transferred by hand."""
    if account is None or not order.is_open:
        return None
    try:
        return vietqr(account, order.to_transfer(waiting), order.memo)
    except NotVietQr:
        return None


def _field(tag: int, value: str) -> str:
    return f"{tag:02d}{len(value):02d}{value}"
