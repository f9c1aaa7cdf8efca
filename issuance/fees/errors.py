"""What goes wrong with fees: a document that cannot be used, or facts that cannot be true."""

from __future__ import annotations

from dataclasses import dataclass

from issuance.fees.problem_words import Complaint
from issuance.fees.wording import Label, Language


class FeeError(Exception):
    """Base of every error of this package; leaves carry a stable `code`."""

    code = "fee_error"


class FactsRefused(FeeError, ValueError):
    """Facts about a request that cannot be true (zero copies, an unknown category, a birth after the request).

    text: in both languages, where it isn't a mistake of the caller's program.
    """

    code = "fee_facts_refused"

    def __init__(self, what: str | Complaint) -> None:
        self.text = Label(what, what) if isinstance(what, str) else what.in_words()
        super().__init__(self.text.en)


class ReferredHasNoAmount(FeeError):
    """Someone asked a referred assessment for an amount. There is none, and zero would be a lie."""

    code = "fee_referred_has_no_amount"


class AssessmentUnreadable(FeeError, ValueError):
    """A stored assessment that doesn't read back: another schema, a missing part, or sums that don't add up."""

    code = "fee_assessment_unreadable"


class ConditionRefused(ValueError):
    """A condition or expression that can't be understood. Becomes a Problem of its document."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.code)
        self.complaint = complaint

    @property
    def text(self) -> Label:
        """For its author."""
        return self.complaint.in_words()

    def __str__(self) -> str:
        return self.text.en


class ExpressionFailed(ValueError):
    """A rule's `expr` came to no answer for these facts (a division by zero): the rule doesn't fire, and says so."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a policy document: where (file and place within) and what, in plain words."""

    place: str
    text: Label

    def in_language(self, language: Language) -> str:
        """The place and what is wrong there, as one line."""
        text = self.text.in_language(language)
        return f"{self.place}: {text}" if self.place else text

    def __str__(self) -> str:
        return self.in_language("en")


class PolicyRefused(FeeError):
    """A policy document (or a set of them) that must not decide anything. Holds every problem found."""

    code = "fee_policy_refused"

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
