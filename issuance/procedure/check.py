"""A procedure as a whole, before it is published: every way leads to an end, in the time that the law gives."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from typing import Protocol

from identity.citizen import Role
from issuance.fees.problem_words import Near
from issuance.fees.wording import Label
from issuance.procedure.cases import MAX_LOOKS, Case, case_in_words, cases_of
from issuance.procedure.conditions import Condition, FactValue, holds, mentioned
from issuance.procedure.document import Procedure
from issuance.procedure.facts import ProcedureFact
from issuance.procedure.limit import Limit
from issuance.procedure.problems import Complaint, Found, Place, Problem, complain, place_of
from issuance.procedure.time_sums import can_compare, hours_in_unit, limit_in_words, sum_in_words
from issuance.procedure.ways import (
    Walk,
    all_edges,
    arrow,
    chains_from,
    circle_in,
    forward_edges,
    in_order,
    verdict_in,
    walk_in,
)

LegalLimits = Sequence[tuple[Condition | None, Limit]]
NOTES = frozenset(("much_unused", "roles_unknown"))
"""Codes of what is only worth a look."""
MAX_PROBLEMS = 200


class ServiceLimits(Protocol):
    """What the catalogue of services says about document types."""

    def type_ids(self) -> Collection[str]:
        """All document types for which a procedure can be written."""

    def limits_for(self, type_id: str) -> LegalLimits:
        """The legal time limits: the first whose condition holds counts, the last has none."""

    def facts_for(self, type_id: str) -> Mapping[str, ProcedureFact]:
        """What conditions about this type can speak about (`facts.facts_of_type`)."""


RolesOfUnit = Callable[[str], frozenset[Role]]


def check_procedure(
    procedure: Procedure, services: ServiceLimits, roles_of_unit: RolesOfUnit | None, name: str = ""
) -> list[Problem]:
    """Everything that speaks against publishing this procedure, and notes (`is_note`) that don't.

    roles_of_unit: which roles somebody has in a unit; None where nobody knows. name: begins the place of each problem.
    """
    tree = procedure.to_json()
    found = dict.fromkeys(
        (complaint.code, place_of(name, tree, place), complaint.in_words())
        for place, complaint in itertools.islice(_find(procedure, services, roles_of_unit), MAX_PROBLEMS)
    )
    return [Problem(code, place, text, code in NOTES) for code, place, text in found]


def _find(procedure: Procedure, services: ServiceLimits, roles_of_unit: RolesOfUnit | None) -> Iterator[Found]:
    places = {step.id: ("steps", index) for index, step in enumerate(procedure.steps)}
    yield from _check_roles(procedure, roles_of_unit, places)
    known_types = services.type_ids()
    types = [type_id for type_id in procedure.document.document_types if type_id in known_types]
    for index, type_id in enumerate(procedure.document.document_types):
        if type_id not in known_types:
            yield ("document_types", index), complain("unknown_type", near=Near(type_id, known_types))
    wrong_facts = [
        found for type_id in types for found in _check_facts(procedure, type_id, services.facts_for(type_id))
    ]
    yield from wrong_facts
    shape = [*_check_graph(procedure, places)]
    yield from shape
    if wrong_facts or any(complaint.code == "circle" for _, complaint in shape):
        return  # There are no cases to tell apart, or no ways that end.
    entered: set[str] = set()
    for type_id in types:
        entered |= yield from _check_type(procedure, type_id, services, places)
    if types:
        for step_id in chains_from(procedure.document.start, all_edges(procedure)):
            if step_id not in entered:
                yield places[step_id], complain("never_entered")


def _check_roles(
    procedure: Procedure, roles_of_unit: RolesOfUnit | None, places: Mapping[str, Place]
) -> Iterator[Found]:
    units = procedure.document.units
    if roles_of_unit is None or units is None:
        yield ("units",), complain("roles_unknown")
        return
    for unit in units:
        roles = roles_of_unit(unit)
        for step in procedure.steps:
            if step.role not in roles:
                yield (*places[step.id], "role"), complain("role_missing", unit=unit, role=step.role)


def _check_facts(procedure: Procedure, type_id: str, domains: Mapping[str, ProcedureFact]) -> Iterator[Found]:
    for index, step in enumerate(procedure.steps):
        for fact, value in () if step.when is None else mentioned(step.when):
            if fact not in domains:
                complaint: Complaint | None = complain("unknown_fact", type=type_id, near=Near(fact, domains))
            else:
                complaint = _wrong_value(fact, value, domains[fact])
            if complaint is not None:
                yield ("steps", index, "when"), complaint


def _wrong_value(name: str, value: FactValue, fact: ProcedureFact) -> Complaint | None:
    kind = "truth" if isinstance(value, bool) else "number" if isinstance(value, int) else "choice"
    if kind != fact.kind:
        return complain("value_kind", fact=name, kind=complain(f"kind_{fact.kind}").in_words())
    if isinstance(value, str) and value not in fact.values:
        return complain("unknown_value", fact=name, near=Near(value, fact.values))
    if fact.kind == "number" and isinstance(value, int) and not fact.minimum <= value <= fact.maximum:
        return complain("value_outside", fact=name, least=fact.minimum, most=fact.maximum)
    return None


def _check_graph(procedure: Procedure, places: Mapping[str, Place]) -> Iterator[Found]:
    """What holds whatever the facts: steps that no way leads to, circles, returns that don't go back."""
    edges, start = forward_edges(procedure), procedure.document.start
    chains = chains_from(start, all_edges(procedure))
    for step in procedure.steps:
        if step.id not in chains:
            yield places[step.id], complain("no_way_here", start=start, from_where=_from_where(step.id, edges))
        for index, outcome in enumerate(step.outcomes):
            if outcome.returns and outcome.to is not None:
                later = chains_from(outcome.to, edges)
                if step.id == outcome.to or step.id not in later:
                    place = (*places[step.id], "outcomes", index, "to")
                    yield place, complain("not_earlier", to=outcome.to, step=step.id)
    if circle := circle_in(edges):
        yield places[circle[0]], complain("circle", way=arrow(circle))


