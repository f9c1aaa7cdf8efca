"""A survey is answered once, by nobody in particular, and told only in sums."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from issuance.application import Application
from issuance.certificate import CertificateKind
from issuance.deliver import deliver
from issuance.errors import SurveyClosed
from issuance.feedback.survey import answer_survey, forget_expired, is_open, open_survey, week_of
from issuance.feedback.survey_book import LEAST_ANSWERS, Invitation, SurveyAnswer
from issuance.feedback.terms import FeedbackTerms
from storage.settlement_tables import survey_answers, survey_invitations
from tests.issuance.office import UNIT, Office

RESULT = CertificateKind.RESULT


async def returned(office: Office) -> Application:
    """An application whose result the citizen has."""
    application, citizen = await office.approved(), await office.citizen()
    office.issue(application.id)
    office.do(lambda r: deliver(r, office.rules, application.code, citizen, RESULT, office.at))
    return application


def link_of(office: Office, application: Application) -> str | None:
    return office.do(lambda r: open_survey(r, office.rules.feedback, application, office.at))


def send(office: Office, token: str, score: int = 4, comment: str | None = None) -> None:
    office.do(lambda r: answer_survey(r, token, score=score, aspects={"time": False}, comment=comment, at=office.at))


async def test_it_is_open_from_the_return_of_the_result_until_it_is_answered(office: Office) -> None:
    application, citizen = await office.approved(), await office.citizen()
    office.issue(application.id)
    assert link_of(office, application) is None
    for _ in range(2):
        office.do(lambda r: deliver(r, office.rules, application.code, citizen, RESULT, office.at))
    token = link_of(office, application)
    assert token is not None
    assert len(token) == 43
    send(office, token, comment="Nhanh")
    assert link_of(office, application) is None
    # A further download asks nobody again.
    office.do(lambda r: deliver(r, office.rules, application.code, citizen, RESULT, office.at))
    for used in (token, "x" * 43, "", "é" * 43):
        with pytest.raises(SurveyClosed):
            send(office, used)
    assert office.do(lambda r: r.surveys.summary({UNIT}, None, "2024-W01", "2024-W53")).answers == 1


async def test_its_time_ends(office: Office) -> None:
    application = await returned(office)
    token = link_of(office, application)
    assert token is not None
    office.at += timedelta(days=office.rules.feedback.survey_days)
    assert office.do(lambda r: is_open(r, token, office.at))
    assert office.do(lambda r: forget_expired(r, office.at)) == 0
    office.at += timedelta(days=1)
    assert link_of(office, application) is None
    with pytest.raises(SurveyClosed):
        send(office, token)
    assert office.do(lambda r: forget_expired(r, office.at)) == 1


async def test_of_two_who_answer_at_once_one_does(office: Office) -> None:
    token = link_of(office, await returned(office))

    def one(score: int) -> bool:
        try:
            send(office, str(token), score)
        except SurveyClosed:
            return False
        return True

    won = await asyncio.gather(*(asyncio.to_thread(one, score) for score in (1, 2, 3, 4)))
    assert sorted(won) == [False, False, False, True]
    assert office.do(lambda r: r.surveys.summary({UNIT}, None, "2024-W01", "2024-W53")).answers == 1


async def test_nothing_that_is_kept_says_whose_it_is(office: Office) -> None:
    application = await returned(office)
    token = link_of(office, application)
    assert token is not None
    kept = office.do(lambda r: r._connection.execute(sa.select(survey_invitations)).mappings().all())  # type: ignore[attr-defined]  # what lies there
    assert [sorted(row) for row in kept] == [["expires_on", "token_digest", "type_id", "unit"]]
    assert kept[0]["token_digest"] == hashlib.sha256(token.encode()).digest()
    send(office, token)
    # The invitation is gone, so that no transaction, place or order is left to lay the answer beside.
    assert office.do(lambda r: r._connection.execute(sa.select(survey_invitations)).all()) == []  # type: ignore[attr-defined]  # the same
    (row,) = office.do(lambda r: r._connection.execute(sa.select(survey_answers)).mappings().all())  # type: ignore[attr-defined]  # the same
    assert set(row) == {"id", "unit", "type_id", "week", "score", "aspects", "comment"}
    assert UUID(str(row["id"])).version == 4
    assert "survey" not in str(office.do(lambda r: r.audit.of_application(application.id)))


def test_the_secret_makes_the_token() -> None:
    application_id = uuid4()
    one, other = (FeedbackTerms(survey_secret=secret).survey_token(application_id) for secret in (b"one", b"other"))
    assert one != other
    assert one == FeedbackTerms(survey_secret=b"one").survey_token(application_id)
    assert b"one" not in repr(FeedbackTerms(survey_secret=b"one")).encode()
    with pytest.raises(ValueError, match="nobody"):
        FeedbackTerms().survey_token(application_id)


def an_answer(score: int, week: str, unit: str = UNIT, comment: str | None = None) -> SurveyAnswer:
    aspects = {"fee": score > 3} if score != 3 else {}
    return SurveyAnswer(id=uuid4(), unit=unit, type_id="x", week=week, score=score, aspects=aspects, comment=comment)


def add_all(office: Office, answers: Sequence[SurveyAnswer]) -> None:
    def add(records: object) -> None:
        for one in answers:
            records.surveys.add(one)  # type: ignore[attr-defined]  # the office's records

    office.do(add)


async def test_a_mean_is_told_of_five_and_not_of_four(office: Office) -> None:
    add_all(office, [an_answer(5, "2024-W23", comment=f"Lời {number}") for number in range(LEAST_ANSWERS - 1)])
    add_all(office, [an_answer(1, "2024-W25"), an_answer(1, "2024-W23", unit="000.00.99.H26")])
    few = office.do(lambda r: r.surveys.summary({UNIT}, None, "2024-W23", "2024-W24"))
    assert (few.answers, few.mean_hundredths, few.scores, few.aspects, few.comments) == (4, None, {}, {}, ())
    enough = office.do(lambda r: r.surveys.summary({UNIT}, None, "2024-W23", "2024-W25"))
    assert (enough.answers, enough.mean_hundredths) == (5, 420)
    assert enough.scores == {5: 4, 1: 1}
    assert enough.aspects == {
        "time": (0, 0),
        "attitude": (0, 0),
        "clearness": (0, 0),
        "fee": (4, 1),
        "result": (0, 0),
    }
    assert sorted(enough.comments) == [f"Lời {number}" for number in range(4)]
    everywhere = office.do(lambda r: r.surveys.summary(None, None, "2024-W23", "2024-W25"))
    assert (everywhere.answers, everywhere.mean_hundredths) == (6, 367)
    of_no_type = office.do(lambda r: r.surveys.summary(None, "another_type", "2024-W23", "2024-W25"))
    assert (of_no_type.answers, of_no_type.mean_hundredths) == (0, None)


async def test_an_invitation_is_made_once(office: Office) -> None:
    one = Invitation(token_digest=bytes(32), unit=UNIT, type_id="x", expires_on=date(2024, 7, 3))
    for _ in range(2):
        office.do(lambda r: r.surveys.invite(one))
    assert office.do(lambda r: r.surveys.take(bytes(32), date(2024, 7, 3))) == one
    assert office.do(lambda r: r.surveys.take(bytes(32), date(2024, 7, 3))) is None


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 400))
def test_weeks_sort_as_their_days_do(day: date, later: int) -> None:
    assert week_of(day) <= week_of(day + timedelta(days=later))
    if later >= 7:
        assert week_of(day) < week_of(day + timedelta(days=later))


@pytest.mark.parametrize("wrong", [{"score": 0}, {"score": 6}, {"comment": ""}, {"comment": "x" * 1_001}])
def test_what_is_no_answer(wrong: dict[str, object]) -> None:
    values: dict[str, object] = {"score": 3, "comment": None, **wrong}
    with pytest.raises(ValueError, match=r"no such|letters"):
        SurveyAnswer(id=uuid4(), unit=UNIT, type_id="x", week="2024-W23", aspects={}, **values)  # type: ignore[arg-type]  # made to be wrong
