"""What the naive implementation takes for true about one request: conditions of three values over plain facts."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

Json = dict[str, Any]

YES, NO, UNKNOWN = "yes", "no", "unknown"


class Truth:
    """facts: of one request, days as ISO strings. day: the deciding day, on which ages are counted."""

    facts: Json
    day: str | None

    def truth(self, condition: Any) -> str:
        """Kleene's three values."""
        if condition == "always":
            return YES
        if "not" in condition:
            return {YES: NO, NO: YES, UNKNOWN: UNKNOWN}[self.truth(condition["not"])]
        if "all" in condition:
            said = [self.truth(part) for part in condition["all"]]
            return NO if NO in said else UNKNOWN if UNKNOWN in said else YES
        if "any" in condition:
            said = [self.truth(part) for part in condition["any"]]
            return YES if YES in said else UNKNOWN if UNKNOWN in said else NO
        return self.truth_of_comparison(condition)

    def truth_of_comparison(self, condition: Json) -> str:
        actual = self.fact(condition["fact"])
        if actual is None:
            return self.truth_of_the_unknown()
        holds = False
        if "eq" in condition:
            holds = actual == condition["eq"]
        elif "in" in condition:
            holds = actual in condition["in"]
        elif "contains" in condition:
            holds = condition["contains"] in actual
        elif "any_of" in condition:
            holds = any(value in actual for value in condition["any_of"])
        elif "gte" in condition:
            holds = actual >= condition["gte"]
        elif "lte" in condition:
            holds = actual <= condition["lte"]
        elif "between" in condition:
            holds = condition["between"][0] <= actual <= condition["between"][1]
        return YES if holds else NO

    def truth_of_the_unknown(self) -> str:
        return UNKNOWN

    def fact(self, name: str) -> Any:
        return self.age_in_years() if name == "age_years" else self.facts[name]

    def age_in_years(self) -> int | None:
        """Birthdays counted one by one; without a 29 February the year is completed on 1 March."""
        if self.facts["birth_date"] is None:
            return None
        born = date.fromisoformat(self.facts["birth_date"])
        birthdays = 0
        while self.birthday(born, birthdays + 1).isoformat() <= (self.day or ""):
            birthdays += 1
        return birthdays

    def birthday(self, born: date, number: int) -> date:
        try:
            return date(born.year + number, born.month, born.day)
        except ValueError:
            return date(born.year + number, 2, 28) + timedelta(days=1)

    def first_failing(self, condition: Any) -> Any:
        """Descends into `all` and only there."""
        if condition != "always" and "all" in condition:
            for part in condition["all"]:
                if self.truth(part) != YES:
                    return self.first_failing(part)
        return condition

    def truth_of_expression(self, expr: str | None) -> str:
        """The few shapes of CEL that the strategies write; a fact that is not known makes the whole unknown."""
        if expr is None:
            return YES
        parts = [part.strip() for part in expr.split("&&")]
        read = [re.fullmatch(r"(\w+) (>=|<=|==) (?:(\d+)|'([^']*)')|'(\w+)' in (\w+)", part) for part in parts]
        assert all(read), expr
        if any(self.fact(match[1] or match[6]) is None for match in read if match):
            return UNKNOWN
        for match in read:
            assert match
            if match[6]:
                holds = match[5] in self.fact(match[6])
            else:
                actual, wanted = self.fact(match[1]), int(match[3]) if match[3] else match[4]
                holds = {">=": actual >= wanted, "<=": actual <= wanted, "==": actual == wanted}[match[2]]
            if not holds:
                return NO
        return YES
