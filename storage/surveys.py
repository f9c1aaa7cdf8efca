"""Invitations to surveys and what was answered; no row says whose either is."""

from __future__ import annotations

from collections import Counter
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.feedback.survey_book import ASPECTS, LEAST_ANSWERS, Invitation, SurveyAnswer, SurveySummary

from .settlement_tables import survey_answers as a
from .settlement_tables import survey_invitations as i


class SqlSurveys:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
            {
                "id": answer.id,
                "unit": answer.unit,
                "type_id": answer.type_id,
                "week": answer.week,
                "score": answer.score,
                "aspects": dict(answer.aspects),
                "comment": answer.comment,
            },
        )

    def summary(self, unit: str, first_week: str, last_week: str) -> SurveySummary:
        query = (
            sa.select(a.c.score, a.c.aspects, a.c.comment)
            .where(a.c.unit == unit, a.c.week >= first_week, a.c.week <= last_week)
            .order_by(a.c.id)
        )
        rows = self._connection.execute(query).all()
        if len(rows) < LEAST_ANSWERS:
            return SurveySummary(answers=len(rows))
        total = sum(row.score for row in rows)
        said = Counter((name, is_good) for row in rows for name, is_good in row.aspects.items())
        return SurveySummary(
            answers=len(rows),
            mean_hundredths=(200 * total + len(rows)) // (2 * len(rows)),
            scores=Counter(row.score for row in rows),
            aspects={name: (said[name, True], said[name, False]) for name in ASPECTS},
            comments=[row.comment for row in rows if row.comment is not None],
        )

    def forget(self, before: date) -> int:
        return self._connection.execute(sa.delete(i).where(i.c.expires_on < before)).rowcount
