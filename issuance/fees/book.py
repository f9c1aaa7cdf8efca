"""The policies that may decide, side by side; for one document type and day there is at most one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date

from issuance.fees.document import FeePolicy
from issuance.fees.errors import PolicyRefused, Problem


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Checked policies. Raises PolicyRefused when two of them would decide the same document type on the same day."""

    policies: tuple[FeePolicy, ...]

    def __post_init__(self) -> None:
        problems = []
        for one, other in itertools.combinations(self.policies, 2):
            if (one.id, one.version) == (other.id, other.version):
                problems.append(Problem(name_of(one), "this version stands twice in the book"))
            shared = sorted(set(one.document.document_types) & set(other.document.document_types))
            if shared and one.document.effective.overlap(other.document.effective):
                problems.append(
                    Problem(name_of(other), f"overlaps with {name_of(one)}: on some days both decide '{shared[0]}'")
                )
        if problems:
            raise PolicyRefused(*problems)

    def applicable(self, document_type: str, on: date) -> FeePolicy | None:
        """The one policy for this type on this day (Asia/Ho_Chi_Minh); None means: refer to an official."""
        return next((policy for policy in self.policies if policy.applies(document_type, on)), None)

    def knows(self, document_type: str) -> bool:
        """Whether any version, on any day, is about this type."""
        return any(document_type in policy.document.document_types for policy in self.policies)


def name_of(policy: FeePolicy) -> str:
    """How messages call a policy version."""
    return f"{policy.id} version {policy.version}"
