"""Random policies, requests and quotas as the engine takes them."""

from __future__ import annotations

import json
from datetime import date

from hypothesis import strategies as st

from issuance.fees import FeeFacts, FeePolicy, PolicyBook
from issuance.fees.quotas import Quotas
from issuance.fees.reading.read_policy import read_policy
from tests.issuance.fees.naive.cases import cases
from tests.issuance.fees.naive.truth import Json

Case = tuple[FeeFacts, PolicyBook | FeePolicy, Quotas, date]


@st.composite
def decisions(draw: st.DrawFn) -> list[Case]:
    """Arguments of `assess`: one policy alone or a book of one or two, for several requests."""
    documents, requests = draw(cases(4))
    policies = [read_policy(json.dumps(document).encode(), "random.json") for document in documents]
    alone = len(policies) == 1 and draw(st.booleans())
    asked_of: PolicyBook | FeePolicy = policies[0] if alone else PolicyBook.of(policies)
    found: list[Case] = []
    for given, left in requests:
        facts = facts_of(given)
        on = facts.received_on if facts.received_on is not None and draw(st.booleans()) else facts.submitted_on
        found.append((facts, asked_of, Quotas(left["left"], untouched=left["untouched"]), on))
    return found


def facts_of(given: Json) -> FeeFacts:
    return FeeFacts(
        document_type=given["document_type"],
        channel=given["channel"],
        copies=given["copies"],
        categories=frozenset(given["categories"]),
        birth_date=_day(given["birth_date"]),
        level=given["level"],
        submitted_on=date.fromisoformat(given["submitted_on"]),
        residence=given["residence"],
        received_on=_day(given["received_on"]),
        pages=given["pages"],
        delivery=given["delivery"],
        evidence=frozenset(given["evidence"]),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
