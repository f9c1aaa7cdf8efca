"""Fee policies from folders: read, checked against their acts and their own examples, put into a book."""

from __future__ import annotations

import hashlib
from pathlib import Path

from issuance.fees.assess import assess
from issuance.fees.book import PolicyBook
from issuance.fees.document import Example, FeePolicy, policy_digest
from issuance.fees.errors import FactsRefused, PolicyRefused, Problem
from issuance.fees.facts import FeeFacts
from issuance.fees.quotas import Quotas
from issuance.fees.read_policy import MAX_POLICY_BYTES, read_policy

__all__ = [
    "DEMONSTRATION_POLICIES",
    "SHIPPED_POLICIES",
    "FeePolicy",
    "PolicyBook",
    "load_policies",
    "policy_digest",
]

SHIPPED_POLICIES = Path(__file__).parent / "policies"
DEMONSTRATION_POLICIES = Path(__file__).parent / "policies_demo"
MAX_ACT_BYTES = 50_000_000


def load_policies(*folders: Path, acts: Path | None = None) -> PolicyBook:
    """Every `*.json` of the folders as one book, or nothing at all.

    acts: the folder of the acts' stored files; by default `acts` beside each folder.
    Raises PolicyRefused: a document that can't be read or checked, an act whose file is missing or has another
    SHA-256, an example that doesn't hold, two versions that overlap, a folder without policies, no folder.
    """
    if not folders:
        raise PolicyRefused(Problem("", "no folder of policies was given"))
    problems: list[Problem] = []
    policies: list[FeePolicy] = []
    for folder in folders:
        files = sorted(folder.glob("*.json"))
        if not files:
            problems.append(Problem(folder.name, "there is no policy document (*.json) in this folder"))
        for file in files:
            try:
                policy = read_policy(_read_bounded(file, MAX_POLICY_BYTES), file.name)
            except PolicyRefused as refused:
                problems.extend(refused.problems)
                continue
            problems.extend(_check_sources(policy, acts or folder.parent / "acts", file.name))
            problems.extend(_check_examples(policy, file.name))
            policies.append(policy)
    if problems:
        raise PolicyRefused(*problems)
    return PolicyBook.of(policies)


def _read_bounded(file: Path, max_bytes: int) -> bytes:
    with file.open("rb") as stream:
        # One byte more than allowed is enough for the reader to refuse the rest unread.
        return stream.read(max_bytes + 1)


def _check_sources(policy: FeePolicy, acts: Path, name: str) -> list[Problem]:
    problems = []
    for entry in policy.document.basis:
        place = f"{name}: basis[{entry.id}].source"
        file = acts / entry.source.file
        if not file.is_file():
            problems.append(Problem(place, f"the act's file '{entry.source.file}' is missing"))
            continue
        content = _read_bounded(file, MAX_ACT_BYTES)
        if len(content) > MAX_ACT_BYTES:
            problems.append(Problem(place, f"the act's file is larger than {MAX_ACT_BYTES} bytes"))
        elif (found := hashlib.sha256(content).hexdigest()) != entry.source.sha256:
            problems.append(Problem(place, f"the act's file '{entry.source.file}' has the SHA-256 {found}"))
    return problems


def _check_examples(policy: FeePolicy, name: str) -> list[Problem]:
    problems = []
    for index, example in enumerate(policy.document.examples):
        place = f"{name}: examples[{index}] ({example.name})"
        try:
            facts = _facts_of(example, policy)
        except FactsRefused as refused:
            problems.append(Problem(f"{place}.given", str(refused)))
            continue
        totals = assess(facts, policy, Quotas(example.given.left, untouched=True), facts.submitted_on).totals
        if totals is None:
            problems.append(Problem(f"{place}.given", "the policy doesn't decide this case (document type or day)"))
            continue
        expected = (example.expect.gross_vnd, example.expect.waived_vnd, example.expect.due_vnd)
        if (totals.gross, totals.waived, totals.due) != expected:
            problems.append(
                Problem(
                    place,
                    f"expects gross {expected[0]}, waived {expected[1]}, due {expected[2]} VND; "
                    f"the rules come to gross {totals.gross}, waived {totals.waived}, due {totals.due} VND",
                )
            )
    return problems


def _facts_of(example: Example, policy: FeePolicy) -> FeeFacts:
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
    )
