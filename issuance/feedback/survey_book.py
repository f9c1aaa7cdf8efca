"""Invitations to a survey and its answers, as they are kept: nothing says whose either is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from uuid import UUID

ASPECTS = ("time", "attitude", "clearness", "fee", "result")
SCORES = range(1, 6)
MAX_COMMENT_LETTERS = 1_000
LEAST_ANSWERS = 5
"""Of fewer answers no mean is told: people could be guessed from it."""
MAX_COMMENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """That somebody may answer, and about whom. Whose it is follows only from the link."""

    token_digest: bytes = field(repr=False)
    unit: str
    type_id: str
    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswer:
    """One answer, of nobody in particular. week: as `2026-W47`, no finer. aspects: whether each was good, as far as
    that was answered."""

    id: UUID
    unit: str
    type_id: str
    week: str
    score: int
    aspects: Mapping[str, bool]
    comment: str | None = field(repr=False)

    def __post_init__(self) -> None:
        if self.score not in SCORES or not self.aspects.keys() <= set(ASPECTS):
            raise ValueError("no such score or aspect")
        if self.comment is not None and not 0 < len(self.comment) <= MAX_COMMENT_LETTERS:
            raise ValueError(f"a comment has 1 to {MAX_COMMENT_LETTERS} letters")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySummary:
    """What is told of answers. Below LEAST_ANSWERS all but their count is None or empty.

    mean_hundredths: of the score, rounded half up. scores: how many gave each. aspects: how many said yes, and no.
    comments: MAX_COMMENTS of them at most, in no order.
    """

    answers: int
    mean_hundredths: int | None = None
    scores: Mapping[int, int] = field(default_factory=dict)
    aspects: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    comments: Sequence[str] = field(default=(), repr=False)


class Surveys(Protocol):
    def invite(self, invitation: Invitation) -> None:
        """Harmless when repeated."""

    def is_open(self, token_digest: bytes, on: date) -> bool: ...

    def take(self, token_digest: bytes, on: date) -> Invitation | None:
        """Use up an open invitation: its row is gone, so that nothing is left to lay the answer beside. None where
        there is none, whether it was used, has expired or never was."""

    def add(self, answer: SurveyAnswer) -> None: ...

    def summary(
        self, units: Collection[str] | None, type_id: str | None, first_week: str, last_week: str
    ) -> SurveySummary:
        """Of the answers in these weeks, both included, about these units and this type. None: about all."""

    def forget(self, before: date) -> int:
        """Drop invitations that had expired before this day; returns how many."""
