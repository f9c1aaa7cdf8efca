"""Powers that are lent: from when until when, for what, by whom; and who may not use them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from identity.personal_id import PersonalId
from issuance.application import Application
from issuance.delegations.declare import count_relatives, declare_relative, take_back_relative
from issuance.delegations.delegation import Delegation
from issuance.delegations.grant import grant, list_delegations, revoke_delegation
from issuance.errors import DelegationNotFound, DelegationRefused, NotYours, RoleMissing, SelfDealing
from issuance.registers.consult import keep_register_answer
from issuance.settlement.act import act, approve
from issuance.settlement.reassign import reassign_without_authority
from issuance.settlement.take import take
from tests.issuance.office import TYPE, Office, clean_record
from tests.issuance.settlement.people import NAMES, PERSONS, TWO_STEPS, key_of, new_case, register, signed_in

ACT = "Quyết định số 12/QĐ-CAHN"


@pytest.fixture
def office(office: Office) -> Office:
    office.at = TWO_STEPS
    register(office, "an", "binh", "cuong")
    return office


async def lend(office: Office, **changed: Any) -> Delegation:
    """The head's powers, for a day, to a caseworker."""
    head = await signed_in(office, "cuong")
    given = {
        "from_key": None,
        "from_person": None,
        "to_key": key_of("an"),
        "role": "head",
        "type_ids": None,
        "valid_from": office.at,
        "valid_until": office.at + timedelta(days=1),
        "act": ACT,
        "at": office.at,
    } | changed
    return office.do(lambda r: grant(r, office.rules, head, **given))


async def at_the_head(office: Office, **changed: Any) -> Application:
    """A case that waits for a head's decision."""
    application = await new_case(office, **changed)
    office.do(lambda r: keep_register_answer(r, application.id, clean_record(office.at), office.at))
    owner = application.owner
    assert owner is not None
    name = owner.subject_key.rpartition("|")[2]
    official = await signed_in(office, name)
    return office.do(lambda r: act(r, office.rules, application.code, official, "propose", None, office.at))


async def test_a_decision_under_a_delegation_names_both_and_the_paper_says_so(office: Office) -> None:
    application, an = await at_the_head(office), await signed_in(office, "an")
    with pytest.raises(RoleMissing):
        office.do(lambda r: approve(r, office.rules, application.code, an, office.at))
    delegation = await lend(office)
    approved = office.do(lambda r: approve(r, office.rules, application.code, an, office.at))

    decision = approved.decision
    assert decision is not None
    assert decision.acting_for is not None
    assert (decision.by.full_name, decision.acting_for.full_name) == (NAMES["an"], NAMES["cuong"])
    assert decision.delegation == delegation.id
    assert office.do(lambda r: r.applications.by_id(application.id)).decision == decision
    content = office.issue(application.id).content
    assert content["signatory_name"] == NAMES["an"]
    assert content["signed_for"] == f"Theo ủy quyền của {NAMES['cuong']} ({ACT})"
    last = office.do(lambda r: r.step_visits.of_application(application.id))[-1]
    assert (last.by_key, last.acting_for_key) == (key_of("an"), key_of("cuong"))


@pytest.mark.parametrize(
    "shift", [timedelta(days=1), timedelta(days=1, microseconds=1), timedelta(days=3), -timedelta(microseconds=1)]
)
async def test_it_holds_from_its_first_moment_to_before_its_last(office: Office, shift: timedelta) -> None:
    application, an = await at_the_head(office), await signed_in(office, "an")
    begins = office.at + timedelta(hours=1)
    await lend(office, valid_from=begins, valid_until=begins + timedelta(days=1))
    with pytest.raises(RoleMissing):
        office.do(lambda r: approve(r, office.rules, application.code, an, begins + shift))
    office.do(lambda r: take(r, office.rules, application.code, an, begins))
    last_moment = begins + timedelta(days=1, microseconds=-1)
    office.do(lambda r: approve(r, office.rules, application.code, an, last_moment))


async def test_one_that_ends_in_the_middle_of_a_step_ends_the_right(office: Office) -> None:
    application, an = await at_the_head(office), await signed_in(office, "an")
    delegation = await lend(office)
    taken = office.do(lambda r: take(r, office.rules, application.code, an, office.at))
    assert taken.owner is not None
    assert taken.owner.full_name == NAMES["an"]
    assert office.do(lambda r: reassign_without_authority(r, office.rules, office.at, 10)) == 0

    after = delegation.valid_until
    with pytest.raises(RoleMissing):
        office.do(lambda r: approve(r, office.rules, application.code, an, after))
    assert office.do(lambda r: reassign_without_authority(r, office.rules, after, 10)) == 1
    assert office.do(lambda r: reassign_without_authority(r, office.rules, after, 10)) == 0
    owner = office.do(lambda r: r.applications.by_id(application.id)).owner
    assert owner is not None
    assert owner.subject_key == key_of("cuong")
    assert "application_reassigned" in office.audit(application.id)


