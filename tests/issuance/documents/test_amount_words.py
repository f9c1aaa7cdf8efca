import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.documents.amount_words import LARGEST_AMOUNT, amount_in_words

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
VALUES = {
    **{word: value for value, word in enumerate(DIGITS)},
    "lăm": 5,
    "mốt": 1,
}
SCALES = {"nghìn": 10**3, "triệu": 10**6, "tỷ": 10**9}


def read_back(text: str) -> int:
    """Value of the words, by a reader that knows nothing of the writer."""
    total = group = digit = 0
    for word in text.lower().removesuffix(" đồng").split():
        if word in SCALES:
            total, group, digit = total + (group + digit) * SCALES[word], 0, 0
        elif word == "trăm":
            group, digit = digit * 100, 0
        elif word == "mươi":
            group, digit = group + digit * 10, 0
        elif word == "mười":
            group, digit = group + 10, 0
        elif word != "linh":
            digit = VALUES[word]
    return total + group + digit


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"),
        (5, "Năm đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (101, "Một trăm linh một đồng"),
        (1_015, "Một nghìn không trăm mười lăm đồng"),
        (5_000, "Năm nghìn đồng"),
        (170_000, "Một trăm bảy mươi nghìn đồng"),
        (175_000, "Một trăm bảy mươi lăm nghìn đồng"),
        (200_000, "Hai trăm nghìn đồng"),
        (205_000, "Hai trăm linh năm nghìn đồng"),
        (1_000_005, "Một triệu không trăm linh năm đồng"),
        (2_000_000_000, "Hai tỷ đồng"),
    ],
)
def test_amounts_as_receipts_say_them(amount: int, words: str) -> None:
    assert amount_in_words(amount) == words


@given(st.integers(0, LARGEST_AMOUNT))
def test_words_read_back_as_the_amount(amount: int) -> None:
    assert read_back(amount_in_words(amount)) == amount


@pytest.mark.parametrize("amount", [-1, LARGEST_AMOUNT + 1])
def test_amounts_without_a_name_are_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="range"):
        amount_in_words(amount)
