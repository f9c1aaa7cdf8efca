"""Units as everybody may see them, and what an import of the list does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from typing_extensions import TypedDict

from issuance.agencies.carried import CarryOver
from issuance.agencies.import_units import Change, ImportReport
from issuance.agencies.read_hours import write_hours
from issuance.agencies.tree import UnitTree
from issuance.agencies.unit import Unit, UnitKind
from issuance.errors import NoSuccessor
from issuance.fees.wording import Label

from ..languages import Language

MAX_SHOWN = 200
"""Of each list of an import; their numbers are told in full."""

_KINDS: Mapping[UnitKind, Label] = {
    UnitKind.CITY: Label("Thành phố", "City"),
    UnitKind.DEPARTMENT: Label("Sở, ban, ngành", "Department"),
    UnitKind.DISTRICT: Label("Quận, huyện, thị xã", "District"),
    UnitKind.COMMUNE: Label("Xã, thị trấn", "Commune"),
    UnitKind.WARD: Label("Phường", "Ward"),
    UnitKind.PROCEDURAL_BODY: Label("Cơ quan tiến hành tố tụng", "Procedural body"),
}


class UnitNames(TypedDict):
    """The name in both languages."""

    vi: str
    en: str


class UnitView(TypedDict):
    """A unit in one period; both days are included. `hours` is null for the usual ones. `is_synthetic`: the name, or
    who succeeds, is made up or estimated."""

    code: str
    name: str
    names: UnitNames
    kind: str
    kind_name: str
    parent: str | None
    valid_from: str
    valid_until: str | None
    successor: str | None
    hours: str | None
    is_synthetic: bool
    links: dict[str, str]


class UnitsView(TypedDict):
    """The units of a day, by code."""

    on: str
    units: list[UnitView]
    next: str | None


class UnitHistoryView(TypedDict):
    """`unit` is null where it does not exist that day. `in_charge` answers then for what it had; null: nobody does."""

    code: str
    on: str
    unit: UnitView | None
    in_charge: str | None
    above: list[UnitView]
    periods: list[UnitView]


class UnitChangeView(TypedDict):
    """A period as it was and as it is now."""

    before: UnitView
    after: UnitView


class WaitingView(TypedDict):
    """How many open applications lie at a unit that has ended."""

    unit: str
    open: int


class UnitImportView(TypedDict):
    """What the list changes, or would change. Each list shows 200 entries at most; `counts` has all."""

    id: str
    is_preview: bool
    counts: dict[str, int]
    added: list[UnitView]
    changed: list[UnitChangeView]
    ended: list[UnitChangeView]
    removed: list[UnitView]
    to_carry: list[WaitingView]
    links: dict[str, str]


class CarryOverView(TypedDict):
    """What was open at a unit when it ended, on its way to the one that answers for it."""

    from_unit: str
    ended_on: str
    to_unit: str
    moved: int
    total: int
    asked_at: str
    done_at: str | None


class ImportProgressView(TypedDict):
    """How far the applications have gone over to the units that answer for them now."""

    id: str
    moved: int
    total: int
    is_done: bool
    carry_overs: list[CarryOverView]


def unit_path(code: str) -> str:
    return f"/v1/units/{code}"


def unit_view(unit: Unit, language: Language) -> UnitView:
    return {
        "code": unit.code,
        "name": unit.name.in_language(language),
        "names": {"vi": unit.name.vi, "en": unit.name.en},
        "kind": unit.kind.value,
        "kind_name": _KINDS[unit.kind].in_language(language),
        "parent": unit.parent,
        "valid_from": unit.valid_from.isoformat(),
        "valid_until": None if unit.valid_until is None else unit.valid_until.isoformat(),
        "successor": unit.successor,
        "hours": None if unit.hours is None else write_hours(unit.hours),
        "is_synthetic": unit.is_synthetic,
        "links": {"self": unit_path(unit.code)},
    }


def unit_history_view(tree: UnitTree, code: str, day: date, language: Language) -> UnitHistoryView:
    """Of a code that the tree knows."""
    periods = tree.periods(code)
    exists = next((unit for unit in periods if unit.is_open_on(day)), None)
    try:
        in_charge = tree.in_charge(code, day) if periods[0].valid_from <= day else None
    except NoSuccessor:
        in_charge = None
    return {
        "code": code,
        "on": day.isoformat(),
        "unit": None if exists is None else unit_view(exists, language),
        "in_charge": in_charge,
        "above": [] if exists is None else _views(tree.ancestors(code, day), language),
        "periods": _views(periods, language),
    }


def import_view(report: ImportReport, language: Language, *, is_preview: bool) -> UnitImportView:
    return {
        "id": str(report.import_id),
        "is_preview": is_preview,
        "counts": {
            "added": len(report.added),
            "changed": len(report.changed),
            "ended": len(report.ended),
            "removed": len(report.removed),
            "unchanged": report.unchanged,
            "applications_to_carry": sum(report.to_carry.values()),
        },
        "added": _views(report.added[:MAX_SHOWN], language),
        "changed": _changes(report.changed[:MAX_SHOWN], language),
        "ended": _changes(report.ended[:MAX_SHOWN], language),
        "removed": _views(report.removed[:MAX_SHOWN], language),
        "to_carry": [{"unit": code, "open": count} for code, count in list(report.to_carry.items())[:MAX_SHOWN]],
        "links": {"progress": import_path(report)} if report.carry_overs else {},
    }


def import_path(report: ImportReport) -> str:
    return f"/v1/units/imports/{report.import_id}"


def progress_view(import_id: str, carried: Sequence[tuple[CarryOver, int]]) -> ImportProgressView:
    """carried: each with its total."""
    return {
        "id": import_id,
        "moved": sum(one.moved for one, _ in carried),
        "total": sum(total for _, total in carried),
        "is_done": all(one.done_at is not None for one, _ in carried),
        "carry_overs": [
            {
                "from_unit": one.from_unit,
                "ended_on": one.ended_on.isoformat(),
                "to_unit": one.to_unit,
                "moved": one.moved,
                "total": total,
                "asked_at": one.asked_at.isoformat(),
                "done_at": None if one.done_at is None else one.done_at.isoformat(),
            }
            for one, total in carried
        ],
    }


def _views(units: Iterable[Unit], language: Language) -> list[UnitView]:
    return [unit_view(unit, language) for unit in units]


def _changes(changes: Iterable[Change], language: Language) -> list[UnitChangeView]:
    return [{"before": unit_view(one.before, language), "after": unit_view(one.after, language)} for one in changes]
