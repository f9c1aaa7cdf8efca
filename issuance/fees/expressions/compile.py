"""A rule's `expr`: a condition in CEL over the fact catalogue, for what `when` can't say.

Compiled by cel-expr-python against the types of the catalogue, without extensions. Before it sees anything, the words
are held against a list of what is allowed (`expression_words`): enough for arithmetic, texts and sets, and nothing
that grows, matches patterns or walks lists within lists.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from issuance.fees.errors import ConditionRefused, ExpressionFailed
from issuance.fees.expressions.words import check_words
from issuance.fees.facts import FACTS, FactKind, FactValue
from issuance.fees.problem_words import Complaint, Near, complain
from issuance.fees.wording import Label

if TYPE_CHECKING:
    from cel_expr_python import cel

_TYPE_WORDS: Mapping[str, Label] = {
    "int": Label("số", "a number"),
    "string": Label("chữ", "a text"),
    "bool": Label("đúng/sai", "true/false"),
    "list": Label("tập hợp", "a set"),
}
_PLACE = re.compile(r"ERROR: <input>:(-?[0-9]+):(-?[0-9]+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_NO_OVERLOAD = re.compile(r"found no matching overload for '[^']*' applied to '\(?([^']*?)\)?'")


@dataclass(frozen=True, slots=True)
class CompiledExpression:
    """A checked expression. facts: the facts of the catalogue that it names. steps: a bound of those of one
    evaluation. Usable by several threads at once."""

    source: str
    facts: frozenset[str]
    steps: int
    _program: cel.Expression = field(repr=False, compare=False)

    def evaluate(self, values: Mapping[str, FactValue]) -> bool | None:
        """Whether it holds; None when a fact that it names isn't known, whatever the others say.

        values: at least the facts named, as `values_of` gives them. Raises ExpressionFailed.
        """
        data: dict[str, str | int | list[str]] = {}
        for name in self.facts:
            value = values[name]
            if value is None:
                return None
            data[name] = _as_cel_sees(value)
        try:
            result = self._program.eval(data=data).value()
        except RuntimeError:
            raise ExpressionFailed("the expression was given up") from None
        if not isinstance(result, bool):
            raise ExpressionFailed("the expression came to no answer")
        return result


@functools.lru_cache(maxsize=1_024)
def compile_expression(source: str) -> CompiledExpression:
    """Compile one expression. In it days are texts (`submitted_on >= '2024-06-01'`), sets are lists of texts.

    Raises ConditionRefused: too long, a syntax error, an unknown fact, value or function, types that don't go together,
    no condition; with the column where there is one.
    """
    facts, steps = check_words(source)
    try:
        program = _environment().compile(source)
    except (RuntimeError, TypeError) as refused:
        raise ConditionRefused(_in_our_words(str(refused))) from None
    found = program.return_type().name().lower()
    if found != "bool":
        raise ConditionRefused(complain("expr_no_condition", type=_type_words(found)))
    return CompiledExpression(source, facts, steps, program)


@functools.cache
def _environment() -> cel.Env:
    # 16 MB of memory that nobody needs whose policies have no expression.
    from cel_expr_python import cel

    types = {
        FactKind.TEXT: cel.Type.STRING,
        FactKind.CHOICE: cel.Type.STRING,
        FactKind.NUMBER: cel.Type.INT,
        FactKind.DAY: cel.Type.STRING,
        FactKind.SET: cel.Type.List(cel.Type.STRING),
    }
    return cel.NewEnv(variables={name: types[fact.kind] for name, fact in FACTS.items()})


def _as_cel_sees(value: str | int | date | frozenset[str]) -> str | int | list[str]:
    if isinstance(value, date):
        # ISO days of four-digit years are in the order of their texts.
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else value


def _in_our_words(message: str) -> Complaint:
    match = _PLACE.search(message)
    if match is None or int(match.group(2)) < 1:
        return complain("expr_too_involved")
    column, said = int(match.group(2)), match.group(3)
    if undeclared := _UNDECLARED.search(said):
        return complain("expr_unknown_fact", column=column, near=Near(undeclared.group(1), FACTS))
    if overload := _NO_OVERLOAD.search(said):
        return complain("expr_types", column=column, types=_types_words(overload.group(1)))
    return complain("expr_syntax", column=column)


def _type_words(name: str) -> Label:
    return _TYPE_WORDS.get(name.split("(", maxsplit=1)[0], Label("kiểu khác", "something else"))


def _types_words(names: str) -> Label:
    words = [_type_words(name) for name in re.findall(r"[a-z]+(?:\([a-z]*\))?", names)]
    return Label(" và ".join(word.vi for word in words), " and ".join(word.en for word in words))
