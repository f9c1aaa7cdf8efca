"""A citizen has the paper copies sent by post: asks, corrects the address, asks again after a return."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from verification.register import DocumentStatus

from ..application import Application, ApplicationState
from ..assess_fee import assess_fee, fee_facts
from ..bring_evidence import own_application
from ..certificate import CertificateKind
from ..desk import open_case
from ..errors import AlreadyClosed, AlreadyRevoked, NoParcel, ParcelUnderWay, PostageUndecided, PostNotOffered
from ..fees.facts import vietnam_day
from ..records import AuditEntry, Records
from ..rules import Rules
from .address import PostalAddress
from .parcel import Parcel, ParcelState, new_parcel_number

POST = "post"
_NOTHING_TO_SEND = frozenset({ApplicationState.REFUSED_AT_INTAKE, ApplicationState.WITHDRAWN, ApplicationState.STOPPED})


def ask_for_post(
    records: Records, rules: Rules, citizen: VerifiedCitizen, code: str, address: PostalAddress, at: datetime
) -> Parcel:
    """Have all copies of the own application sent; after a return they go out anew, without being printed again.

    Whoever did not choose the post at submission may do so as long as that costs nothing more: the fee is decided once.
    Raises ApplicationNotFound, LevelTooLow, PostNotOffered, AlreadyClosed (there will be no document),
    AlreadyRevoked (nothing of it is printed any more), PostageUndecided, ParcelUnderWay.
    """
    application = own_application(records, citizen, code)
    if POST not in rules.catalogue.get(application.type_id).delivery or application.requested_by is not None:
        raise PostNotOffered("this document is not sent by post")
    if application.state in _NOTHING_TO_SEND:
        raise AlreadyClosed("this application has ended without a document")
    result = records.certificates.of_application(application.id, CertificateKind.RESULT)
    if result is not None and result.status is DocumentStatus.REVOKED:
        raise AlreadyRevoked("copies of a revoked document are not sent")
    if application.input.get("delivery") != POST and _would_cost(records, rules, application):
        raise PostageUndecided("postage is due, and was not part of the decided fee")
    return _send(records, application, address, citizen.subject_key, at)


def change_address(
    records: Records, citizen: VerifiedCitizen, code: str, address: PostalAddress, at: datetime
) -> Parcel:
    """Until the copies are printed. Raises ApplicationNotFound, LevelTooLow, NoParcel, ParcelUnderWay."""
    application, parcel = _under_way(records, own_application(records, citizen, code))
    if parcel.state is not ParcelState.ASKED:
        raise ParcelUnderWay("the copies are printed: the address stands")
    changed = records.parcels.save(replace(parcel, address=address, changed_at=at))
    note(records, application.id, changed, "parcel_address_changed", citizen.subject_key, at)
    return changed


def cancel_parcel(records: Records, citizen: VerifiedCitizen, code: str, at: datetime) -> Parcel:
    """Until the copies are printed. Raises ApplicationNotFound, LevelTooLow, NoParcel, ParcelUnderWay."""
    application, parcel = _under_way(records, own_application(records, citizen, code))
    if parcel.state is not ParcelState.ASKED:
        raise ParcelUnderWay("the copies are printed")
    cancelled = records.parcels.save(parcel.moved_to(ParcelState.CANCELLED, at))
    note(records, application.id, cancelled, "parcel_cancelled", citizen.subject_key, at)
    return cancelled


def send_again(records: Records, code: str, official: VerifiedOfficial, at: datetime) -> Parcel:
    """The desk sends what came back once more, to the same address.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, NoParcel (none came back), ParcelUnderWay.
    """
    application = open_case(records, official, code)
    known = records.parcels.of_application(application.id)
    if not known or known[-1].state is not ParcelState.RETURNED:
        raise NoParcel("no parcel of this application came back")
    return _send(records, application, known[-1].address, official.subject_key, at)


def note(records: Records, application_id: UUID, parcel: Parcel, action: str, actor: str, at: datetime) -> None:
    """The audit entry of what happened to a parcel; nothing of its address."""
    records.audit.append(
        AuditEntry(
            at=at,
            actor=actor,
            action=action,
            application_id=application_id,
            details={"parcel": parcel.number, "parcel_state": parcel.state, "copies": parcel.copies},
        )
    )


def _send(records: Records, application: Application, address: PostalAddress, by: str, at: datetime) -> Parcel:
    known = records.parcels.of_application(application.id)
    ended = (ParcelState.RETURNED, ParcelState.CANCELLED)
    if any(one.state not in ended for one in known):
        raise ParcelUnderWay("a parcel of this application is under way, or has arrived")
    # What came back, or was printed before anybody asked for the post, lies at the unit: nothing is printed twice.
    all_printed = records.paper_copies.printed(application.id) >= application.copies
    parcel = Parcel(
        id=uuid4(),
        application_id=application.id,
        seq=len(known) + 1,
        number=new_parcel_number(),
        copies=application.copies,
        address=address,
        state=ParcelState.PRINTED if all_printed else ParcelState.ASKED,
        asked_at=at,
        changed_at=at,
    )
    records.parcels.add(parcel)
    note(records, application.id, parcel, "parcel_asked", by, at)
    return parcel


def _under_way(records: Records, application: Application) -> tuple[Application, Parcel]:
    """The newest parcel. Raises NoParcel where nothing is on its way."""
    known = records.parcels.of_application(application.id)
    if not known or known[-1].state in (ParcelState.RETURNED, ParcelState.CANCELLED):
        raise NoParcel("no parcel of this application is under way")
    return application, known[-1]


def _would_cost(records: Records, rules: Rules, application: Application) -> bool:
    """Whether the rules of the application's day ask for more where the post brings it; unknown counts as yes."""
    facts = fee_facts(
        rules.catalogue.get(application.type_id),
        {**application.input, "delivery": POST},
        channel=application.channel,
        birth_date=application.concerned.birth_date,
        level=application.applicant.level,
        submitted_on=vietnam_day(application.submitted_at),
        papers=records.evidence.of_application(application.id),
    )
    anew = assess_fee(
        records,
        records.fee_policies.book(),
        facts,
        person=rules.person_index(application.concerned.personal_id),
        given_back=records.quotas.claimed(application.id),
    )
    totals = anew.assessment.totals
    return totals is None or application.amount_due is None or totals.due > application.amount_due
