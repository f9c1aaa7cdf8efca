"""Random valid policies as plain JSON.

Few days, few amounts and few ages, all near each other, so that boundaries are hit instead of missed.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

TYPES = ["paper", "card"]
DAYS = [
    "2023-12-31",
    "2024-01-01",
    "2024-02-28",
    "2024-02-29",
    "2024-03-01",
    "2024-05-31",
    "2024-06-01",
    "2024-12-31",
    "2025-01-01",
    "2025-02-28",
    "2025-03-01",
]
CATEGORIES = ["student", "person_of_merit", "martyr_relative", "disabled", "poor_household", "difficult_commune"]
PAPERS = ["student_card", "merit_certificate", "disability_certificate", "residence_confirmation"]
CHANNELS = ["vneid", "portal", "desk"]
AGES = [0, 15, 16, 17, 17, 60]
AMOUNTS = [0, 1, 99, 100, 999, 1_000, 5_000, 200_000, 1_000_000_000]
SOME = [1, 2, 3, 5, 12]
WORDS = {"vi": "Từ", "en": "Words"}
SUPPORT = {"kind": "support", "funding": {"budget": "city", "label": WORDS}}
STATUTE = [{"kind": "exemption"}, {"kind": "reduction"}]
EXPRESSIONS = [
    "copies >= 3",
    "channel == 'vneid'",
    "'student' in categories && copies <= 5",
    "age_years >= 60",
    "pages <= 2 && level == 2",
    "'disability_certificate' in evidence",
    "delivery == 'post'",
    "residence == '01'",
]

COMPARISONS: list[st.SearchStrategy[Json]] = [
    st.builds(
        lambda name, way, value: {"fact": name, way: value},
        st.sampled_from(["copies", "pages"]),
        st.sampled_from(["eq", "gte", "lte"]),
        st.sampled_from(SOME),
    ),
    st.builds(
        lambda way, value: {"fact": "age_years", way: value},
        st.sampled_from(["eq", "gte", "lte"]),
        st.sampled_from(AGES),
    ),
    st.builds(
        lambda name, values: {"fact": name, "between": sorted(values)},
        st.sampled_from(["copies", "pages", "age_years"]),
        st.tuples(st.sampled_from(SOME), st.sampled_from([1, 3, 12, 60])),
    ),
    st.builds(
        lambda name, way, value: {"fact": name, way: value},
        st.sampled_from(["submitted_on", "received_on"]),
        st.sampled_from(["eq", "gte", "lte"]),
        st.sampled_from(DAYS),
    ),
    st.builds(
        lambda name, values: {"fact": name, "between": sorted(values)},
        st.sampled_from(["submitted_on", "received_on"]),
        st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)),
    ),
    st.sampled_from(CHANNELS).map(lambda value: {"fact": "channel", "eq": value}),
    st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=2).map(lambda values: {"fact": "channel", "in": values}),
    st.sampled_from(["download", "post"]).map(lambda value: {"fact": "delivery", "eq": value}),
    st.lists(st.sampled_from(SOME), min_size=1, max_size=3).map(lambda values: {"fact": "copies", "in": values}),
    st.sampled_from(CATEGORIES).map(lambda value: {"fact": "categories", "contains": value}),
    st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=3).map(
        lambda values: {"fact": "categories", "any_of": values}
    ),
    st.sampled_from(PAPERS).map(lambda value: {"fact": "evidence", "contains": value}),
    st.lists(st.sampled_from(PAPERS), min_size=1, max_size=2).map(
        lambda values: {"fact": "evidence", "any_of": values}
    ),
    st.builds(
        lambda way, value: {"fact": "level", way: value}, st.sampled_from(["eq", "gte", "lte"]), st.integers(1, 2)
    ),
    st.sampled_from(["01", "79"]).map(lambda value: {"fact": "residence", "eq": value}),
    st.just({"fact": "residence", "in": ["01", "79"]}),
    st.sampled_from(TYPES).map(lambda value: {"fact": "document_type", "eq": value}),
]
COMPARISON: st.SearchStrategy[Any] = st.one_of(COMPARISONS)
OF_AGE: st.SearchStrategy[Any] = COMPARISONS[1]


def condition(draw: st.DrawFn, deeper: int = 3) -> Any:
    """Many hold always: a rule that never fires shows nothing. Ages hang on two days and on leap years, so there are
    more of them than of other facts."""
    shape = draw(st.sampled_from(["always", "always", "always", "one", "one", "all", "any", "not", "age"]))
    if shape == "always":
        return "always"
    if shape == "age":
        return draw(OF_AGE)
    if shape == "one" or deeper == 0:
        return draw(COMPARISON)
    if shape == "not":
        return {"not": condition(draw, deeper - 1)}
    return {shape: [condition(draw, deeper - 1) for _ in range(draw(st.integers(1, 3)))]}


def days(draw: st.DrawFn, within: Json) -> Json:
    """A span of days that lies in another."""
    inside = [day for day in DAYS if within["first_day"] <= day and day <= (within["last_day"] or DAYS[-1])]
    first = draw(st.sampled_from(inside))
    lasts: list[str | None] = [day for day in inside if day >= first]
    if within["last_day"] is None:
        lasts.append(None)
    return {"first_day": first, "last_day": draw(st.sampled_from(lasts))}


def some_charges(draw: st.DrawFn) -> list[Json]:
    charges = []
    for kind in draw(st.permutations(["base", "per_copy_above", "per_page", "postage"]))[: draw(st.integers(1, 4))]:
        charge = {
            "id": kind.replace("_", "-"),
            "label": WORDS,
            "kind": kind,
            "amount_vnd": draw(st.sampled_from(AMOUNTS)),
            "basis": ["act"],
        }
        if kind == "per_copy_above" or (kind == "per_page" and draw(st.booleans())):
            charge["above"] = draw(st.integers(0, 3))
        charges.append(charge)
    return charges


def effect(draw: st.DrawFn, charge: str, *, ways: list[str]) -> Json:
    way = draw(st.sampled_from(ways))
    values = {
        "percent_off": [1, 33, 50, 67, 99, 100],
        "amount_off": [1, 100, 999, 5_000, 100_000],
        "set_to": [0, 1, 500, 80_000],
    }
    return {"charge": charge, way: draw(st.sampled_from(values[way]))}


def quota(draw: st.DrawFn, *, per_copy: bool) -> Json:
    unit = draw(st.sampled_from(["amount", "requests", "copies"] if per_copy else ["amount", "requests"]))
    scopes = ["citizen_per_year", "citizen_per_policy_period", "budget_total"]
    if unit != "requests":
        scopes.append("request")
    most = [100, 450, 50_000, 100_000] if unit == "amount" else [1, 2, 3, 10]
    return {"unit": unit, "max": draw(st.sampled_from(most)), "scope": draw(st.sampled_from(scopes))}


def some_rule(draw: st.DrawFn, own_id: str, effective: Json, charges: list[Json], shared: list[Json]) -> Json:
    per_copy = [charge["id"] for charge in charges if charge["kind"] == "per_copy_above"]
    targets = draw(st.permutations([charge["id"] for charge in charges]))[: draw(st.integers(1, len(charges)))]
    rule: Json = {
        "id": own_id,
        "label": WORDS,
        "when": condition(draw),
        "basis": ["act"],
        **draw(st.sampled_from([*STATUTE, SUPPORT])),
    }
    limit = draw(st.sampled_from(["none", "none", "own", "shared", "shared"]))
    if limit == "own":
        rule["quota"] = quota(draw, per_copy=bool(per_copy))
    elif limit == "shared" and shared:
        rule["quota"] = draw(st.sampled_from(shared))
    by_copies = "quota" in rule and rule["quota"]["unit"] == "copies"
    if by_copies and not set(targets) & set(per_copy):
        targets = [*targets, per_copy[0]]
    ways = ["percent_off", "amount_off"] if by_copies else ["percent_off", "amount_off", "set_to"]
    rule["effects"] = [effect(draw, target, ways=ways) for target in targets]
    if draw(st.integers(0, 7)) == 0:
        rule["dates"] = days(draw, effective)
    if draw(st.integers(0, 7)) == 0:
        rule["evidence"] = draw(st.lists(st.sampled_from(PAPERS), min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 7)) == 0:
        rule["expr"] = draw(st.sampled_from(EXPRESSIONS))
    return rule


def some_policy(draw: st.DrawFn, version: int, effective: Json) -> Json:
    charges = some_charges(draw)
    per_copy = any(charge["kind"] == "per_copy_above" for charge in charges)
    shared = [quota(draw, per_copy=per_copy) for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2])))]
    for index, limit in enumerate(shared):
        # A quota within one request is each rule's own: a name for it is refused.
        if limit["scope"] != "request":
            limit["name"] = f"shared-{index}"
        if limit["scope"] in ("citizen_per_policy_period", "budget_total"):
            # Rules of different days share it, so it says from which day it is counted.
            limit["counted_from"] = effective["first_day"]
    return {
        "schema": "condau-fee-policy/1",
        "id": "random",
        "version": version,
        "label": WORDS,
        "document_types": draw(st.sampled_from([["paper"], ["paper", "card"], ["paper", "card"]])),
        "territory": "vn-hanoi",
        "currency": "VND",
        "time_zone": "Asia/Ho_Chi_Minh",
        "effective": effective,
        "deciding_date": draw(st.sampled_from(["submitted", "received"])),
        "rounding": draw(st.sampled_from(["in_favour_of_citizen", "in_favour_of_budget"])),
        "basis": [
            {
                "id": "act",
                "kind": WORDS,
                "number": "1/2024",
                "title": WORDS,
                "article": None,
                "issued_by": WORDS,
                "issued_on": "2023-12-01",
                "source": {"file": "act.md", "sha256": "0" * 64},
            }
        ],
        "charges": charges,
        "stages": [
            {
                "id": f"stage-{outer}",
                "label": WORDS,
                "pick": draw(st.sampled_from(["best_for_citizen", "first_match", "stack"])),
                "rules": [
                    some_rule(draw, f"rule-{outer}-{inner}", effective, charges, shared)
                    for inner in range(draw(st.integers(1, 4)))
                ],
            }
            for outer in range(draw(st.integers(1, 3)))
        ],
        "examples": [
            {
                "name": "not looked at here",
                "given": {
                    "channel": "desk",
                    "copies": 1,
                    "submitted_on": "2024-01-01",
                    "received_on": "2024-01-01",
                    "pages": 1,
                },
                "expect": {"gross_vnd": 0, "waived_vnd": 0, "due_vnd": 0},
            }
        ],
    }


@st.composite
def books(draw: st.DrawFn) -> list[Json]:
    """One version, or two that follow each other and may decide by different days."""
    if draw(st.integers(0, 3)):
        wide = {"first_day": draw(st.sampled_from(DAYS[:2])), "last_day": draw(st.sampled_from([None, *DAYS[-2:]]))}
        return [some_policy(draw, 1, wide)]
    middle = draw(st.integers(1, len(DAYS) - 2))
    return [
        some_policy(draw, 1, {"first_day": DAYS[0], "last_day": DAYS[middle]}),
        some_policy(draw, 2, days(draw, {"first_day": DAYS[middle + 1], "last_day": None})),
    ]
