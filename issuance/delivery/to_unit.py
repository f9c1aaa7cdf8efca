"""A finished document is handed to another unit of the installation, whose officials open and acknowledge it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from identity.citizen import VerifiedOfficial

from ..application import Actor, Application
from ..certificate import Certificate, CertificateKind, CertificateState
from ..desk import demand_desk, is_own_case, open_case, refuse_own_case
from ..errors import AlreadyHandedOver, CertificateNotReady, HandoverRefused, HandoverSettled, UnknownUnit
from ..fees.facts import vietnam_day
from ..issued import open_issued
from ..records import AuditEntry, Records
from .handover import Handover, HandoverPage


def hand_to_unit(
    records: Records, code: str, official: VerifiedOfficial, to_unit: str, reason: str, at: datetime
) -> Handover:
    """Hand the issued result of a case of the own unit to another one.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, CertificateNotFound, AlreadyRevoked, HandoverRefused (the own
    unit, or one that does not exist today), AlreadyHandedOver.
    """
    certificate = open_issued(records, code, official)
    try:
        records.units.tree().on(to_unit, vietnam_day(at))
    except UnknownUnit:
        raise HandoverRefused("there is no such unit today") from None
    application = open_case(records, official, code)
    if to_unit == application.unit:
        raise HandoverRefused("the document is this unit's own")
    sent = records.handovers.of_application(application.id)
    if any(one.to_unit == to_unit and one.acknowledged_at is None for one in sent):
        raise AlreadyHandedOver("this document waits at that unit already")
    handover = Handover(
        id=uuid4(),
        application_id=application.id,
        from_unit=application.unit,
        to_unit=to_unit,
        reason=reason,
        sent_by=Actor.from_official(official),
        sent_at=at,
    )
    records.handovers.add(handover)
    _audit(records, handover, "handed_to_unit", official, at, number=certificate.number)
    return handover


def inbox(records: Records, official: VerifiedOfficial, cursor: str | None, limit: int) -> HandoverPage:
    """What was handed to the official's unit; what is about an own case is left out.

    Raises RoleMissing, InvalidCursor.
    """
    demand_desk(official)
    page = records.handovers.inbox(official.unit, cursor, limit)
    return HandoverPage([one for one in page.handovers if not is_own_case(one[1], official)], page.next_cursor)


def find_handed(
    records: Records, handover_id: UUID, official: VerifiedOfficial
) -> tuple[Handover, Application, Certificate]:
    """Raises HandoverNotFound (another unit's too), RoleMissing, SelfDealing, CertificateNotReady (not in force)."""
    demand_desk(official)
    handover = records.handovers.for_unit(handover_id, official.unit)
    application = records.applications.by_id(handover.application_id)
    refuse_own_case(application, official)
    certificate = records.certificates.of_application(application.id, CertificateKind.RESULT)
    if certificate is None or certificate.state is not CertificateState.ISSUED or certificate.suspension is not None:
        raise CertificateNotReady("this document is not in force now")
    return handover, application, certificate


def note_opened(records: Records, handover_id: UUID, official: VerifiedOfficial, at: datetime) -> Handover:
    """The document's bytes are handed out: every opening is on record. Raises what `find_handed` raises."""
    handover, _, certificate = find_handed(records, handover_id, official)
    if handover.opened_at is None:
        opened = replace(handover, opened_by=Actor.from_official(official), opened_at=at)
        handover = opened if records.handovers.open(opened) else handover
    _audit(records, handover, "handover_opened", official, at, number=certificate.number)
    return handover


def acknowledge(
    records: Records, handover_id: UUID, official: VerifiedOfficial, note: str | None, at: datetime
) -> Handover:
    """The unit has it. Only what was opened is acknowledged, once.

    Raises HandoverNotFound, RoleMissing, SelfDealing, HandoverSettled (not opened yet, or acknowledged).
    """
    demand_desk(official)
    handover = records.handovers.for_unit(handover_id, official.unit)
    refuse_own_case(records.applications.by_id(handover.application_id), official)
    if handover.opened_at is None or handover.acknowledged_at is not None:
        raise HandoverSettled("only what was opened is acknowledged, once")
    done = replace(handover, acknowledged_by=Actor.from_official(official), acknowledged_at=at, note=note)
    if not records.handovers.acknowledge(done):
        raise HandoverSettled("it was acknowledged at the same moment")
    _audit(records, done, "handover_acknowledged", official, at)
    return done


def _audit(
    records: Records, handover: Handover, action: str, official: VerifiedOfficial, at: datetime, **details: str
) -> None:
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action=action,
            application_id=handover.application_id,
            details={"handover": str(handover.id), "from": handover.from_unit, "to": handover.to_unit, **details},
        )
    )
