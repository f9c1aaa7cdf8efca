"""The words of an expression: a small, strict part of CEL, so that what we see in it is what CEL sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from issuance.fees.errors import ConditionRefused
from issuance.fees.problem_words import complain

MAX_EXPRESSION_CHARACTERS = 500
MAX_EXPRESSION_NESTING = 12
MAX_NUMBER_DIGITS = 12

Kind = Literal["name", "number", "text", "sign"]
_TOKEN = re.compile(
    r"""(?P<space>[ ]+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>[0-9][0-9A-Za-z_]*(?:\.[0-9][0-9A-Za-z_]*)?)
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<sign>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]])""",
    re.VERBOSE,
)
_PREFIXED_TEXT = re.compile(r"[A-Za-z0-9_]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word; `column` counts characters from 1. The value of a text is without its quotation marks."""

    kind: Kind
    value: str
    column: int


def tokens_of(source: str) -> list[Token]:
    """The words of an expression. No comments, escapes, raw texts, bytes, braces, broken numbers: none is needed.

    Raises ConditionRefused.
    """
    if len(source) > MAX_EXPRESSION_CHARACTERS:
        raise ConditionRefused(complain("expr_too_long", most=MAX_EXPRESSION_CHARACTERS))
    found = list(_scan(source))
    depth = 0
    for token in found:
        if token.kind == "sign":
            depth += (token.value in "([") - (token.value in ")]")
        if depth > MAX_EXPRESSION_NESTING:
            raise ConditionRefused(complain("expr_nested", column=token.column, most=MAX_EXPRESSION_NESTING))
    return found


def _scan(source: str) -> Iterator[Token]:
    position = 0
    while position < len(source):
        column = position + 1
        match = _TOKEN.match(source, position)
        if match is None:
            if source[position] in "'\"":
                raise ConditionRefused(complain("expr_open_text", column=column))
            if source[position] == "=":
                raise ConditionRefused(complain("expr_write_instead", column=column, word="=", instead="=="))
            raise ConditionRefused(complain("expr_sign", column=column, sign=source[position]))
        position = match.end()
        word = match.group()
        if match.lastgroup == "number" and not (word.isdigit() and len(word) <= MAX_NUMBER_DIGITS):
            raise ConditionRefused(complain("expr_number", column=column, most=MAX_NUMBER_DIGITS))
        if word == "/" and source[position : position + 1] == "/":
            raise ConditionRefused(complain("expr_sign", column=column, sign="//"))
        if match.lastgroup == "text":
            # A letter before the mark makes CEL read a raw text or bytes; three marks, one that goes on.
            before, after = source[column - 2 : column - 1], source[position : position + 1]
            if _PREFIXED_TEXT.fullmatch(before) or after in ("'", '"'):
                raise ConditionRefused(complain("expr_sign", column=column, sign=word[0]))
            if "\\" in word:
                raise ConditionRefused(complain("expr_backslash", column=column))
            yield Token("text", word[1:-1], column)
        elif match.lastgroup == "name":
            yield Token("name", word, column)
        elif match.lastgroup == "number":
            yield Token("number", word, column)
        elif match.lastgroup == "sign":
            yield Token("sign", word, column)
