from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.sealing import AT, facts_of, key_ring
from verification.verdict import Check, Outcome, VerdictState, weigh

GOOD = Check(Outcome.PASSED, "good")
BAD = Check(Outcome.FAILED, "bad")
OPEN = Check(Outcome.UNKNOWN, "open")
FACTS = facts_of(key_ring())


@pytest.mark.parametrize(
    ("seal", "issuer", "status", "state"),
    [
        (GOOD, GOOD, GOOD, VerdictState.VALID),
        (GOOD, GOOD, OPEN, VerdictState.STATUS_UNKNOWN),
        (GOOD, GOOD, Check(Outcome.FAILED, "revoked"), VerdictState.REVOKED),
        (GOOD, GOOD, Check(Outcome.FAILED, "suspended"), VerdictState.SUSPENDED),
        (GOOD, OPEN, GOOD, VerdictState.UNKNOWN_ISSUER),
        (GOOD, BAD, GOOD, VerdictState.NOT_GENUINE),
        (BAD, GOOD, GOOD, VerdictState.NOT_GENUINE),
        (BAD, OPEN, OPEN, VerdictState.NOT_GENUINE),
        (OPEN, OPEN, GOOD, VerdictState.UNKNOWN_ISSUER),
        (OPEN, GOOD, GOOD, VerdictState.UNREADABLE),
    ],
)
def test_the_worst_finding_decides_and_facts_need_seal_and_issuer(
    seal: Check, issuer: Check, status: Check, state: VerdictState
) -> None:
    verdict = weigh(seal=seal, issuer=issuer, status=status, facts=FACTS, at=AT)
    assert verdict.state is state
    if verdict.facts is not None:
        assert seal.outcome is issuer.outcome is Outcome.PASSED


def test_valid_takes_every_finding_and_the_facts() -> None:
    """Only one of the 27 combinations is VALID, and none is without facts."""
    every = (GOOD, BAD, OPEN)
    states = [weigh(seal=a, issuer=b, status=c, facts=FACTS, at=AT).state for a in every for b in every for c in every]
    assert states.count(VerdictState.VALID) == 1
    assert weigh(seal=GOOD, issuer=GOOD, status=GOOD, at=AT).state is VerdictState.STATUS_UNKNOWN


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (datetime(2027, 2, 1, 16, 59, 59, tzinfo=UTC), VerdictState.VALID),
        (datetime(2027, 2, 1, 17, 0, 0, tzinfo=UTC), VerdictState.EXPIRED),
    ],
)
def test_a_document_is_in_force_until_its_last_day_ends_in_vietnam(moment: datetime, state: VerdictState) -> None:
    facts = replace(FACTS, expires_on=date(2027, 2, 1))
    assert weigh(seal=GOOD, issuer=GOOD, status=GOOD, facts=facts, at=moment).state is state


def test_revocation_outlives_expiry() -> None:
    facts = replace(FACTS, expires_on=date(2026, 1, 1))
    revoked = Check(Outcome.FAILED, "revoked")
    assert weigh(seal=GOOD, issuer=GOOD, status=revoked, facts=facts, at=AT).state is VerdictState.REVOKED
    assert weigh(seal=GOOD, issuer=GOOD, status=OPEN, facts=facts, at=AT).state is VerdictState.EXPIRED


def test_a_clock_that_is_behind_accuses_nobody() -> None:
    verdict = weigh(seal=GOOD, issuer=GOOD, status=GOOD, facts=FACTS, at=AT - timedelta(days=3))
    assert (verdict.state, verdict.reason) == (VerdictState.STATUS_UNKNOWN, "issued_in_the_future")


def test_json_carries_the_three_findings_apart() -> None:
    document = weigh(seal=GOOD, issuer=GOOD, status=OPEN, facts=FACTS, at=AT).to_json()
    assert document["state"] == "status_unknown"
    assert [document[name]["outcome"] for name in ("seal", "issuer", "status")] == ["passed", "passed", "unknown"]
    assert document["facts"]["birth_date"] == "1990-05-17"
    assert document["checked_at"] == AT.isoformat()
