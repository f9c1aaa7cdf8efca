"""A key taken, a list rolled back or of yesterday, a wrong clock: right verdicts, and no false accusation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.credentials import sealed as sealed_credential
from tests.sealing import AT, OneDocumentRegister, facts_of, key_ring, sealed_pdf, snapshot
from tests.stamping import stamped_pdf, stamped_ring
from tests.verification.organisation import LIFETIME, Organisation, compromised, listed, make_key, of_unit, with_key
from verification.bundle import Bundle, Fetched, begin, update
from verification.register import (
    DocumentStatus,
    RegisteredDocument,
    RegisterUnavailable,
    StatusReading,
    StatusSource,
)
from verification.trust import KeyPurpose, TrustedKey, TrustList
from verification.verdict import DocumentFacts, Verdict, VerdictState
from verification.verify_credential import verify_credential
from verification.verify_pdf import verify_pdf
from verification.verify_qr import verify_qr
from verification.verify_trust_list import anchor_of

HOUSE = Organisation()
ANCHOR = anchor_of(HOUSE.trust.public_key)
FACTS = replace(facts_of(key_ring()), key_id=HOUSE.qr.key_id)
CREDENTIAL = sealed_credential()
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
ACCUSATIONS = {VerdictState.NOT_GENUINE, VerdictState.REVOKED, VerdictState.SUSPENDED}


def issued(day: date) -> DocumentFacts:
    return replace(FACTS, issued_on=day)


def register_of(facts: DocumentFacts, registered_at: datetime = AT) -> OneDocumentRegister:
    said, keys = replace(facts, key_id="another"), ("another",)
    return OneDocumentRegister(RegisteredDocument("test", bytes(32), said, DocumentStatus.VALID, registered_at, keys))


def taken_along(trust: TrustList | None = None, at: datetime = AT, *revoked: int) -> Bundle:
    return begin(Fetched(HOUSE.signed(at, trust), (HOUSE.status_list(revoked, at),)), at, ANCHOR).bundle


def offline(text: str, held: Bundle, at: datetime) -> Verdict:
    return verify_qr(text, held.trust, held, at)


# --- a key compromised at T ---

TAKEN = AT - 2 * DAY
AFTER_LOSS = compromised(HOUSE.listed(), HOUSE.qr.key_id, TAKEN)


@pytest.mark.parametrize(
    ("claimed", "registered_at", "state", "reason"),
    [
        (-5, -5, VerdictState.VALID, "valid"),
        (-5, -1, VerdictState.NOT_GENUINE, "key_compromised"),
        (-1, -1, VerdictState.NOT_GENUINE, "key_compromised"),
    ],
)
def test_with_the_register_a_compromised_key_is_good_for_what_was_sealed_before(
    claimed: int, registered_at: int, state: VerdictState, reason: str
) -> None:
    facts = issued((AT + claimed * DAY).date())
    register = register_of(facts, AT + registered_at * DAY)
    verdict = verify_qr(HOUSE.code(facts), AFTER_LOSS, register, AT, register)
    assert (verdict.state, verdict.reason) == (state, reason)
    assert (verdict.facts is not None) == (state is VerdictState.VALID)


def test_without_it_nobody_can_tell_an_old_document_from_a_backdated_one() -> None:
    held = taken_along(AFTER_LOSS)
    old, new = issued((AT - 5 * DAY).date()), issued((AT - DAY).date())
    verdict = offline(HOUSE.code(old), held, AT)
    assert (verdict.state, verdict.reason) == (VerdictState.STATUS_UNKNOWN, "key_compromised_since")
    assert verdict.facts is None
    verdict = offline(HOUSE.code(new), held, AT)
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "key_compromised")


def test_what_the_thief_sealed_is_in_no_register() -> None:
    stolen = replace(issued((AT - 5 * DAY).date()), full_name="Kẻ Gian", status_index=77)
    register = register_of(FACTS, AT - 5 * DAY)
    verdict = verify_qr(HOUSE.code(stolen), AFTER_LOSS, register, AT, register)
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "not_in_register")


def test_a_verifier_that_has_not_heard_of_the_loss_says_how_old_its_list_is() -> None:
    held = taken_along()
    verdict = offline(HOUSE.code(FACTS), held, AT + HOUR)
    assert (verdict.state, verdict.issuer.as_of) == (VerdictState.VALID, AT)


def test_a_key_replaced_after_its_loss_goes_on_at_once() -> None:
    following = make_key("aa00000000a2", "ed25519")
    trust = with_key(AFTER_LOSS, listed(following, KeyPurpose.QR))
    verdict = offline(HOUSE.code(replace(FACTS, key_id=following.key_id), following), taken_along(trust), AT)
    assert verdict.state is VerdictState.VALID


# --- a status list rolled back ---


def test_a_revocation_once_seen_is_not_undone_by_an_older_list() -> None:
    later = AT + HOUR
    held = taken_along(None, later, FACTS.status_index)
    again = update(held, Fetched(HOUSE.signed(later), (HOUSE.status_list(at=AT),)), later)
    assert again.refused == ("status_list_rolled_back",)
    assert offline(HOUSE.code(FACTS), again.bundle, later).state is VerdictState.REVOKED


# --- a trust list of yesterday ---


def test_a_trust_list_of_yesterday_answers_and_says_so() -> None:
    trust = HOUSE.listed(AT - DAY)
    held = begin(Fetched(HOUSE.signed(AT - DAY, trust), (HOUSE.status_list(at=AT - HOUR),)), AT, ANCHOR).bundle
    verdict = offline(HOUSE.code(FACTS), held, AT)
    assert (verdict.state, verdict.issuer.as_of) == (VerdictState.VALID, AT - DAY)


def test_a_key_that_it_does_not_know_yet_is_unknown() -> None:
    following = make_key("aa00000000a2")
    verdict = offline(HOUSE.code(replace(FACTS, key_id=following.key_id), following), taken_along(), AT)
    assert (verdict.state, verdict.reason, verdict.facts) == (VerdictState.UNKNOWN_ISSUER, "issuer_unknown", None)


def test_after_its_lifetime_it_says_nothing() -> None:
    held, late = taken_along(), AT + LIFETIME
    verdict = offline(HOUSE.code(FACTS), held, late)
    assert (verdict.state, verdict.reason, verdict.issuer.as_of) == (
        VerdictState.STATUS_UNKNOWN,
        "trust_list_stale",
        AT,
    )
    assert verdict.facts is None


def test_a_revocation_that_an_old_list_has_is_still_one() -> None:
    revoked, late = taken_along(None, AT, FACTS.status_index), AT + 3 * DAY
    verdict = offline(HOUSE.code(FACTS), revoked, late)
    assert (verdict.state, verdict.status.as_of) == (VerdictState.REVOKED, AT)
    assert offline(HOUSE.code(FACTS), taken_along(), late).reason == "status_stale"


def test_what_is_plainly_wrong_stays_so_on_an_old_list() -> None:
    """The signature does not age: a code with another name in it was never sealed."""
    text = HOUSE.code(FACTS)
    forged = text[:-3] + f"{(int(text[-3:]) + 1) % 256:03d}"
    assert offline(forged, taken_along(), AT + LIFETIME).reason == "signature_wrong"


# --- clocks off by an hour and by a year, both ways ---


@pytest.mark.parametrize(
    "off", [-YEAR, -HOUR, HOUR, YEAR], ids=["year_behind", "hour_behind", "hour_ahead", "year_ahead"]
)
@pytest.mark.parametrize("age", [timedelta(), HOUR, 11 * HOUR, 2 * DAY, 30 * DAY])
def test_a_wrong_clock_accuses_nobody_and_takes_no_stale_list_for_fresh(off: timedelta, age: timedelta) -> None:
    """age: of the lists, by the right clock; the status list is good for 12 hours, the trust list for 7 days."""
    held = taken_along(None, AT - age)
    facts = issued((AT - 60 * DAY).date())
    trust = with_key(HOUSE.listed(AT - age), listed(HOUSE.qr, KeyPurpose.QR, AT - YEAR))
    held = taken_along(trust, AT - age)
    verdict = offline(HOUSE.code(facts), held, AT + off)
    assert verdict.state not in ACCUSATIONS
    if age > 12 * HOUR or abs(off) == YEAR:
        assert verdict.state is VerdictState.STATUS_UNKNOWN
    if verdict.state is VerdictState.VALID:
        assert verdict.status.as_of == AT - age


@settings(max_examples=60)
@given(st.integers(-3 * 365 * 24, 3 * 365 * 24), st.integers(0, 40 * 24), st.sampled_from([-400, -60, -1, 0]))
def test_no_clock_makes_an_honest_document_an_accusation(off_hours: int, age_hours: int, issued_days: int) -> None:
    """Nor is anything valid on lists that would be over, or that are not made yet, by the clock that reads them."""
    made, at = AT - age_hours * HOUR, AT + off_hours * HOUR
    trust = with_key(HOUSE.listed(made), listed(HOUSE.qr, KeyPurpose.QR, AT - 2 * YEAR))
    verdict = offline(HOUSE.code(issued((AT + issued_days * DAY).date())), taken_along(trust, made), at)
    assert verdict.state in {VerdictState.VALID, VerdictState.STATUS_UNKNOWN}
    if verdict.state is VerdictState.VALID:
        assert made <= at + timedelta(minutes=5)
        assert at < made + 12 * HOUR


RING = stamped_ring()
BODIES: dict[str, Callable[[TrustList, StatusSource | None, datetime], Verdict]] = {
    "B-B": lambda trust, status, at: verify_pdf(sealed_pdf().data, trust, None, status, at),
    "B-T": lambda trust, status, at: verify_pdf(stamped_pdf().data, trust, None, status, at),
    "credential": lambda trust, status, at: verify_credential(CREDENTIAL, trust, status, at),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("days", [-3650, -365, -1, -1 / 24, 1 / 24, 1, 8, 365, 3650])
def test_a_wrong_clock_finds_the_same_of_a_file_and_a_credential(body: str, days: float) -> None:
    """By a clock that is years off no certificate is in force; but the lists tell first that the clock is wrong."""
    trust = replace(RING.trust_list(AT), fresh_until=AT + LIFETIME)
    check, at = BODIES[body], AT + days * DAY
    verdict = check(trust, snapshot(RING), at)
    if days < 0:
        assert (verdict.state, verdict.reason) == (VerdictState.STATUS_UNKNOWN, "trust_list_from_the_future")
    elif at >= AT + LIFETIME:
        assert (verdict.state, verdict.reason) == (VerdictState.STATUS_UNKNOWN, "trust_list_stale")
    else:
        assert verdict.state is (VerdictState.VALID if days < 1 / 24 else VerdictState.STATUS_UNKNOWN)
    assert (verdict.facts is None) == (verdict.issuer.code != "issuer_known")


@pytest.mark.parametrize("body", BODIES)
def test_a_file_and_a_credential_are_revoked_as_a_code_is(body: str) -> None:
    trust, revoked = RING.trust_list(AT), snapshot(RING, (FACTS.status_index,))
    for at in (AT, AT + 2 * HOUR):
        assert BODIES[body](trust, revoked, at).state is VerdictState.REVOKED


def test_a_wrong_clock_does_not_lead_astray_while_updating() -> None:
    held = taken_along()
    for at in (AT - YEAR, AT - HOUR):
        with pytest.raises(Exception, match="trust_list_from_the_future"):
            update(held, Fetched(HOUSE.signed(AT + HOUR), ()), at)
    with pytest.raises(Exception, match="trust_list_expired"):
        update(held, Fetched(HOUSE.signed(AT + HOUR), ()), AT + YEAR)
    assert update(held, Fetched(HOUSE.signed(AT + HOUR), ()), AT + 2 * HOUR).bundle.trust.as_of == AT + HOUR


# --- whose type ---


OLD = issued((AT - 5 * DAY).date())
OF_OTHER_UNIT = of_unit(HOUSE.listed(), HOUSE.qr.key_id, "H27", "residence_certificate")


def test_a_units_key_attests_its_own_types_only() -> None:
    own = of_unit(HOUSE.listed(), HOUSE.qr.key_id, "H26", FACTS.document_type)
    assert offline(HOUSE.code(FACTS), taken_along(own), AT).state is VerdictState.VALID
    verdict = offline(HOUSE.code(OLD), taken_along(OF_OTHER_UNIT), AT)
    assert (verdict.state, verdict.reason, verdict.facts) == (VerdictState.NOT_GENUINE, "key_for_other_unit", None)


@pytest.mark.parametrize(("issued_days", "accused"), [(-1, True), (0, False), (1, False)])
def test_a_list_from_before_the_document_does_not_know_what_a_unit_has_gained_since(
    issued_days: int, accused: bool
) -> None:
    verdict = offline(HOUSE.code(issued((AT + issued_days * DAY).date())), taken_along(OF_OTHER_UNIT), AT)
    if accused:
        assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "key_for_other_unit")
    else:
        assert (verdict.state, verdict.reason) == (VerdictState.STATUS_UNKNOWN, "trust_list_before_issue")
    assert verdict.facts is None


def test_a_list_that_is_over_says_nothing_of_units_and_periods_either() -> None:
    """A type or a year may have been added since; an old list must not accuse anybody of it."""
    ended = replace(listed(HOUSE.qr, KeyPurpose.QR), not_after=AT - 10 * DAY)
    for trust in (OF_OTHER_UNIT, with_key(HOUSE.listed(), ended)):
        verdict = offline(HOUSE.code(OLD), taken_along(trust), AT + LIFETIME)
        assert (verdict.state, verdict.reason) == (VerdictState.STATUS_UNKNOWN, "trust_list_stale")


def test_the_registers_word_outweighs_the_types_of_a_unit() -> None:
    """A unit that lost a type has issued what it has issued; but what the register does not have, it does not have."""
    register = register_of(OLD, AT - 5 * DAY)
    assert online(OLD, register, OF_OTHER_UNIT).state is VerdictState.VALID
    assert online(replace(OLD, status_index=1), register, OF_OTHER_UNIT).reason == "not_in_register"
    assert online(replace(OLD, full_name="Kẻ Gian"), register, OF_OTHER_UNIT).reason == "contradicts_register"


def test_a_key_of_a_unit_that_the_list_does_not_have_attests_nothing() -> None:
    trust = HOUSE.listed()
    homeless = replace(trust, keys=tuple(replace(key, unit="gone") for key in trust.keys))
    assert verify_qr(HOUSE.code(OLD), homeless, None, AT).reason == "key_for_other_unit"


# --- the register ---


def online(facts: DocumentFacts, register: OneDocumentRegister, trust: TrustList | None = None) -> Verdict:
    return verify_qr(HOUSE.code(facts), trust or HOUSE.listed(), register, AT, register)


def test_the_register_must_say_the_same_in_every_fact() -> None:
    register = register_of(FACTS)
    assert online(FACTS, register).state is VerdictState.VALID
    for changed in (
        {"full_name": "Nguyễn Thị Minh An"},
        {"birth_date": date(1990, 5, 18)},
        {"number": "730914628506"},
        {"result_line": "Có án tích"},
        {"document_type": "criminal_record_form_2"},
        {"issued_on": date(2026, 11, 19)},
        {"expires_on": date(2027, 1, 1)},
    ):
        verdict = online(replace(FACTS, **changed), register)
        assert (verdict.state, verdict.reason, verdict.facts) == (
            VerdictState.NOT_GENUINE,
            "contradicts_register",
            None,
        )
    verdict = online(replace(FACTS, status_index=1), register)
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "not_in_register")


@pytest.mark.parametrize("status", [DocumentStatus.REVOKED, DocumentStatus.SUSPENDED])
def test_the_registers_status_is_the_live_one(status: DocumentStatus) -> None:
    register = register_of(FACTS).marked(status)
    verdict = online(FACTS, register)
    assert (verdict.state.value, verdict.facts) == (status.value, FACTS)


def test_a_register_that_does_not_answer_accuses_nobody() -> None:
    class Down(OneDocumentRegister):
        def document_at(self, status_list: int, status_index: int) -> RegisteredDocument | None:
            raise RegisterUnavailable

        def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
            raise RegisterUnavailable

    down = Down(register_of(FACTS).document)
    for status in (down, None):
        verdict = verify_qr(HOUSE.code(FACTS), HOUSE.listed(), status, AT, down)
        assert (verdict.state, verdict.reason) == (VerdictState.STATUS_UNKNOWN, "register_unavailable")
    held = taken_along()
    assert verify_qr(HOUSE.code(FACTS), held.trust, held, AT, down).state is VerdictState.VALID
    assert online(issued((AT - 5 * DAY).date()), down, AFTER_LOSS).reason == "key_compromised_since"


def test_a_register_does_not_make_a_strangers_key_known() -> None:
    nobody: tuple[TrustedKey, ...] = ()
    verdict = online(FACTS, register_of(FACTS), replace(HOUSE.listed(), keys=nobody))
    assert verdict.state is VerdictState.UNKNOWN_ISSUER
