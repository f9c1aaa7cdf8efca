"""Papers that citizens bring, as rows; their bytes lie in the folder of documents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from issuance.application import ApplicationState
from issuance.evidence import Evidence, EvidenceState

from .application_rows import actor_from_json, actor_to_json
from .cells import Cells
from .conflicts import first_one_wins
from .fee_tables import evidence as t
from .tables import applications

_WITH_RESULT = (ApplicationState.SETTLED.value, ApplicationState.RESULT_RETURNED.value)
_OF_APPLICATION = (
    sa.select(t).where(t.c.application_id == sa.bindparam("of_application")).order_by(t.c.uploaded_at, t.c.id)
)


class SqlEvidence:
    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def add(self, evidence: Evidence) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(t), self._cells.seal(t, evidence_to_row(evidence)))

    def of_application(self, application_id: UUID) -> Sequence[Evidence]:
        rows = self._connection.execute(_OF_APPLICATION, {"of_application": application_id}).mappings()
        return [evidence_from_row(row) for row in self._cells.open_all(t, rows)]

    def of_applications(self, application_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Evidence]]:
        query = sa.select(t).where(t.c.application_id.in_(application_ids)).order_by(t.c.uploaded_at, t.c.id)
        found: dict[UUID, list[Evidence]] = {}
        for row in self._cells.open_all(t, self._connection.execute(query).mappings()):
            found.setdefault(row["application_id"], []).append(evidence_from_row(row))
        return found

    def of_ended(self, with_result_before: datetime, without_before: datetime, limit: int) -> Sequence[Evidence]:
        has_result = applications.c.state.in_(_WITH_RESULT)
        ended = sa.or_(
            sa.and_(has_result, applications.c.closed_at < with_result_before),
            sa.and_(sa.not_(has_result), applications.c.closed_at < without_before),
        )
        query = (
            sa.select(t)
            .join(applications, applications.c.id == t.c.application_id)
            .where(t.c.file_removed_at.is_(None), ended)
            .order_by(t.c.id)
            .limit(limit)
        )
        return [evidence_from_row(row) for row in self._cells.open_all(t, self._connection.execute(query).mappings())]

    def give_up_file(self, evidence: Evidence) -> None:
        if evidence.file_removed_at is None:
            raise ValueError("when was it removed?")
        kept = sa.and_(t.c.id == evidence.id, t.c.file_removed_at.is_(None))
        self._connection.execute(sa.update(t).where(kept).values(file_removed_at=evidence.file_removed_at))

    def decide(self, evidence: Evidence) -> bool:
        if evidence.state is EvidenceState.SUBMITTED:
            raise ValueError("a decision accepts or rejects")
        row = self._cells.seal(t, evidence_to_row(evidence))
        decided = {name: row[name] for name in ("state", "decided_by", "decided_at", "reason")}
        undecided = sa.and_(t.c.id == evidence.id, t.c.state == EvidenceState.SUBMITTED.value)
        return self._connection.execute(sa.update(t).where(undecided).values(decided)).rowcount == 1


def evidence_to_row(evidence: Evidence) -> dict[str, Any]:
    return {
        "id": evidence.id,
        "application_id": evidence.application_id,
        "category": evidence.category,
        "kind": evidence.kind,
        "sha256": evidence.sha256,
        "media_type": evidence.media_type,
        "size_bytes": evidence.size_bytes,
        "uploaded_at": evidence.uploaded_at,
        "state": evidence.state.value,
        "decided_by": actor_to_json(evidence.decided_by),
        "decided_at": evidence.decided_at,
        "reason": evidence.reason,
        "pages": evidence.pages,
        "is_encrypted": evidence.is_encrypted,
        "file_removed_at": evidence.file_removed_at,
    }


def evidence_from_row(row: RowMapping | dict[str, Any]) -> Evidence:
    return Evidence(
        id=row["id"],
        application_id=row["application_id"],
        category=row["category"],
        kind=row["kind"],
        sha256=row["sha256"],
        media_type=row["media_type"],
        size_bytes=row["size_bytes"],
        uploaded_at=row["uploaded_at"],
        state=EvidenceState(row["state"]),
        decided_by=actor_from_json(row["decided_by"]),
        decided_at=row["decided_at"],
        reason=row["reason"],
        pages=row["pages"],
        is_encrypted=row["is_encrypted"],
        file_removed_at=row["file_removed_at"],
    )
