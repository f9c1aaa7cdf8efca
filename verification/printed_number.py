"""The number and the check code that stand on a document, as people type them: their shape, and nothing else."""

import re

CHECK_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0/O, 1/I/L and U: the code is typed from paper."""

NUMBER_DIGITS = 12
CHECK_CODE_CHARS = 10

_NUMBER = re.compile(rf"[0-9]{{{NUMBER_DIGITS}}}")
_CHECK_CODE = re.compile(rf"[{CHECK_CODE_ALPHABET}]{{{CHECK_CODE_CHARS}}}")


def may_be_printed(number: str, check_code: str) -> bool:
    """Whether a document may bear this pair. Where not it was mistyped, which says nothing about any document."""
    return _NUMBER.fullmatch(number) is not None and _CHECK_CODE.fullmatch(check_code) is not None
