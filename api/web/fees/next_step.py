"""What a draft waits for, and by whom it can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from identity.citizen import VerifiedOfficial
from issuance.fee_policies.draft import DraftState, Editor
from issuance.fee_policies.rights import APPROVER, AUTHOR

from ..texts import N_

Tone = Literal["good", "bad", "wait", "blind"]
Step = Literal["edit", "check", "rehearsal", "approval", "schedule", "withdrawal"]

NEXT_STEPS: Mapping[DraftState, str] = MappingProxyType(
    {
        DraftState.DRAFT: N_("Next: an author or an approver has it checked."),
        DraftState.CHECKED: N_("Next: an author or an approver rehearses it."),
        DraftState.REHEARSED: N_("Next: an approver who has not written at it decides."),
        DraftState.APPROVED: N_("Next: an author or an approver puts it into the book."),
    }
)
TONES: Mapping[DraftState, Tone] = MappingProxyType(
    {
        DraftState.DRAFT: "blind",
        DraftState.CHECKED: "wait",
        DraftState.REHEARSED: "wait",
        DraftState.APPROVED: "good",
        DraftState.SCHEDULED: "good",
        DraftState.WITHDRAWN: "bad",
    }
)
_STEPS_OF: Mapping[DraftState, Sequence[Step]] = MappingProxyType(
    {
        DraftState.DRAFT: ("check", "edit", "withdrawal"),
        DraftState.CHECKED: ("rehearsal", "check", "edit", "withdrawal"),
        DraftState.REHEARSED: ("approval", "rehearsal", "check", "edit", "withdrawal"),
        DraftState.APPROVED: ("schedule", "edit", "withdrawal"),
        DraftState.SCHEDULED: ("withdrawal",),
        DraftState.WITHDRAWN: (),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSteps:
    """steps: what this official may do to the draft now; primary: the one of them that brings it on.

    why_not: in English, for the template to translate: why he or she cannot take the step onwards; None where it can
    be taken, or there is none.
    """

    steps: Sequence[Step]
    why_not: str | None
    primary: Step | None


def open_steps(
    state: DraftState, official: VerifiedOfficial, person: str, editors: Sequence[Editor], errors: int
) -> OpenSteps:
    """person: a blind index of the official's personal number. errors: that the last check found.

    Says in advance what the use cases demand; they decide.
    """
    has_written = any(one.subject_key == official.subject_key or one.person == person for one in editors)
    may_approve = APPROVER in official.roles
    barred: dict[Step, str] = {}
    if not may_approve:
        barred["approval"] = N_("Only fee approvers approve.")
    elif has_written:
        barred["approval"] = N_(
            "You have written at this draft, so another person must approve it: four eyes see more than two."
        )
    if AUTHOR not in official.roles:
        barred["edit"] = N_("Only fee authors edit.")
    if state is DraftState.SCHEDULED and not may_approve:
        barred["withdrawal"] = N_("Only fee approvers take back what is in the book.")
    legal = _STEPS_OF[state]
    why_not = barred.get(legal[0]) if legal and legal[0] != "withdrawal" else None
    steps = [step for step in legal if step not in barred]
    onwards = next(iter(legal), None)
    if state is DraftState.DRAFT and errors:
        # What the check has found is mended first; to check the same again finds the same.
        onwards = "edit"
        steps.sort(key=lambda step: step != "edit")
    primary = onwards if onwards in steps and onwards != "withdrawal" else None
    return OpenSteps(steps=steps, why_not=why_not, primary=primary)
