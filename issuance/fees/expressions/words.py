"""What an expression may say: names, functions and literal values, held against the catalogue before CEL sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NoReturn

from issuance.fees.errors import ConditionRefused
from issuance.fees.expressions.tokens import Token, tokens_of
from issuance.fees.facts import FACTS, Fact, FactKind
from issuance.fees.problem_words import Near, complain

WALKS = frozenset({"exists", "exists_one", "all", "filter"})
"""Walks through a list. One inside another could take the product of their lengths; `map` could grow without end."""
FUNCTIONS = WALKS | {"size", "contains", "startsWith", "endsWith"}
"""`matches` is missing on purpose: in 500 characters a regular expression costs 200 ms and 24 MB."""

MAX_EXPRESSION_STEPS = 2_500

_SIGN_FOR_WORD = {"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!"}
_LITERALS = frozenset({"true", "false"})
_ORDERS = frozenset({"<", "<=", ">", ">="})
_COMPARISONS = _ORDERS | {"==", "!="}
_BEFORE_OPERAND = frozenset({"", "(", "[", ",", "&&", "||", "?", ":"})
_AFTER_OPERAND = frozenset({"", ")", "]", ",", "&&", "||", "?", ":"})
_NOTHING = Token("sign", "", 0)


def check_words(source: str) -> tuple[frozenset[str], int]:
    """The facts that an expression names, and a bound of the steps of one evaluation.

    Raises ConditionRefused at the first word that isn't allowed."""
    tokens = tokens_of(source)
    facts, variables = _check_names(tokens)
    if not facts:
        raise ConditionRefused(complain("expr_no_fact"))
    _check_values(_without_idle_brackets(tokens), variables)
    steps = _steps(tokens)
    if steps > MAX_EXPRESSION_STEPS:
        raise ConditionRefused(complain("expr_steps", steps=steps, most=MAX_EXPRESSION_STEPS))
    return facts, steps


def _steps(tokens: Sequence[Token]) -> int:
    """A bound of the steps of one evaluation: every word once, or once for each entry of all lists and sets together.

    Walks stand side by side, never one in another, and nothing makes a list longer than those that it joins.
    """
    if not any(token.kind == "name" and token.value in WALKS for token in tokens):
        return len(tokens)
    named = [FACTS[token.value] for token in tokens if token.kind == "name" and token.value in FACTS]
    sets = sum(len(fact.values or ()) for fact in named if fact.kind is FactKind.SET)
    return len(tokens) * max(1, sets + sum(_is_sign(token, ",") or _is_sign(token, "[") for token in tokens))


def _check_names(tokens: Sequence[Token]) -> tuple[frozenset[str], dict[str, Fact]]:
    """Which facts are named, and which variables stand for an entry of a set."""
    facts: set[str] = set()
    variables: dict[str, Fact] = {}
    in_scope: dict[str, int] = {}
    walks_end_at: list[int] = []
    depth = 0
    for index, token in enumerate(tokens):
        before, after = _at(tokens, index - 1), _at(tokens, index + 1)
        if token.kind == "sign":
            depth += (token.value in "([") - (token.value in ")]")
            if walks_end_at and depth < walks_end_at[-1]:
                walks_end_at.pop()
                in_scope = {name: end for name, end in in_scope.items() if end <= depth}
            if token.value == "[" and _ends_operand(before):
                _refuse("expr_index", token)
            if token.value == "(" and _ends_operand(before) and before.kind != "name":
                _refuse("expr_syntax", token)
            if token.value == "." and not (_ends_operand(before) and after.kind == "name"):
                _refuse("expr_syntax", token)
        elif token.kind == "name" and token.value in _SIGN_FOR_WORD:
            _refuse("expr_write_instead", token, word=token.value, instead=_SIGN_FOR_WORD[token.value])
        elif token.kind == "name" and (_is_sign(before, ".") or _is_sign(after, "(")) and token.value != "in":
            _check_function(token, before, after)
            if token.value in WALKS:
                if walks_end_at:
                    _refuse("expr_nested_walk", token, name=token.value)
                variable = _at(tokens, index + 2)
                if variable.kind != "name" or not _is_sign(_at(tokens, index + 3), ","):
                    _refuse("expr_syntax", variable if variable.column else token)
                if variable.value in FACTS:
                    _refuse("expr_variable_hides", variable, name=variable.value)
                walks_end_at.append(depth + 1)
                in_scope[variable.value] = depth + 1
                walked = FACTS.get(_at(tokens, index - 2).value)
                if walked is not None and walked.kind is FactKind.SET and not _is_sign(_at(tokens, index - 3), "+"):
                    variables[variable.value] = walked
                else:
                    variables.pop(variable.value, None)
        elif token.kind == "name" and token.value in FACTS:
            facts.add(token.value)
        elif token.kind == "name" and token.value not in _LITERALS | {"in"} and token.value not in in_scope:
            _refuse("expr_unknown_fact", token, near=Near(token.value, FACTS))
    return frozenset(facts), variables


