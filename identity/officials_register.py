"""The register of officials: who acts for which unit in which roles. Where it knows a person, its word counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from identity.citizen import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredOfficial:
    """One account's entry. is_active: False for somebody who acts for no unit any more, and then is refused.

    full_name: as colleagues and citizens read it, where it is known before the official has signed in.
    """

    subject_key: str
    unit: str
    roles: frozenset[Role]
    is_active: bool = True
    full_name: str | None = None


FindOfficial = Callable[[str], Awaitable[RegisteredOfficial | None]]
"""The entry of an account by its subject key (`issuer|subject`); None where the register does not know it."""


async def nobody_registered(_: str) -> RegisteredOfficial | None:
    """An empty register."""
    return None
