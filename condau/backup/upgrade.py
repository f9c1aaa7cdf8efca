"""Bring an installation up to date: say what would be done, back up, do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from condau.settings import Settings
from storage.engines import Address
from storage.migrate import Step, expected_revision, migrate, missing_steps, revision_of


@dataclass(frozen=True, slots=True)
class Plan:
    """held: the database's revision, None where it is empty. wanted: this program's. steps: from one to the other."""

    held: str | None
    wanted: str
    steps: Sequence[Step]


def plan_upgrade(settings: Settings) -> Plan:
    """Raises SchemaNewer where an older program meets a newer database."""
    address = Address.parse(settings.database)
    return Plan(revision_of(address), expected_revision(), missing_steps(address))


def upgrade_database(settings: Settings) -> None:
    """Under a lock: several at once do it once. Raises SchemaNewer."""
    migrate(Address.parse(settings.database))
