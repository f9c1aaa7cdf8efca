"""What requests share: claimed with the application, used with its document, free again when nothing comes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from issuance.application import ApplicationState
from issuance.apply import apply
from issuance.assess_fee import fee_facts
from issuance.certificate import CertificateKind
from issuance.errors import NotPrintable
from issuance.fees.assessment import FeeAssessment, FeeOutcome, NotFiredReason
from issuance.fees.quotas import QuotaKey
from issuance.quote import quote
from issuance.settlement.act import refuse
from issuance.withdraw import withdraw
from tests.issuance.families import CHILD, MOTHER, guardian_of
from tests.issuance.office import INPUT, TYPE, Office
from tests.issuance.quota_policies import (
    BUDGET,
    FEE,
    IN_2026,
    POLICY,
    adopt,
    claim_states,
    copies_of,
    quota_policy,
    support,
    used,
)

HER_NUMBER = "001194000001"


@pytest.fixture
def office(office: Office) -> Office:
    office.at = IN_2026
    return office


async def test_what_an_application_takes_is_claimed_with_it(office: Office) -> None:
    adopt(office, quota_policy(budget=5))
    application = await office.application(copies=5)

    assert (application.fee.gross, application.fee.due) == (215_000, 0)
    assert used(office) == 1
    assert used(office, copies_of(HER_NUMBER)) == 5
    claimed = office.do(lambda r: r.quotas.claimed(application.id))
    assert claimed == {BUDGET: 1, copies_of(HER_NUMBER): 5}
    (stored,) = office.do(lambda r: r.assessments.of_application(application.id))
    assert (stored.seq, stored.cause, stored.at, stored.assessment) == (1, "submitted", office.at, application.fee)
    assert office.do(lambda r: r.quotas.of_policy(POLICY)) == [(BUDGET, 1, 5)]


async def test_when_the_budget_is_used_up_the_fee_is_due(office: Office) -> None:
    adopt(office, quota_policy(budget=2))
    outcomes = [(await office.application(copies=1)).fee for _ in range(3)]

    assert [fee.due for fee in outcomes] == [0, 0, FEE]
    assert ("pay_fee", NotFiredReason.QUOTA_USED_UP) in {(rule.rule_id, rule.reason) for rule in outcomes[2].not_fired}
    assert used(office) == 2


async def test_the_last_of_an_amount_is_a_part_of_a_fee(office: Office) -> None:
    adopt(office, quota_policy(budget=250_000, unit="amount"))
    dues = [(await office.application(copies=1)).fee.due for _ in range(3)]

    assert dues == [0, 150_000, FEE]
    assert used(office) == 250_000


async def test_a_person_s_quota_lasts_a_year_and_is_nobody_else_s(office: Office) -> None:
    adopt(office, quota_policy())
    dues = [(await office.application(copies=copies)).fee.due for copies in (8, 8)]
    other = await office.application(copies=8)  # of the same person, for whom nothing is left
    citizen = await office.citizen(personal_id="001195000002", sub="subject-2")
    hers = office.do(lambda r: apply(r, office.rules, citizen, TYPE, INPUT | {"copies": 8}, office.at))
    office.at = datetime(2027, 1, 1, 2, 0, tzinfo=UTC)
    next_year = await office.application(copies=8)

    # Eight copies and then two of ten: of the second request's six charged copies none is among its first two.
    assert dues == [0, 6 * 5_000]
    assert other.fee.due == 6 * 5_000
    assert (hers.fee.due, next_year.fee.due) == (0, 0)
    assert used(office, copies_of(HER_NUMBER, 2027)) == 8


async def test_a_child_s_quota_is_the_child_s(office: Office) -> None:
    adopt(office, quota_policy())
    guardian = await guardian_of(office, client_id="vneid-app")
    asked = INPUT | {"copies": 4, "sex": "male"}
    office.do(lambda r: apply(r, office.rules, guardian, TYPE, asked, office.at))

    assert used(office, copies_of(CHILD.digits)) == 4
    assert used(office, copies_of(MOTHER.digits)) == 0


async def test_a_refusal_gives_back_what_was_claimed_once(office: Office) -> None:
    adopt(office, quota_policy(budget=1))
    application, official = await office.application(copies=3), await office.official()
    office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    office.do(lambda r: r.quotas.release(application.id, office.at))

    assert (used(office), used(office, copies_of(HER_NUMBER))) == (0, 0)
    assert office.do(lambda r: r.quotas.claimed(application.id)) == {}
    assert (await office.application(copies=1)).fee.due == 0


async def test_a_withdrawal_gives_back_what_was_claimed(office: Office) -> None:
    adopt(office, quota_policy(budget=1))
    application, citizen = await office.application(copies=3), await office.citizen()
    withdrawn = office.do(lambda r: withdraw(r, citizen, application.code, office.at))

    assert withdrawn.state is ApplicationState.WITHDRAWN
    assert (used(office), used(office, copies_of(HER_NUMBER))) == (0, 0)
    assert office.do(lambda r: r.quotas.of_policy(POLICY)) == [(BUDGET, 0, 1)]


async def test_what_a_document_was_issued_for_stays_used(office: Office) -> None:
    adopt(office, quota_policy(budget=1))
    approved = await office.approved(copies=3)
    office.issue(approved.id, CertificateKind.RECEIPT)
    assert claim_states(office, approved.id) == ["reserved", "reserved"]
    office.issue(approved.id)

    assert claim_states(office, approved.id) == ["committed", "committed"]
    assert used(office) == 1
    assert (await office.application(copies=1)).fee.due == FEE


async def test_an_application_that_is_refused_to_be_registered_claims_nothing(office: Office) -> None:
    adopt(office, quota_policy())
    unprintable = await office.citizen(name="Nguyễn 😀")
    with pytest.raises(NotPrintable):
        office.do(lambda r: apply(r, office.rules, unprintable, TYPE, INPUT, office.at))
    office.do(lambda r: r.quotas.release(uuid4(), office.at))

    assert office.do(lambda r: r.quotas.of_policy(POLICY)) == []


async def test_a_policy_without_shared_quotas_asks_for_none(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.at = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)
    monkeypatch.setattr("storage.quotas.SqlQuotas.used", lambda *_: pytest.fail("nothing is to be read"))
    assert (await office.application()).fee.due == 0


def asked(office: Office, copies: int, person: str | None, **known: datetime) -> FeeAssessment:
    facts = fee_facts(
        office.catalogue.get(TYPE),
        {"copies": copies},
        channel="vneid",
        birth_date=date(1995, 2, 3),
        level=2,
        submitted_on=date(2026, 3, 2),
    )
    return office.do(lambda r: quote(r, facts, person=person, at=office.at, **known))


async def test_a_quote_knows_the_budget_and_the_person_who_asks(office: Office) -> None:
    adopt(office, quota_policy(budget=2))
    her = office.rules.person_index(HER_NUMBER)
    assert [asked(office, 8, person).due for person in (None, her)] == [0, 0]
    await office.application(copies=8)

    # Hers are used, anybody's are not; the budget is everybody's.
    assert [asked(office, 8, person).due for person in (None, her)] == [0, 6 * 5_000]
    await office.application(copies=1)
    assert [asked(office, 1, person).due for person in (None, her)] == [FEE, FEE]
    assert used(office) == 2


async def test_a_quote_by_what_was_known_then(office: Office) -> None:
    before = office.at
    office.at += timedelta(days=1)
    adopt(office, quota_policy())

    assert asked(office, 1, None).due == 0
    assert asked(office, 1, None, known_at=before).outcome is FeeOutcome.REFERRED
    assert asked(office, 1, None, known_at=datetime(2099, 1, 1, tzinfo=UTC)).due == 0


async def test_two_versions_of_a_policy_share_what_has_one_name(office: Office) -> None:
    """A quota is smaller in the later version: what is used may be more than there is, and nothing is left then."""
    ends = {"first_day": "2026-01-01", "last_day": "2026-06-30"}
    begins = {"first_day": "2026-07-01", "last_day": None}
    supports = [support("pay_fee", "fee", {"unit": "requests", "max": 2, "scope": "citizen_per_year", "name": "fees"})]
    stages = [{"id": "support", "label": {"vi": "Hỗ trợ", "en": "Support"}, "pick": "stack", "rules": supports}]
    adopt(office, quota_policy(effective=ends, stages=stages))
    supports[0]["quota"]["max"] = 1
    adopt(office, quota_policy(effective=begins, stages=stages, version=2))

    key = QuotaKey(POLICY, "fees", "citizen_per_year", office.rules.person_index(HER_NUMBER), "2026")
    dues = [(await office.application(copies=1)).fee.due for _ in range(2)]
    office.at = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
    dues.append((await office.application(copies=1)).fee.due)
    assert dues == [0, 0, FEE]
    assert used(office, key) == 2
