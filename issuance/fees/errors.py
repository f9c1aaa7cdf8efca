"""What goes wrong with fees: a document that cannot be used, or facts that cannot be true."""

from __future__ import annotations

from dataclasses import dataclass

from issuance.fees.wording import Label


class FeeError(Exception):
    """Base of every error of this package; leaves carry a stable `code`."""

    code = "fee_error"


class FactsRefused(FeeError, ValueError):
    """Facts about a request that cannot be true (zero copies, an unknown category, a birth after the request)."""

    code = "fee_facts_refused"


class ReferredHasNoAmount(FeeError):
    """Someone asked a referred assessment for an amount. There is none, and zero would be a lie."""

    code = "fee_referred_has_no_amount"


class AssessmentUnreadable(FeeError, ValueError):
    """A stored assessment that doesn't read back: another schema, a missing part, or sums that don't add up."""

    code = "fee_assessment_unreadable"


class ConditionRefused(ValueError):
    """A condition or expression that can't be understood; `text` is for its author. Becomes a Problem."""

    def __init__(self, text: Label) -> None:
        super().__init__(text.en)
        self.text = text


class ExpressionFailed(ValueError):
    """A rule's `expr` came to no answer for these facts (a division by zero): the rule doesn't fire, and says so."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a policy document: where (file and place within) and what, in plain words."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class PolicyRefused(FeeError):
    """A policy document (or a set of them) that must not decide anything. Holds every problem found."""

    code = "fee_policy_refused"

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
