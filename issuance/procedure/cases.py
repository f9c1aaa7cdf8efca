"""Every case that conditions can tell apart: one set of facts for each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping

from issuance.fees.wording import Label
from issuance.procedure.conditions import Condition, FactValue, mentioned
from issuance.procedure.facts import ProcedureFact
from issuance.procedure.problems import complain

MAX_LOOKS = 1_000_000
"""Of all cases at the values in conditions and at outcomes, for all document types of a procedure: under a second."""

Case = Mapping[str, FactValue]


def cases_of(
    domains: Mapping[str, ProcedureFact], conditions: Collection[Condition], outcomes: int, most: int
) -> list[Case] | None:
    """Sets of facts among which every possible request has one of which all the conditions say the same as of it.

    outcomes: at how many of them each case is looked at. None where it all takes more than `most` looks. A fact that
    is not in `domains` must not be mentioned.
    """
    compared: dict[str, set[FactValue]] = {}
    for condition in conditions:
        for fact, value in mentioned(condition):
            compared.setdefault(fact, set()).add(value)
    names = sorted(compared)
    choices = [_told_apart(domains[name], compared[name]) for name in names]
    looks = outcomes + sum(1 for condition in conditions for _ in mentioned(condition))
    if math.prod(map(len, choices)) * looks > most:
        return None
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*choices)]


def _told_apart(fact: ProcedureFact, compared: set[FactValue]) -> list[FactValue]:
    """The values that are compared with, and one that stands for all others."""
    if fact.kind == "truth":
        return [False, True]
    if fact.kind == "choice":
        named = [value for value in fact.values if value in compared]
        return [*named, *[value for value in fact.values if value not in compared][:1]]
    numbers = sorted(
        value
        for value in compared
        if isinstance(value, int) and not isinstance(value, bool) and fact.minimum <= value <= fact.maximum
    )
    other = next((value for value in range(fact.minimum, fact.maximum + 1) if value not in numbers), None)
    return [*numbers, *([] if other is None else [other])]


def case_in_words(case: Case) -> Label:
    """` (when channel = desk, input.lived_abroad = true)`, empty where no condition asks anything."""
    if not case:
        return Label("", "")
    shown = ", ".join(
        f"{name} = {str(value).lower() if isinstance(value, bool) else value}" for name, value in case.items()
    )
    return complain("in_case", facts=shown[:300]).in_words()