async def test_it_ends_with_its_revocation_and_with_the_lenders_role(office: Office) -> None:
    application, an, cuong = await at_the_head(office), await signed_in(office, "an"), await signed_in(office, "cuong")
    first = await lend(office)
    office.do(lambda r: revoke_delegation(r, cuong, first.id, office.at))
    with pytest.raises(RoleMissing):
        office.do(lambda r: approve(r, office.rules, application.code, an, office.at))
    await lend(office)
    for changed in ({"is_active": False}, {"roles": frozenset({"caseworker"})}, {"unit": "000.00.16.H26"}):
        register(office, "cuong", **changed)
        with pytest.raises(RoleMissing):
            office.do(lambda r: approve(r, office.rules, application.code, an, office.at))
    register(office, "cuong")
    office.do(lambda r: approve(r, office.rules, application.code, an, office.at))


async def test_it_holds_for_its_types_alone(office: Office) -> None:
    application, an = await at_the_head(office), await signed_in(office, "an")
    await lend(office, type_ids=["residence_confirmation"])
    with pytest.raises(RoleMissing):
        office.do(lambda r: approve(r, office.rules, application.code, an, office.at))
    await lend(office, type_ids=[TYPE])
    office.do(lambda r: approve(r, office.rules, application.code, an, office.at))


async def test_a_colleagues_cases_in_that_colleagues_place(office: Office) -> None:
    application, binh = await new_case(office), await signed_in(office, "binh")
    assert application.owner is not None
    assert application.owner.subject_key == key_of("an")
    with pytest.raises(NotYours):
        office.do(lambda r: take(r, office.rules, application.code, binh, office.at))
    person = PersonalId(PERSONS["an"])
    await lend(office, from_key=key_of("an"), from_person=person, to_key=key_of("binh"), role="caseworker")
    taken = office.do(lambda r: take(r, office.rules, application.code, binh, office.at))
    assert taken.owner is not None
    assert taken.owner.subject_key == key_of("binh")


async def test_nobody_settles_own_cases_by_lent_powers(office: Office) -> None:
    """Neither the delegate's, nor the delegator's, nor a declared relative's of one of them."""
    an, cuong = await signed_in(office, "an"), await signed_in(office, "cuong")
    await lend(office)
    applicant = PersonalId("001194000001")
    herself = await signed_in(office, "an", personal_id=applicant.digits)
    application = await at_the_head(office)

    def decide(official: Any = an) -> Application:
        return office.do(lambda r: approve(r, office.rules, application.code, official, office.at))

    with pytest.raises(SelfDealing):
        decide(herself)
    for official in (an, cuong):
        assert office.do(lambda r, o=official: declare_relative(r, office.rules, o, applicant, office.at)) == 1
        assert office.do(lambda r, o=official: declare_relative(r, office.rules, o, applicant, office.at)) == 1
        with pytest.raises(SelfDealing):
            decide()
        assert office.do(lambda r, o=official: take_back_relative(r, office.rules, o, applicant, office.at)) == 0
        assert office.do(lambda r, o=official: count_relatives(r, o)) == 0
    decide()


async def test_a_delegators_own_case_is_closed_to_the_delegate(office: Office) -> None:
    application, an = await at_the_head(office), await signed_in(office, "an")
    cuong = await signed_in(office, "cuong", personal_id="001194000001")
    office.do(
        lambda r: grant(
            r,
            office.rules,
            cuong,
            from_key=None,
            from_person=None,
            to_key=key_of("an"),
            role="head",
            type_ids=None,
            valid_from=office.at,
            valid_until=office.at + timedelta(days=1),
            act=ACT,
            at=office.at,
        )
    )
    with pytest.raises(SelfDealing):
        office.do(lambda r: approve(r, office.rules, application.code, an, office.at))


async def test_a_relatives_cases_go_to_somebody_else_as_soon_as_the_relative_is_declared(office: Office) -> None:
    an = await signed_in(office, "an")
    hers = [await new_case(office) for _ in range(3)]
    strangers = [await new_case(office, client="one-stop-kiosk")]
    before = {one.id: office.do(lambda r, i=one.id: r.applications.by_id(i)).owner for one in (*hers, *strangers)}
    office.do(lambda r: declare_relative(r, office.rules, an, PersonalId("001194000001"), office.at))
    for application_id in before:
        owner = office.do(lambda r, i=application_id: r.applications.by_id(i)).owner
        visit = office.do(lambda r, i=application_id: r.step_visits.current(i))
        assert owner is not None
        assert visit is not None
        assert owner.subject_key == visit.owner_key == key_of("binh")
    assert key_of("an") in {owner.subject_key for owner in before.values() if owner is not None}


