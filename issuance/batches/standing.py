"""Who may prepare a batch, and who may approve it: two people of the unit that issues its documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from identity.officials_register import RegisteredOfficial

from ..application import Actor
from ..delegations.authority import HEAD, Authority, still_holds
from ..desk import DESK_ROLES
from ..documents.catalogue import DocumentType
from ..errors import NoSuccessor
from ..fees.facts import vietnam_day
from ..records import Records
from ..settlement.assign_owner import actor_of
from ..settlement.in_force import unit_in_charge
from .batch import Batch
from .errors import BatchRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """In whose name a batch's documents are issued, as the register of officials has them now."""

    preparer: Actor
    approver: Authority


def unit_of_batch(records: Records, document_type: DocumentType, at: datetime) -> str:
    """The unit that issues this type now. Raises BatchRefused."""
    if not document_type.is_issued_in_batches or document_type.sources:
        raise BatchRefused("not_for_batches", type=document_type.id)
    try:
        return unit_in_charge(records, document_type, vietnam_day(at))
    except NoSuccessor:
        raise BatchRefused("no_unit", type=document_type.id) from None


def may_prepare(records: Records, subject_key: str, unit: str) -> Actor:
    """Whoever works at the unit's desk. Raises BatchRefused."""
    official = _registered(records, subject_key, unit)
    if not DESK_ROLES & official.roles:
        raise BatchRefused("role_missing", official=subject_key, role="caseworker")
    return actor_of(official)


def may_approve(records: Records, subject_key: str, unit: str, type_id: str, at: datetime) -> Authority:
    """A head of the unit, or whoever acts for one under a delegation in force. Raises BatchRefused."""
    official = _registered(records, subject_key, unit)
    if HEAD in official.roles:
        return Authority(actor=actor_of(official), as_head=True)
    for delegation in records.delegations.to(subject_key, unit, at):
        lends = delegation.role == HEAD and delegation.covers(type_id) and delegation.is_in_force(at)
        if lends and still_holds(records, delegation):
            return Authority(actor=actor_of(official), as_head=True, delegation=delegation)
    raise BatchRefused("role_missing", official=subject_key, role=HEAD)


def standing_of(records: Records, batch: Batch, at: datetime) -> Standing:
    """Of an approved batch; both must still be who they were. Raises BatchRefused."""
    if batch.approved_by is None:
        raise BatchRefused("not_approved", batch=batch.code)
    approver = may_approve(records, batch.approved_by, batch.unit, batch.type_id, at)
    return Standing(preparer=may_prepare(records, batch.prepared_by, batch.unit), approver=approver)


def accounts_of(standing: Standing) -> frozenset[str]:
    """Whose own and relatives' documents are not in the batch."""
    accounts = {standing.preparer.subject_key, standing.approver.actor.subject_key}
    if standing.approver.acting_for is not None:
        accounts.add(standing.approver.acting_for.subject_key)
    return frozenset(accounts)


def _registered(records: Records, subject_key: str, unit: str) -> RegisteredOfficial:
    """Nobody has signed in, so the register of officials is the only word on who somebody is. Raises BatchRefused."""
    official = records.officials.find(subject_key)
    if official is None or not official.is_active or official.unit != unit:
        raise BatchRefused("not_of_unit", official=subject_key, unit=unit)
    if not official.full_name:
        raise BatchRefused("no_name", official=subject_key)
    return official
