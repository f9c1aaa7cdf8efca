"""Applications that begin in this transaction: nothing of theirs is there yet, so nothing is looked for."""

from __future__ import annotations

from uuid import UUID


class Fresh:
    """What each of them already has. Should one not be new at all, a unique constraint says so, and nothing is kept."""

    __slots__ = ("_had",)

    def __init__(self) -> None:
        self._had: dict[UUID, set[str]] = {}

    def begin(self, application_id: UUID) -> None:
        self._had.setdefault(application_id, set())

    def is_first(self, thing: str, application_id: UUID) -> bool:
        """Whether this is the first of its kind that an application which begins here gets; asked once for each."""
        had = self._had.get(application_id)
        if had is None or thing in had:
            return False
        had.add(thing)
        return True