def _from_where(step_id: str, edges: Mapping[str, tuple[str, ...]]) -> Label:
    """The chain of steps that leads to this one, itself from nowhere."""
    chain = [step_id]
    while before := next((one for one in edges if step_id in edges[one] and one not in chain), None):
        chain.insert(0, before)
        step_id = before
    return complain("from_nowhere" if len(chain) == 1 else "from_unreached", way=arrow(chain)).in_words()


def _check_type(
    procedure: Procedure, type_id: str, services: ServiceLimits, places: Mapping[str, Place]
) -> Generator[Found, None, frozenset[str]]:
    """Every case of facts that the conditions about one document type tell apart. Returns the steps that some enter."""
    limits = services.limits_for(type_id)
    conditions = [step.when for step in procedure.steps if step.when is not None]
    conditions += [condition for condition, _ in limits if condition is not None]
    outcomes = sum(len(step.outcomes) for step in procedure.steps)
    cases = cases_of(
        services.facts_for(type_id), conditions, outcomes, MAX_LOOKS // len(procedure.document.document_types)
    )
    if cases is None:
        yield ("steps",), complain("too_many_cases")
        return frozenset(step.id for step in procedure.steps)
    own = {step.id: step.time_limit for step in procedure.steps}
    order = in_order(forward_edges(procedure))
    entered: set[str] = set()
    longest: dict[int, tuple[int, tuple[str, ...], Case]] = {}
    looked_at: set[tuple[frozenset[str], int | None]] = set()
    told: set[tuple[Place, str]] = set()
    for case in cases:
        verdict = verdict_in(procedure, case)
        legal = next((index for index, (when, _) in enumerate(limits) if when is None or holds(when, case)), None)
        key = (frozenset(step_id for step_id, taken in verdict.items() if taken), legal)
        if key in looked_at:
            continue
        looked_at.add(key)
        walk = walk_in(procedure, verdict, order)
        entered.update(walk.steps)
        wrong = [*_check_walk(walk, case, places)]
        if legal is None:
            wrong.append(((), complain("no_legal_limit", type=type_id, case=case_in_words(case))))
        else:
            units = [*_check_units(walk, type_id, limits[legal][1], own, places)]
            wrong += units
            if not units:
                hours, way = walk.longest(own, limits[legal][1])
                if legal not in longest or longest[legal][0] < hours:
                    longest[legal] = (hours, way, case)
        for place, complaint in wrong:
            # One case is enough to mend it by.
            if (place, complaint.code) not in told:
                told.add((place, complaint.code))
                yield place, complaint
    for index, found in sorted(longest.items()):
        yield from _compare(type_id, limits[index][1], *found)
    return frozenset(entered)


def _check_walk(walk: Walk, case: Case, places: Mapping[str, Place]) -> Iterator[Found]:
    shown = case_in_words(case)
    if walk.start is None:
        yield ("start",), complain("ends_without_step", case=shown)
        return
    edges = {step: (*walk.onward[step], *walk.back[step]) for step in walk.onward}
    chains = chains_from(walk.start, edges)
    for step_id in sorted(walk.without_an_end()):
        yield places[step_id], complain("no_end", way=arrow(chains[step_id]), case=shown)
    for ends, code in (("approved", "no_approval"), ("refused", "no_refusal")):
        if ends not in walk.ends:
            yield ("steps",), complain(code, case=shown)


def _check_units(
    walk: Walk, type_id: str, legal: Limit, limits: Mapping[str, Limit], places: Mapping[str, Place]
) -> Iterator[Found]:
    for step_id in walk.steps:
        own = limits[step_id]
        if not can_compare(own.unit, legal.unit):
            wanted = complain(f"write_in_{legal.unit}").in_words()
            yield (
                (*places[step_id], "time_limit"),
                complain(
                    "not_comparable",
                    type=type_id,
                    own=limit_in_words(own),
                    limit=limit_in_words(legal),
                    wanted=wanted,
                ),
            )


def _compare(type_id: str, legal: Limit, hours: int, way: tuple[str, ...], case: Case) -> Iterator[Found]:
    granted = legal.amount * hours_in_unit(legal.unit)
    values = {
        "type": type_id,
        "case": case_in_words(case),
        "way": arrow(way),
        "sum": sum_in_words(hours, legal.unit),
        "limit": limit_in_words(legal),
    }
    if hours > granted:
        yield ("steps",), complain("over_limit", **values)
    elif 2 * hours < granted:
        yield ("steps",), complain("much_unused", **values)
