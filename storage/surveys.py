"""Invitations to surveys and what was answered; no row says whose either is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.feedback.survey_book import ASPECTS, LEAST_ANSWERS, MAX_COMMENTS, Invitation, SurveyAnswer, SurveySummary

from .cells import Cells
from .settlement_tables import survey_answers as a
from .settlement_tables import survey_invitations as i


class SqlSurveys:
    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def invite(self, invitation: Invitation) -> None:
        known = sa.select(i.c.token_digest).where(i.c.token_digest == invitation.token_digest)
        if self._connection.execute(known).first() is None:
            self._connection.execute(
                sa.insert(i),
                {
                    "token_digest": invitation.token_digest,
                    "unit": invitation.unit,
                    "type_id": invitation.type_id,
                    "expires_on": invitation.expires_on,
                },
            )

    def is_open(self, token_digest: bytes, on: date) -> bool:
        query = sa.select(i.c.token_digest).where(i.c.token_digest == token_digest, i.c.expires_on >= on)
        return self._connection.execute(query).first() is not None

    def take(self, token_digest: bytes, on: date) -> Invitation | None:
        # One statement: of two who come at once, one finds the row gone.
        used = sa.delete(i).where(i.c.token_digest == token_digest, i.c.expires_on >= on).returning(*i.c)
        row = self._connection.execute(used).mappings().one_or_none()
        return None if row is None else Invitation(**row)

    def add(self, answer: SurveyAnswer) -> None:
        self._connection.execute(
            sa.insert(a),
            self._cells.seal(
                a,
                {
                    "id": answer.id,
                    "unit": answer.unit,
                    "type_id": answer.type_id,
                    "week": answer.week,
                    "score": answer.score,
                    "aspects": dict(answer.aspects),
                    "comment": answer.comment,
                },
            ),
        )

    def summary(
        self, units: Collection[str] | None, type_id: str | None, first_week: str, last_week: str
    ) -> SurveySummary:
        asked = [a.c.week >= first_week, a.c.week <= last_week]
        if units is not None:
            asked.append(a.c.unit.in_(sorted(units)))
        if type_id is not None:
            asked.append(a.c.type_id == type_id)
        # However many answers: there are only so many different ones.
        number = sa.func.count()
        alike = sa.select(a.c.score, a.c.aspects, number).where(*asked).group_by(a.c.score, a.c.aspects)
        scores: Counter[int] = Counter()
        said: Counter[tuple[str, bool]] = Counter()
        for score, aspects, times in self._connection.execute(alike):
            scores[score] += times
            for name, is_good in aspects.items():
                said[name, is_good] += times
        answers = scores.total()
        if answers < LEAST_ANSWERS:
            return SurveySummary(answers=answers)
        total = sum(score * times for score, times in scores.items())
        commented = sa.select(a.c.id, a.c.comment).where(*asked, a.c.comment.is_not(None)).order_by(a.c.id)
        told = self._cells.open_all(a, self._connection.execute(commented.limit(MAX_COMMENTS)).mappings())
        return SurveySummary(
            answers=answers,
            mean_hundredths=(200 * total + answers) // (2 * answers),
            scores=scores,
            aspects={name: (said[name, True], said[name, False]) for name in ASPECTS},
            comments=[row["comment"] for row in told],
        )

    def forget(self, before: date) -> int:
        return self._connection.execute(sa.delete(i).where(i.c.expires_on < before)).rowcount
