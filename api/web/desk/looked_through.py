"""Looks through the cases that wait for an approval for those that are clean, a bounded number at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from identity.citizen import VerifiedOfficial
from issuance.accesses import Purpose, record_access
from issuance.application import Application
from issuance.desk import demand_desk, is_own_case, open_case, work_list
from issuance.errors import ApplicationNotFound, SelfDealing
from issuance.settlement.clean_cases import Looked, look_at
from issuance.work_list import WorkFilter

from ...application_answers import CASE
from ...languages import Language
from ...services import Records, Services
from ..texts import N_
from .clock import Clock, clocks_of

AT_ONCE = 50
"""Clean cases in the list; what is approved makes room for the next."""
LOOKED_AT = 200
"""Cases that one page looks at; a link goes on where it has stopped. Each takes several questions to the database."""
OTHERS = 50
"""Cases that are shown with why they are not clean: of the rest nobody's name is shown, and nothing noted."""
_PAGE = 10
WHY_NOT: Mapping[str, str] = {
    "not_offered": N_("It is not yours to approve now."),
    "register_awaited": N_("A register has still to answer."),
    "register_stale": N_("A register’s answer is too old."),
    "found_in_register": N_("A register has an entry about the person."),
    "contradiction": N_("A register says something else than the applicant."),
    "fee_unsettled": N_("The fee is not settled."),
    "papers_undecided": N_("A paper is missing or waits to be looked at."),
    "question_open": N_("A question waits for its answer."),
    "official_fee": N_("An official has decided the fee."),
}
_Found = tuple[Application, Looked]


@dataclass(frozen=True, slots=True)
class Place:
    """In the work lists of the steps, one after the other. cursor: None for the beginning of the step."""

    step: str
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    code: str
    version: int
    type_name: str
    full_name: str
    birth_date: date
    copies: int
    clock: Clock
    looked: Looked


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Of the cases in steps that can end in an approval. others: not clean, some of them. looked_at, unclean: how many.

    following: from where to look on; None where no more wait.
    """

    clean: Sequence[Candidate]
    others: Sequence[Candidate]
    looked_at: int
    unclean: int
    following: Place | None


def look_through(
    records: Records, services: Services, official: VerifiedOfficial, language: Language, step: str, cursor: str | None
) -> Seen:
    """From the step and the cursor on, until there are enough clean ones. Raises RoleMissing, InvalidCursor."""
    demand_desk(official)
    at = services.clock()
    clean, unclean, looked_at = list[_Found](), list[_Found](), 0
    following: Place | None = None
    for cases, place in _pages(records, official, step, cursor):
        following, looked_at = place, looked_at + len(cases)
        for application in cases:
            looked = look_at(records, services.rules, official, application, at)
            if looked.outcome is not None and not is_own_case(application, official):
                (clean if looked.is_clean else unclean).append((application, looked))
        if looked_at >= LOOKED_AT or len(clean) > AT_ONCE - _PAGE:
            break
    others = unclean[:OTHERS]
    record_access(records, official, Purpose.SETTLE_CASE, CASE, [one for one, _ in (*clean, *others)], at)
    return Seen(
        clean=_in_words(records, services, official, clean, language),
        others=_in_words(records, services, official, others, language),
        looked_at=looked_at,
        unclean=len(unclean),
        following=following,
    )


def still_clean(
    records: Records, services: Services, official: VerifiedOfficial, picked: Mapping[str, int], language: Language
) -> list[Candidate]:
    """Those of the ticked ones that are as they were seen. Raises RoleMissing."""
    demand_desk(official)
    at, found = services.clock(), list[_Found]()
    for code, version in picked.items():
        try:
            application = open_case(records, official, code)
        except (ApplicationNotFound, SelfDealing):
            continue
        looked = look_at(records, services.rules, official, application, at)
        if looked.is_clean and application.version == version:
            found.append((application, looked))
    record_access(records, official, Purpose.SETTLE_CASE, CASE, [one for one, _ in found], at)
    return _in_words(records, services, official, found, language)


def _in_words(
    records: Records, services: Services, official: VerifiedOfficial, found: Sequence[_Found], language: Language
) -> list[Candidate]:
    """The earliest promise first."""
    clock = clocks_of(records, services, official.unit, services.clock())
    return [
        Candidate(
            code=one.code,
            version=one.version,
            type_name=services.rules.catalogue.get(one.type_id).name.in_language(language),
            full_name=one.concerned.full_name,
            birth_date=one.concerned.birth_date,
            copies=one.copies,
            clock=clock(one),
            looked=looked,
        )
        for one, looked in sorted(found, key=lambda pair: pair[0].promised_at)
    ]


def _pages(
    records: Records, official: VerifiedOfficial, first: str, cursor: str | None
) -> Iterator[tuple[Sequence[Application], Place | None]]:
    """The cases of these steps, from the cursor of the step `first` on; with where the next page begins.

    Raises RoleMissing, InvalidCursor.
    """
    steps = sorted(
        {
            step.id
            for entry in records.procedures.book().entries
            for step in entry.procedure.steps
            if step.id >= first and entry.procedure.approving(step) is not None
        }
    )
    for step, next_step in zip(steps, [*steps, None][1:], strict=True):
        reached = cursor if step == first else None
        while True:
            found = work_list(records, official, reached, _PAGE, WorkFilter(step=step))
            reached = found.next_cursor
            if reached is None:
                break
            yield found.applications, Place(step, reached)
        yield found.applications, None if next_step is None else Place(next_step, None)
