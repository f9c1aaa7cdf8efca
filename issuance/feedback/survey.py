"""How it was: asked once after a result was returned, answered without a name, told only in sums."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import uuid4

from ..application import Application
from ..errors import SurveyClosed
from ..fees.facts import vietnam_day
from ..records import Records
from .survey_book import Invitation, SurveyAnswer
from .terms import FeedbackTerms

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def invite(records: Records, terms: FeedbackTerms, application: Application, at: datetime) -> None:
    """Open the one survey of an application whose result was returned."""
    if not terms.survey_secret:
        return
    records.surveys.invite(
        Invitation(
            token_digest=_digest_of(terms.survey_token(application.id)),
            unit=application.unit,
            type_id=application.type_id,
            expires_on=vietnam_day(at) + timedelta(days=terms.survey_days),
        )
    )


def open_survey(records: Records, terms: FeedbackTerms, application: Application, at: datetime) -> str | None:
    """The token of the application's survey, for its owner; None where none is open."""
    if not terms.survey_secret:
        return None
    token = terms.survey_token(application.id)
    return token if is_open(records, token, at) else None


def is_open(records: Records, token: str, at: datetime) -> bool:
    return _TOKEN.fullmatch(token) is not None and records.surveys.is_open(_digest_of(token), vietnam_day(at))


def answer_survey(
    records: Records, token: str, *, score: int, aspects: Mapping[str, bool], comment: str | None, at: datetime
) -> None:
    """Keep the answer and use the invitation up. Raises SurveyClosed, ValueError for what no form of ours sends."""
    on = vietnam_day(at)
    invitation = records.surveys.take(_digest_of(token), on) if _TOKEN.fullmatch(token) else None
    if invitation is None:
        raise SurveyClosed("no survey is open under this link")
    records.surveys.add(
        SurveyAnswer(
            id=uuid4(),
            unit=invitation.unit,
            type_id=invitation.type_id,
            week=week_of(on),
            score=score,
            aspects=dict(aspects),
            comment=comment,
        )
    )


def forget_expired(records: Records, at: datetime) -> int:
    """Drop the invitations that nobody has used in time; returns how many."""
    return records.surveys.forget(vietnam_day(at))


def week_of(day: date) -> str:
    """The ISO week, as `2026-W47`; such texts sort as the weeks do."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def _digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