async def test_another_persons_cases_stay(office: Office) -> None:
    an, application = await signed_in(office, "an"), await new_case(office)
    office.do(lambda r: declare_relative(r, office.rules, an, PersonalId("001194000099"), office.at))
    assert office.do(lambda r: r.applications.by_id(application.id)) == application


async def test_the_own_number_once_declared_stays(office: Office) -> None:
    """So that nobody makes the register forget it, and gets an own case that another account has begun."""
    an, own = await signed_in(office, "an"), PersonalId(PERSONS["an"])
    assert office.do(lambda r: declare_relative(r, office.rules, an, own, office.at)) == 1
    assert office.do(lambda r: take_back_relative(r, office.rules, an, own, office.at)) == 1


async def test_cases_that_may_stay_keep_none_from_being_given_on(office: Office) -> None:
    """An acts for Bình in one document type; what is of another type comes to Bình, also behind all those."""
    register(office, "binh", is_active=False)
    stay, goes = [await new_case(office) for _ in range(3)], await new_case(office)
    register(office, "binh")
    await lend(
        office,
        from_key=key_of("binh"),
        from_person=PersonalId(PERSONS["binh"]),
        role="caseworker",
        type_ids=[TYPE],
        valid_until=office.at + timedelta(days=99),
    )
    register(office, "an", roles=frozenset({"operator"}))
    goes = office.do(lambda r: r.applications.save(replace(goes, type_id="residence_confirmation")))
    assert goes.promised_at >= max(one.promised_at for one in stay)
    for expected in (1, 0):
        assert office.do(lambda r: reassign_without_authority(r, office.rules, office.at, 1)) == expected
    owner = office.do(lambda r: r.applications.by_id(goes.id)).owner
    assert owner is not None
    assert owner.subject_key == key_of("binh")


async def test_a_relatives_case_is_never_assigned(office: Office) -> None:
    an = await signed_in(office, "an")
    office.do(lambda r: declare_relative(r, office.rules, an, PersonalId("001194000001"), office.at))
    owners = [(await new_case(office)).owner for _ in range(3)]
    assert {owner.subject_key if owner else None for owner in owners} == {key_of("binh")}


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"to_key": key_of("cuong")}, "same_person"),
        ({"to_key": key_of("stranger")}, "not_of_the_unit"),
        ({"from_key": key_of("stranger")}, "not_of_the_unit"),
        ({"from_key": key_of("binh"), "from_person": PersonalId(PERSONS["binh"])}, "role_not_held"),
        ({"from_key": key_of("binh"), "role": "caseworker"}, "person_missing"),
        ({"role": "operator"}, "role_not_lent"),
        ({"type_ids": []}, "unknown_types"),
        ({"type_ids": ["receipt"]}, "unknown_types"),
        ({"valid_until": TWO_STEPS}, "period"),
        ({"valid_until": TWO_STEPS + timedelta(days=367)}, "period"),
        ({"valid_from": TWO_STEPS - DAY}, "period"),
    ],
)
async def test_what_cannot_be_lent(office: Office, changed: dict[str, Any], why: str) -> None:
    with pytest.raises(DelegationRefused) as refused:
        await lend(office, **changed)
    assert refused.value.why == why


async def test_heads_lend_and_take_back_in_their_own_unit(office: Office) -> None:
    delegation, an = await lend(office), await signed_in(office, "an")
    binh, elsewhere = await signed_in(office, "binh"), await signed_in(office, "cuong", unit="000.00.16.H26")
    seen = {
        name: office.do(lambda r, o=official: list_delegations(r, o, office.at))
        for name, official in (("an", an), ("binh", binh), ("elsewhere", elsewhere))
    }
    assert (seen["an"], seen["binh"], seen["elsewhere"]) == ([delegation], [], [])
    with pytest.raises(RoleMissing):
        office.do(lambda r: revoke_delegation(r, an, delegation.id, office.at))
    for official, wanted in ((elsewhere, delegation.id), (await signed_in(office, "cuong"), uuid4())):
        with pytest.raises(DelegationNotFound):
            office.do(lambda r, o=official, i=wanted: revoke_delegation(r, o, i, office.at))
    ended = datetime.max.replace(tzinfo=office.at.tzinfo)
    assert office.do(lambda r: list_delegations(r, an, ended)) == []
