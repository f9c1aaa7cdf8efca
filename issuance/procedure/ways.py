"""A procedure's steps as a graph: where each leads, circles, and the ways that can be taken in one case of facts."""

from __future__ import annotations

import graphlib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from issuance.procedure.cases import Case
from issuance.procedure.conditions import holds
from issuance.procedure.document import End, Ended, Procedure
from issuance.procedure.limit import Limit
from issuance.procedure.time_sums import add

Edges = Mapping[str, tuple[str, ...]]


def forward_edges(procedure: Procedure) -> Edges:
    """Where each step leads without going back, whatever the facts: by its outcomes, or where it is passed by."""
    return {
        step.id: tuple(
            dict.fromkeys(
                onward.to
                for onward in (*(one for one in step.outcomes if not one.returns), step.otherwise)
                if onward is not None and onward.to is not None
            )
        )
        for step in procedure.steps
    }


def all_edges(procedure: Procedure) -> Edges:
    """Where each step leads, also back."""
    edges = forward_edges(procedure)
    return {
        step.id: (*edges[step.id], *(one.to for one in step.outcomes if one.returns and one.to is not None))
        for step in procedure.steps
    }


def chains_from(start: str, edges: Edges) -> dict[str, tuple[str, ...]]:
    """The shortest chain of steps from one step to each that can be reached from it, itself included."""
    chains: dict[str, tuple[str, ...]] = {start: (start,)}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for there in edges[here]:
            if there not in chains:
                chains[there] = (*chains[here], there)
                waiting.append(there)
    return chains


def circle_in(edges: Edges) -> tuple[str, ...] | None:
    """A chain of steps that ends where it began, or None."""
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as circle:
        # Read as what comes before what, which is the way round.
        found: list[str] = circle.args[1]
        return tuple(reversed(found))
    return None


def arrow(chain: Iterable[str]) -> str:
    """`review → decision`."""
    return " → ".join(chain)


@dataclass(frozen=True, slots=True)
class Walk:
    """What can happen to a request in one case: steps that can be entered in order, and how it can end."""

    start: str | None
    onward: Mapping[str, tuple[str, ...]]
    back: Mapping[str, tuple[str, ...]]
    ends_of: Mapping[str, frozenset[End]]

    @property
    def steps(self) -> tuple[str, ...]:
        return tuple(self.onward)

    @property
    def ends(self) -> frozenset[End]:
        return frozenset().union(*self.ends_of.values())

    def without_an_end(self) -> frozenset[str]:
        """Steps from which, in this case, nobody ever comes to an end."""
        good = {step for step, ends in self.ends_of.items() if ends}
        while grown := {
            step
            for step in self.onward
            if step not in good and not good.isdisjoint((*self.onward[step], *self.back[step]))
        }:
            good |= grown
        return frozenset(self.onward) - good

    def longest(self, limits: Mapping[str, Limit], legal: Limit) -> tuple[int, tuple[str, ...]]:
        """The longest way without going back: its time in hours of the legal limit's kind, and its steps."""
        best: dict[str, tuple[int, tuple[str, ...]]] = {} if self.start is None else {self.start: (0, ())}
        for step in self.onward:
            if step not in best:
                continue  # Only a return leads here, and the law grants no time for it.
            hours, way = best[step]
            best[step] = (add(hours, limits[step], legal.unit), (*way, step))
            for there in self.onward[step]:
                if there not in best or best[there][0] < best[step][0]:
                    best[there] = best[step]
        return max(best.values(), key=lambda found: (found[0], -len(found[1])), default=(0, ()))


def walk_in(procedure: Procedure, verdict: Mapping[str, bool], order: tuple[str, ...]) -> Walk:
    """The walk in the cases of this verdict. order: all steps, each before those it leads to (there is no circle)."""
    landing: dict[str, str | Ended] = {}
    for step_id in reversed(order):
        onward = procedure.step(step_id).otherwise
        if verdict[step_id] or onward is None:
            landing[step_id] = step_id
        else:
            landing[step_id] = Ended(onward.ends) if onward.ends is not None else landing[onward.to or ""]
    begin = landing[procedure.document.start]
    if isinstance(begin, Ended):
        return Walk(None, {}, {}, {})
    forward: dict[str, list[str]] = {begin: []}
    back: dict[str, list[str]] = {}
    ends_of: dict[str, set[End]] = {}
    rank = {step_id: index for index, step_id in enumerate(order)}
    waiting = [begin]
    while waiting:
        here = waiting.pop()
        forward[here], back[here], ends_of[here] = [], [], set()
        for outcome in procedure.step(here).outcomes:
            there = Ended(outcome.ends) if outcome.ends is not None else landing[outcome.to or ""]
            if isinstance(there, Ended):
                ends_of[here].add(there.ends)
                continue
            # What returns to a step that is passed by may come out further on than it began.
            (forward if rank[there] > rank[here] else back)[here].append(there)
            if there not in forward:
                forward[there] = []
                waiting.append(there)
    return Walk(
        begin,
        {step: tuple(dict.fromkeys(forward[step])) for step in order if step in forward},
        {step: tuple(dict.fromkeys(steps)) for step, steps in back.items()},
        {step: frozenset(ends) for step, ends in ends_of.items()},
    )


def verdict_in(procedure: Procedure, case: Case) -> dict[str, bool]:
    """Which of the steps' conditions hold: cases that agree in this have the same walk."""
    return {step.id: step.when is None or holds(step.when, case) for step in procedure.steps}


def in_order(edges: Edges) -> tuple[str, ...]:
    """The steps, each before those it leads to; there must be no circle."""
    return tuple(reversed(tuple(graphlib.TopologicalSorter(edges).static_order())))
