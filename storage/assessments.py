"""Every fee decision of every application, append-only: what was decided can be decided again, years later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from issuance.assessed import StoredAssessment
from issuance.fees.stored import from_json

from .cells import Cells
from .fee_tables import fee_assessments as t
from .fee_texts import fee_text
from .tables import applications
from .together import Together

# Built once: composing a statement costs more than executing it.
_COUNT = sa.select(sa.func.count()).select_from(t)
_OF_APPLICATION = sa.select(t).where(t.c.application_id == sa.bindparam("of_application")).order_by(t.c.seq)


class SqlAssessments:
    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Together, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def add(self, assessment: StoredAssessment) -> None:
        values = {
            "application_id": assessment.application_id,
            "seq": assessment.seq,
            "at": assessment.at,
            "cause": assessment.cause,
            "assessment": fee_text(assessment.assessment),
        }
        self._connection.insert(t, self._cells.seal(t, values))

    def of_application(self, application_id: UUID) -> Sequence[StoredAssessment]:
        rows = self._connection.execute(_OF_APPLICATION, {"of_application": application_id}).mappings()
        return [_from_row(row) for row in self._cells.open_all(t, rows)]

    def after(self, application_id: UUID | None, seq: int, limit: int) -> Sequence[StoredAssessment]:
        erased = sa.exists().where(applications.c.id == t.c.application_id, applications.c.erased_at.is_not(None))
        query = sa.select(t).where(sa.not_(erased)).order_by(t.c.application_id, t.c.seq).limit(limit)
        if application_id is not None:
            place = (sa.bindparam(None, application_id, t.c.application_id.type), sa.bindparam(None, seq, t.c.seq.type))
            query = query.where(sa.tuple_(t.c.application_id, t.c.seq) > sa.tuple_(*place))
        return [_from_row(row) for row in self._cells.open_all(t, self._connection.execute(query).mappings())]

    def count(self) -> int:
        counted: int = self._connection.execute(_COUNT).scalar_one()
        return counted


def _from_row(row: dict[str, Any]) -> StoredAssessment:
    return StoredAssessment(
        application_id=row["application_id"],
        seq=row["seq"],
        at=row["at"],
        cause=row["cause"],
        assessment=from_json(row["assessment"]),
    )
