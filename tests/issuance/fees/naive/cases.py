"""Random requests as plain facts, with what is left of the quotas, that meet the random policies."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from tests.issuance.fees.naive.policies import AGES, CATEGORIES, CHANNELS, DAYS, PAPERS, SOME, Json, books

# 16 on the leap day of 2024, 17 on 1 March 2025: both are ages of the conditions.
BORN_ON_A_LEAP_DAY = "2008-02-29"
AROUND_LEAP_DAYS = ["2024-02-28", "2025-02-28", "2025-02-28", "2025-03-01"]


@st.composite
def facts(draw: st.DrawFn) -> Json:
    leapling = draw(st.integers(0, 5)) == 0
    submitted = draw(st.sampled_from(AROUND_LEAP_DAYS if leapling else DAYS))
    received = draw(st.sampled_from([None, submitted, *[day for day in DAYS if day >= submitted]]))
    return {
        "document_type": draw(st.sampled_from(["paper"] * 8 + ["card", "stone"])),
        "channel": draw(st.sampled_from(CHANNELS)),
        "copies": draw(st.sampled_from([*SOME, 4, 13, 9_999])),
        "categories": draw(st.lists(st.sampled_from(CATEGORIES), max_size=3, unique=True)),
        "birth_date": BORN_ON_A_LEAP_DAY if leapling else birth_date(draw, submitted, received),
        "level": draw(st.integers(1, 2)),
        "submitted_on": submitted,
        "residence": draw(st.sampled_from([None, "01", "79"])),
        "received_on": received,
        "pages": draw(st.sampled_from([None, 1, 2, 3, 4, 5, 12])),
        "delivery": draw(st.sampled_from(["download", "post"])),
        "evidence": draw(st.lists(st.sampled_from(PAPERS), max_size=2, unique=True)),
    }


def birth_date(draw: st.DrawFn, submitted: str, received: str | None) -> str | None:
    """Who turns an age on one of the two days or the day after; nobody is born after asking."""
    age = draw(st.sampled_from([None, *AGES, 150]))
    if age is None:
        return None
    turned = date.fromisoformat(draw(st.sampled_from([submitted, received or submitted])))
    turned += timedelta(days=draw(st.integers(0, 1)))
    try:
        born = turned.replace(year=turned.year - age)
    except ValueError:
        born = date(turned.year - age, 3, 1)
    return min(born.isoformat(), submitted)


def quotas_for(draw: st.DrawFn, book: list[Json]) -> Json:
    """What is left: nothing, a little, much, more than there ever was, or not known."""
    limits = {
        rule["quota"].get("name", rule["id"]): rule["quota"]
        for policy in book
        for stage in policy["stages"]
        for rule in stage["rules"]
        if "quota" in rule and rule["quota"]["scope"] != "request"
    }
    left = {}
    for name, limit in limits.items():
        amount = draw(st.sampled_from([None, 0, 1, 2, limit["max"] // 2, limit["max"], limit["max"] + 5]))
        if amount is not None:
            left[name] = amount
    return {"left": left, "untouched": draw(st.booleans())}


@st.composite
def cases(draw: st.DrawFn, requests: int = 2) -> tuple[list[Json], list[tuple[Json, Json]]]:
    """A book, and some requests with what is left of the quotas."""
    book = draw(books())
    return book, [(draw(facts()), quotas_for(draw, book)) for _ in range(requests)]
