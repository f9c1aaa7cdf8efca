"""The shipped fee policies as a decision graph for zen-engine: the same amounts, without acts, budgets or reasons."""

from __future__ import annotations

import itertools
from typing import Any

import zen

from issuance.fees.facts import FeeFacts, age_years

Json = dict[str, Any]

_KEY = "fees"
_ONLINE = "'vneid', 'portal'"
_EXEMPT = "some($, # in ['disabled', 'poor_household', 'difficult_commune'])"
_REDUCED = "some($, # in ['student', 'person_of_merit', 'martyr_relative'])"
_NEW_TARIFF = ">= 20250424"


class ZenFees:
    """An engine with the graph loaded once, as its makers advise for speed."""

    def __init__(self) -> None:
        self._engine = zen.ZenEngine({"loader": {"type": "static", "content": {_KEY: _graph()}}})

    def amount_due(self, context: Json) -> int:
        """context: by `context_of`. In VND, for the days from 2017 to 2025."""
        return int(self._engine.evaluate(_KEY, context)["result"]["due"])

    def traced(self, context: Json) -> Json:
        return self._engine.evaluate(_KEY, context, {"trace": True})["trace"]


def context_of(facts: FeeFacts) -> Json:
    """The facts as the graph reads them; it knows no days and no ages."""
    on = facts.submitted_on
    return {
        "channel": facts.channel,
        "copies": facts.copies,
        "categories": sorted(facts.categories),
        "age": None if facts.birth_date is None else age_years(facts.birth_date, on),
        "day": on.year * 10_000 + on.month * 100 + on.day,
    }


def _graph() -> Json:
    tariff = [
        {"age": "<= 15", "law": "0"},
        {"age": ">= 60", "law": "0"},
        {"categories": _EXEMPT, "law": "0"},
        {"categories": _REDUCED, "channel": _ONLINE, "day": _NEW_TARIFF, "law": "80000"},
        {"categories": _REDUCED, "law": "100000"},
        {"channel": _ONLINE, "day": _NEW_TARIFF, "law": "170000"},
        {"law": "200000"},
    ]
    support = [
        {
            "channel": "'vneid'",
            "day": "[20240601..20241231]",
            "fee": "0",
            "copies_due": "max([0, copies_gross - 50000])",
        },
        {"fee": "law", "copies_due": "copies_gross"},
    ]
    nodes = [
        _node("in", "inputNode", {}),
        _expressions("gross", {"copies_gross": "max([0, copies - 2]) * 5000"}),
        _table("tariff", ["age", "categories", "channel", "day"], ["law"], tariff),
        _table("support", ["channel", "day"], ["fee", "copies_due"], support),
        _expressions("total", {"due": "fee + copies_due"}),
        _node("out", "outputNode", {}),
    ]
    edges = [
        {"id": f"{one['id']}-{other['id']}", "type": "edge", "sourceId": one["id"], "targetId": other["id"]}
        for one, other in itertools.pairwise(nodes)
    ]
    return {"nodes": nodes, "edges": edges}


def _table(name: str, inputs: list[str], outputs: list[str], rows: list[dict[str, str]]) -> Json:
    return _node(
        name,
        "decisionTableNode",
        {
            "hitPolicy": "first",
            "inputs": [{"id": field, "name": field, "field": field} for field in inputs],
            "outputs": [{"id": field, "name": field, "field": field} for field in outputs],
            "rules": [
                {"_id": f"{name}-{index}", **{field: row.get(field, "") for field in (*inputs, *outputs)}}
                for index, row in enumerate(rows)
            ],
            "passThrough": True,
            "inputField": None,
            "outputPath": None,
            "executionMode": "single",
        },
    )


def _expressions(name: str, values: dict[str, str]) -> Json:
    expressions = [{"id": key, "key": key, "value": value} for key, value in values.items()]
    content = {"expressions": expressions, "passThrough": True, "inputField": None, "outputPath": None}
    return _node(name, "expressionNode", content | {"executionMode": "single"})


def _node(name: str, kind: str, content: Json) -> Json:
    return {"id": name, "type": kind, "name": name, "content": content, "position": {"x": 0, "y": 0}}
