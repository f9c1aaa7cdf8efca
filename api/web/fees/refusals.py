"""Why a step was refused, for the page on which it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from issuance.errors import (
    ConcurrentChange,
    DraftChanged,
    DraftHasProblems,
    DraftNotReady,
    NothingToWithdraw,
    SameAuthor,
    VersionTaken,
)
from issuance.fees.errors import PolicyRefused
from issuance.fees.rehearsal.shares import PopulationRefused

from ...errors import IdempotencyKeyReused, TooManyRequests
from ...languages import Language
from ...present.fee_draft import findings_in_language
from ...problem_table import problem_of
from ..texts import N_, translate

REFUSALS = (
    ConcurrentChange,
    DraftChanged,
    DraftHasProblems,
    DraftNotReady,
    IdempotencyKeyReused,
    NothingToWithdraw,
    PolicyRefused,
    PopulationRefused,
    SameAuthor,
    TooManyRequests,
    VersionTaken,
)
"""What a page can say without being a dead end; anything else has a page of its own."""

_TEXTS: Mapping[type[Exception], str] = MappingProxyType(
    {
        ConcurrentChange: N_("Somebody changed the book or the draft at the same moment. Look at it again, then try."),
        DraftChanged: N_(
            "The draft has changed since you opened this page, so nothing was done. What you see now is how it stands; "
            "look at it before you go on."
        ),
        DraftHasProblems: N_("The draft has problems that must be mended first:"),
        DraftNotReady: N_("The draft is not at this step any more. What you see now is how it stands."),
        IdempotencyKeyReused: N_("This form was sent already with other contents. Send it again from this page."),
        NothingToWithdraw: N_("This version decides nothing from tomorrow on anyway: there is nothing to take back."),
        PolicyRefused: N_("The document of this draft can no longer be read; an author has to mend it:"),
        PopulationRefused: N_("No rehearsal can be made from this:"),
        SameAuthor: N_("You have written at this draft, so another person must approve it."),
        TooManyRequests: N_("Too many checks are running. Try again in a few seconds."),
        VersionTaken: N_("The book has, or has had, a version of this number. The draft needs a new one."),
    }
)


@dataclass(frozen=True, slots=True)
class Refused:
    """text: in the reader's language; details: each thing that is wrong; status: of HTTP."""

    text: str
    details: Sequence[str]
    status: int


def refused(error: Exception, language: Language) -> Refused:
    """error: one of `REFUSALS`."""
    return Refused(
        text=translate(_TEXTS[type(error)], language),
        details=_details(error, language),
        status=problem_of(error).status,
    )


def _details(error: Exception, language: Language) -> list[str]:
    match error:
        case DraftHasProblems():
            return [one["text"] for one in findings_in_language(error.report, language)]
        case PolicyRefused():
            return [f"{one.place}: {one.text.in_language(language)}" for one in error.problems]
        case PopulationRefused():
            return [one.in_language(language) for one in error.problems]
        case _:
            return []
