"""Trace objects that decisions share: made once, and kept as long as there is room."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeVar

T = TypeVar("T")

MAX_KEPT = 10_000
"""Trace objects that one policy keeps, about 5 MB; then it starts afresh: no flood of odd facts fills the memory."""


class Kept:
    """The tables of one policy's trace objects, bounded together."""

    def __init__(self) -> None:
        self._tables: list[dict[Any, Any]] = []
        self._count = 0

    def table(self) -> dict[Any, Any]:
        self._tables.append({})
        return self._tables[-1]

    def keep(self, table: dict[Any, Any], key: Hashable, made: T) -> T:
        if self._count >= MAX_KEPT:
            for each in self._tables:
                each.clear()
            self._count = 0
        self._count += 1
        table[key] = made
        return made
