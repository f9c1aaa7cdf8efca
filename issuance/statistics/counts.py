"""What is counted, and the port that counts it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from issuance.application import ApplicationState

By = Literal["unit", "type", "week"]

EARLIER = "earlier"
"""The group of what is still open and came before the period's first day, where groups are weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of applications. Every group's add up to the whole's.

    received: submitted in the period. settled: ended in it with a document; refused: with a refusal, before or after it
    was taken in; stopped, withdrawn: ended in it so. on_time: of the settled, those that ended by their promised time.
    open: not ended when the period ended. overdue: of these, those whose promised time is over now and whose clock does
    not stand still. apologies: letters signed in the period.
    """

    received: int = 0
    settled: int = 0
    on_time: int = 0
    refused: int = 0
    stopped: int = 0
    withdrawn: int = 0
    open: int = 0
    overdue: int = 0
    apologies: int = 0

    @property
    def late(self) -> int:
        """Of the settled, those that ended after their promised time."""
        return self.settled - self.on_time

    @property
    def on_time_per_mille(self) -> int | None:
        """Whole thousandths, rounded down: 1,000 only where all are on time. None where nothing was settled."""
        return self.on_time * 1000 // self.settled if self.settled else None

    def __add__(self, other: Counts) -> Counts:
        return Counts(**dict(zip(_COUNTS, map(sum, zip(astuple(self), astuple(other), strict=True)), strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCounts:
    """Of visits to a step. visits: begun in the period; left_on_time, left_late: ended in it, by the step's time limit
    or after it; what has none is never late. open: not ended when the period ended; overdue: of these, those whose time
    is over now and whose application's clock does not stand still. seconds: that those which ended took together, by
    the clock on the wall: nights, holidays and waiting for the citizen are in it."""

    visits: int = 0
    left_on_time: int = 0
    left_late: int = 0
    open: int = 0
    overdue: int = 0
    seconds: int = 0

    @property
    def mean_seconds(self) -> int | None:
        """Of one visit; None where none ended in the period."""
        ended = self.left_on_time + self.left_late
        return self.seconds // ended if ended else None

    def __add__(self, other: StepCounts) -> StepCounts:
        return StepCounts(**dict(zip(_STEPS, map(sum, zip(astuple(self), astuple(other), strict=True)), strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """What one budget was asked to pay, in VND, and for how many applications. budget: '' for what an act takes off
    without a budget that pays it."""

    budget: str
    amount: int
    applications: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaivedSums:
    """Of applications submitted in the period and not withdrawn. not_known: how many are of an earlier release, which
    did not write it down in a form that can be added up."""

    sums: Sequence[Waived]
    not_known: int


_COUNTS = tuple(Counts.__slots__)
_STEPS = tuple(StepCounts.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which applications are counted. units: of these only; None: of all. first, last: days in Vietnam, both included.
    now: by which the overdue are known."""

    units: Collection[str] | None
    type_id: str | None
    first: date
    last: date
    now: datetime


class Statistics(Protocol):
    """An application counts where it is now: what a unit had carried over counts at its successor."""

    def applications(self, scope: Scope, by: By | None) -> Mapping[str, Counts]:
        """By unit or type code, or by the ISO week (2026-W47) of what is counted: of the submission for received and
        open, of the end, of the signature. One group, named '', where `by` is None; groups without anything are left
        out. All of it is one moment's."""

    def steps(self, scope: Scope) -> Mapping[tuple[str, str], StepCounts]:
        """By procedure id and step."""

    def waived(self, scope: Scope) -> Mapping[str, WaivedSums]:
        """By month of submission (2026-11), oldest first."""

    def waiting(self, scope: Scope) -> Mapping[ApplicationState, int]:
        """How many have not ended by now, whenever they came, by their state."""