def _check_function(token: Token, before: Token, after: Token) -> None:
    allowed = FUNCTIONS if _is_sign(before, ".") else {"size"}
    if token.value in allowed and not _is_sign(after, "("):
        _refuse("expr_syntax", token)
    if token.value not in allowed:
        _refuse("expr_function", token, near=Near(token.value, FUNCTIONS))


def _check_values(tokens: Sequence[Token], variables: dict[str, Fact]) -> None:
    """Literals beside a fact: a comparison with a value that the fact never has would silently never hold."""
    known = {**FACTS, **variables}
    for index, token in enumerate(tokens):
        if token.kind == "sign" and token.value in _COMPARISONS:
            left, right = _at(tokens, index - 1), _at(tokens, index + 1)
            for one, beside in ((left, _at(tokens, index - 2)), (right, _at(tokens, index + 2))):
                fact = FACTS.get(one.value) if one.kind == "name" else None
                if fact is not None and fact.kind is FactKind.SET and beside.value != ".":
                    _refuse("expr_set_compared", token, fact=fact.name)
            if (
                _at(tokens, index - 2).value not in _BEFORE_OPERAND
                or _at(tokens, index + 2).value not in _AFTER_OPERAND
            ):
                continue
            for one, other in ((left, right), (right, left)):
                if one.kind == "name" and one.value in known:
                    _check_comparison(known[one.value], token, other)
        elif token.kind == "name" and token.value == "in":
            _check_membership(tokens, index, known, variables)


def _check_comparison(fact: Fact, operator: Token, operand: Token) -> None:
    if operator.value in _ORDERS and fact.kind in (FactKind.CHOICE, FactKind.SET):
        _refuse("expr_no_order", operator, fact=fact.name)
    _check_literal(fact, operand)


def _check_membership(tokens: Sequence[Token], index: int, known: dict[str, Fact], variables: dict[str, Fact]) -> None:
    left, right = _at(tokens, index - 1), _at(tokens, index + 1)
    if _at(tokens, index - 2).value not in _BEFORE_OPERAND:
        return
    if right.kind == "name" and right.value in FACTS and _at(tokens, index + 2).value in _AFTER_OPERAND:
        _check_literal(FACTS[right.value], left)
    if left.kind == "name" and left.value in known and _is_sign(right, "["):
        fact = known[left.value]
        if fact.kind is FactKind.SET and left.value not in variables:
            return
        end = next((at for at in range(index, len(tokens)) if _is_sign(tokens[at], "]")), len(tokens))
        entries = tokens[index + 2 : end]
        # Only a plain list of literals says which values are meant.
        if all(entry.kind in ("text", "number") or _is_sign(entry, ",") for entry in entries):
            for entry in entries:
                _check_literal(fact, entry)


def _check_literal(fact: Fact, literal: Token) -> None:
    if literal.kind == "text" and fact.values is not None and literal.value not in fact.values:
        _refuse("expr_unknown_value", literal, fact=fact.name, near=Near(literal.value, fact.values))
    if literal.kind == "text" and fact.kind is FactKind.DAY and not _is_iso_day(literal.value):
        _refuse("expr_day", literal, fact=fact.name)
    # One beyond each end is how 'more than' and 'less than' name the end itself.
    if (
        literal.kind == "number"
        and fact.kind is FactKind.NUMBER
        and not fact.minimum - 1 <= int(literal.value) <= fact.maximum + 1
    ):
        _refuse("expr_outside", literal, fact=fact.name, least=fact.minimum, most=fact.maximum)


def _is_iso_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _without_idle_brackets(tokens: Sequence[Token]) -> list[Token]:
    """`(channel) == ('vneid')` says what `channel == 'vneid'` says."""
    kept: list[Token] = []
    for token in tokens:
        kept.append(token)
        while (
            len(kept) >= 3
            and _is_sign(kept[-1], ")")
            and kept[-2].kind != "sign"
            and _is_sign(kept[-3], "(")
            and not (len(kept) >= 4 and _ends_operand(kept[-4]))
        ):
            kept[-3:] = [kept[-2]]
    return kept


def _at(tokens: Sequence[Token], index: int) -> Token:
    return tokens[index] if 0 <= index < len(tokens) else _NOTHING


def _is_sign(token: Token, value: str) -> bool:
    return token.kind == "sign" and token.value == value


def _ends_operand(token: Token) -> bool:
    if token.kind == "sign":
        return token.value in (")", "]")
    return token.value != "in" or token.kind != "name"


def _refuse(code: str, token: Token, **values: object) -> NoReturn:
    raise ConditionRefused(complain(code, column=token.column, **values))
