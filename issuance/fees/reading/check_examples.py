"""A policy's own examples against its rules: worked cases that must come to what they expect."""

from __future__ import annotations

from collections.abc import Iterator

from issuance.fees.assess import assess
from issuance.fees.document import Example, FeePolicy
from issuance.fees.errors import FactsRefused, Problem
from issuance.fees.facts import FeeFacts
from issuance.fees.problem_words import complain
from issuance.fees.quotas import Quotas
from issuance.fees.wording import Label, number_in_figures


def check_examples(policy: FeePolicy, name: str = "") -> list[Problem]:
    """Every example that doesn't hold. name: begins the place of each problem."""
    problems = []
    for index, example in enumerate(policy.document.examples):
        place = f"examples[{index}] ({example.name[:64]})"
        for inner, text in _what_is_wrong(example, policy):
            problems.append(Problem(f"{name}: {place}{inner}" if name else place + inner, text))
    return problems


def _what_is_wrong(example: Example, policy: FeePolicy) -> Iterator[tuple[str, Label]]:
    try:
        facts = facts_of_example(example, policy)
    except FactsRefused as refused:
        yield ".given", refused.text
        return
    on = facts.received_on if policy.document.deciding_date == "received" else facts.submitted_on
    totals = None
    if on is not None:
        totals = assess(facts, policy, Quotas(example.given.left, untouched=True), on).totals
    if totals is None:
        yield ".given", complain("example_not_decided").in_words()
        return
    expected = example.expect
    if (totals.gross, totals.waived, totals.due) != (expected.gross_vnd, expected.waived_vnd, expected.due_vnd):
        yield (
            "",
            complain(
                "example_differs",
                gross=_figures(expected.gross_vnd),
                waived=_figures(expected.waived_vnd),
                due=_figures(expected.due_vnd),
                found_gross=_figures(totals.gross),
                found_waived=_figures(totals.waived),
                found_due=_figures(totals.due),
            ).in_words(),
        )


def _figures(amount: int) -> Label:
    return Label(number_in_figures(amount, "vi"), number_in_figures(amount, "en"))


def facts_of_example(example: Example, policy: FeePolicy) -> FeeFacts:
    """The facts of an example; of the policy's first document type where it names none. Raises FactsRefused."""
    given = example.given
    return FeeFacts(
        document_type=given.document_type or policy.document.document_types[0],
        channel=given.channel,
        copies=given.copies,
        categories=frozenset(given.categories),
        birth_date=given.birth_date,
        level=given.level,
        submitted_on=given.submitted_on,
        residence=given.residence,
        received_on=given.received_on,
        pages=given.pages,
        delivery=given.delivery,
        evidence=frozenset(given.evidence),
    )
