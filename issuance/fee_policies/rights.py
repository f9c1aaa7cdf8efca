"""Who may do what to fee policies: authors write, approvers approve, both see everything."""

from __future__ import annotations

from identity.citizen import Role, VerifiedOfficial
from issuance.errors import RoleMissing

AUTHOR: Role = "fee_author"
APPROVER: Role = "fee_approver"
ANY_OF_THEM: frozenset[Role] = frozenset({AUTHOR, APPROVER})


def demand_author(official: VerifiedOfficial) -> None:
    """Raises RoleMissing."""
    if AUTHOR not in official.roles:
        raise RoleMissing("fee policies are written by fee authors")


def demand_approver(official: VerifiedOfficial) -> None:
    """Raises RoleMissing."""
    if APPROVER not in official.roles:
        raise RoleMissing("fee policies are approved by fee approvers")


def demand_either(official: VerifiedOfficial) -> None:
    """Raises RoleMissing."""
    if not ANY_OF_THEM & official.roles:
        raise RoleMissing("fee policies belong to fee authors and fee approvers")
