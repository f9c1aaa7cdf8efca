"""Fee policies from folders: read, checked against their acts and their own examples, put into a book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from issuance.fees.book import PolicyBook, name_of
from issuance.fees.document import FeePolicy, Source, policy_digest
from issuance.fees.errors import PolicyRefused, Problem
from issuance.fees.problem_words import complain
from issuance.fees.reading.check_examples import check_examples
from issuance.fees.reading.check_sources import MAX_ACT_BYTES, check_sources
from issuance.fees.reading.read_policy import MAX_POLICY_BYTES, read_policy

__all__ = [
    "DEMONSTRATION_POLICIES",
    "MAX_ACT_BYTES",
    "SHIPPED_POLICIES",
    "FeePolicy",
    "PolicyBook",
    "check_examples",
    "check_sources",
    "load_policies",
    "policy_digest",
]

SHIPPED_POLICIES = Path(__file__).parent / "policies"
DEMONSTRATION_POLICIES = Path(__file__).parent / "policies_demo"


def load_policies(*folders: Path, acts: Path | None = None) -> PolicyBook:
    """Every `*.json` of the folders as one book, or nothing at all.

    acts: the folder of the acts' stored files; by default `acts` beside each folder.
    Raises PolicyRefused: a document that can't be read or checked, an act whose file is missing or has another
    SHA-256, an example that doesn't hold, two versions that overlap, a folder without policies, no folder.
    """
    if not folders:
        raise PolicyRefused(Problem("", complain("no_folder").in_words()))
    problems: list[Problem] = []
    policies: list[FeePolicy] = []
    for folder in folders:
        files = sorted(folder.glob("*.json"))
        if not files:
            problems.append(Problem(folder.name, complain("empty_folder").in_words()))
        for file in files:
            try:
                policy = read_policy(_read_bounded(file, MAX_POLICY_BYTES), file.name)
            except PolicyRefused as refused:
                problems.extend(refused.problems)
                continue
            problems.extend(check_sources(policy, _files_of(acts or folder.parent / "acts"), file.name))
            problems.extend(check_examples(policy, file.name))
            policies.append(policy)
    numbers = Counter(name_of(policy) for policy in policies)
    problems.extend(Problem(name, complain("version_twice").in_words()) for name, count in numbers.items() if count > 1)
    if problems:
        raise PolicyRefused(*problems)
    return PolicyBook.of(policies)


def _files_of(acts: Path) -> Callable[[Source], bytes | None]:
    def find(source: Source) -> bytes | None:
        file = acts / source.file
        return _read_bounded(file, MAX_ACT_BYTES) if file.is_file() else None

    return find


def _read_bounded(file: Path, max_bytes: int) -> bytes:
    with file.open("rb") as stream:
        # One byte more than allowed is enough for the reader to refuse the rest unread.
        return stream.read(max_bytes + 1)
