"""Amounts of money in Vietnamese words, as receipts must state them."""

from itertools import dropwhile

LARGEST_AMOUNT = 10**12 - 1
"""đồng; the largest amount that has a name here: 999 billion and so on."""

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ("", "nghìn", "triệu", "tỷ")


def amount_in_words(vnd: int) -> str:
    """The amount of `vnd` đồng as a sentence part, first letter large: 170000 gives "Một trăm bảy mươi nghìn đồng".

    Raises ValueError outside 0 … LARGEST_AMOUNT.
    """
    if not 0 <= vnd <= LARGEST_AMOUNT:
        raise ValueError("amount out of range")
    groups = [vnd // 1000**power % 1000 for power in range(len(_SCALES))]
    words: list[str] = []
    for power in reversed(range(len(_SCALES))):
        if groups[power]:
            words += [*_group(groups[power], leading=not words), _SCALES[power]]
    text = " ".join(filter(None, words)) or _DIGITS[0]
    return f"{text[0].upper()}{text[1:]} đồng"


def _group(number: int, *, leading: bool) -> list[str]:
    """Words of 1 … 999. Behind a larger group the hundreds and tens are said even when they are zero."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    words = [_DIGITS[hundreds], "trăm"]
    if tens == 0:
        words += ["linh", _DIGITS[ones]] if ones else []
    elif tens == 1:
        words += ["mười", *_one_after_ten(ones, after_many=False)]
    else:
        words += [_DIGITS[tens], "mươi", *_one_after_ten(ones, after_many=True)]
    if leading and hundreds == 0:
        words = list(dropwhile(lambda word: word in ("không", "trăm", "linh"), words))
    return words


def _one_after_ten(ones: int, *, after_many: bool) -> list[str]:
    """The unit after a ten: five becomes "lăm", and one becomes "mốt" from twenty on."""
    if ones == 0:
        return []
    if ones == 5:
        return ["lăm"]
    return ["mốt"] if ones == 1 and after_many else [_DIGITS[ones]]
