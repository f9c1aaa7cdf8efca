"""An official reads what he or she was told, and says so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from identity.citizen import VerifiedOfficial
from issuance.desk import demand_desk
from issuance.errors import FollowUpNotFound
from issuance.records import Records

from .follow_up import FollowUpPage

_HEAD = "head"


def unseen_follow_ups(records: Records, official: VerifiedOfficial, cursor: str | None, limit: int) -> FollowUpPage:
    """The official's own and, for a head, all of the unit, newest first. Raises RoleMissing, InvalidCursor."""
    demand_desk(official)
    return records.follow_ups.of_official(
        official.unit, official.subject_key, official.roles, cursor, limit, whole_unit=_HEAD in official.roles
    )


def see(records: Records, official: VerifiedOfficial, follow_up_id: UUID, at: datetime) -> None:
    """Harmless when repeated. Raises RoleMissing, FollowUpNotFound."""
    demand_desk(official)
    is_known = records.follow_ups.see(
        follow_up_id, official.unit, official.subject_key, official.roles, at, whole_unit=_HEAD in official.roles
    )
    if not is_known:
        raise FollowUpNotFound("no such follow-up")
