"""Which units of a day are asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .tree import UnitTree
from .unit import Unit, UnitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsWanted:
    """The units of a day with these in common; None asks nothing. words: each of them in a name or in the code, with or
    without the signs of Vietnamese. after: only codes behind this one."""

    on: date
    parent: str | None = None
    kind: UnitKind | None = None
    words: str | None = None
    after: str | None = None


def find_units(tree: UnitTree, wanted: UnitsWanted) -> Sequence[Unit]:
    """By code."""
    words = folded(wanted.words or "").split()
    return tuple(
        unit
        for unit in tree.units_on(wanted.on)
        if wanted.parent in (None, unit.parent)
        and wanted.kind in (None, unit.kind)
        and (wanted.after is None or unit.code > wanted.after)
        and _has(unit, words)
    )


def folded(text: str) -> str:
    """Small letters without signs: `Đội Cấn` and `doi can` become one."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("đ", "d")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _has(unit: Unit, words: Sequence[str]) -> bool:
    if not words:
        return True
    said = folded(f"{unit.code} {unit.name.vi} {unit.name.en}")
    return all(word in said for word in words)
