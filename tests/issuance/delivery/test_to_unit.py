"""From unit to unit: a foreign unit sees nothing, every opening is on record, and it is acknowledged once."""

from __future__ import annotations

from uuid import UUID

import pytest

from issuance.agencies.import_units import install_units
from issuance.certificate import RevocationReason
from issuance.delivery.to_unit import acknowledge, find_handed, hand_to_unit, inbox, note_opened
from issuance.errors import (
    AlreadyHandedOver,
    CertificateNotFound,
    CertificateNotReady,
    HandoverNotFound,
    HandoverRefused,
    HandoverSettled,
    RoleMissing,
    SelfDealing,
)
from issuance.revoke import revoke
from tests.issuance.delivery.sending import official_of
from tests.issuance.office import UNIT, Office

WHY = "Theo văn bản đề nghị số 12."


def another_unit(office: Office) -> str:
    """Another unit of the installation."""
    office.do(lambda records: install_units(records, office.at))
    tree = office.do(lambda records: records.units.tree())
    return next(unit.code for unit in tree.units_on(office.at.date()) if unit.code != UNIT)


@pytest.fixture
def there(office: Office) -> str:
    return another_unit(office)


async def test_a_document_is_handed_over_opened_and_acknowledged(office_on_both: Office) -> None:
    office, there = office_on_both, another_unit(office_on_both)
    application = await office.approved()
    sender, receiver = await official_of(office), await official_of(office, unit=there, sub="receiver")
    with pytest.raises(CertificateNotFound):
        office.do(lambda r: hand_to_unit(r, application.code, sender, there, WHY, office.at))
    office.issue(application.id)
    sent = office.do(lambda r: hand_to_unit(r, application.code, sender, there, WHY, office.at))
    assert WHY not in repr(sent)
    (shown,) = office.do(lambda r: inbox(r, receiver, None, 10)).handovers
    assert shown[0] == sent
    with pytest.raises(HandoverSettled):
        office.do(lambda r: acknowledge(r, sent.id, receiver, None, office.at))
    office.do(lambda r: note_opened(r, sent.id, receiver, office.at))
    office.do(lambda r: note_opened(r, sent.id, receiver, office.at))
    done = office.do(lambda r: acknowledge(r, sent.id, receiver, "Đã nhận.", office.at))
    assert (done.note, done.opened_by) == ("Đã nhận.", done.acknowledged_by)
    with pytest.raises(HandoverSettled):
        office.do(lambda r: acknowledge(r, sent.id, receiver, None, office.at))
    trail = office.audit(application.id)
    assert trail[-4:] == ["handed_to_unit", "handover_opened", "handover_opened", "handover_acknowledged"]
    office.do(lambda r: hand_to_unit(r, application.code, sender, there, WHY, office.at))


async def test_a_foreign_unit_sees_nothing(office: Office, there: str) -> None:
    application = await office.approved()
    office.issue(application.id)
    sender = await official_of(office)
    sent = office.do(lambda r: hand_to_unit(r, application.code, sender, there, WHY, office.at))
    for who in (sender, await official_of(office, unit="000.00.16.H26")):
        assert not office.do(lambda r, who=who: inbox(r, who, None, 10)).handovers  # type: ignore[misc] # of a default
        for handover in (sent.id, UUID(int=7)):
            with pytest.raises(HandoverNotFound):
                office.do(lambda r, one=handover, who=who: find_handed(r, one, who))  # type: ignore[misc] # of a default
    operator = await official_of(office, unit=there, roles=["operator"])
    with pytest.raises(RoleMissing):
        office.do(lambda r: find_handed(r, sent.id, operator))


async def test_nobody_receives_an_own_document(office: Office, there: str) -> None:
    application = await office.approved()
    office.issue(application.id)
    sender = await official_of(office)
    sent = office.do(lambda r: hand_to_unit(r, application.code, sender, there, WHY, office.at))
    number = application.applicant.personal_id
    herself = await official_of(office, unit=there, sub="herself", personal_id=number)
    assert not office.do(lambda r: inbox(r, herself, None, 10)).handovers
    with pytest.raises(SelfDealing):
        office.do(lambda r: find_handed(r, sent.id, herself))
    with pytest.raises(SelfDealing):
        office.do(lambda r: acknowledge(r, sent.id, herself, None, office.at))


async def test_what_was_taken_back_is_not_opened(office: Office, there: str) -> None:
    application = await office.approved()
    office.issue(application.id)
    sender, receiver = await official_of(office), await official_of(office, unit=there, sub="receiver")
    sent = office.do(lambda r: hand_to_unit(r, application.code, sender, there, WHY, office.at))
    office.do(lambda r: revoke(r, application.code, sender, RevocationReason.FACTS_CHANGED, office.at))
    with pytest.raises(CertificateNotReady):
        office.do(lambda r: note_opened(r, sent.id, receiver, office.at))


async def test_where_nothing_can_be_sent(office: Office, there: str) -> None:
    application = await office.approved()
    office.issue(application.id)
    sender = await official_of(office)
    for nowhere in (UNIT, "999.99.99.X99"):
        with pytest.raises(HandoverRefused):
            office.do(lambda r, unit=nowhere: hand_to_unit(r, application.code, sender, unit, WHY, office.at))  # type: ignore[misc] # of a default
    office.do(lambda r: hand_to_unit(r, application.code, sender, there, WHY, office.at))
    with pytest.raises(AlreadyHandedOver):
        office.do(lambda r: hand_to_unit(r, application.code, sender, there, WHY, office.at))
