"""Who was shown whose data, chained by storage.ledger_chain. Triggers refuse every change of what is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from issuance.accesses import Access, AccessPage, Purpose, SeenAccess

from .columns import to_json
from .cursors import encode_number, number_key
from .ledger_books import Row, access_fields, stream_of_reader
from .ledger_chain import Chain, Writing
from .ledger_tables import access_subjects, accesses
from .tables import applications
from .together import Together

_WRITING = Writing(accesses, as_text=("roles",))
_SUBJECTS = sa.insert(access_subjects)


class SqlAccesses:
    __slots__ = ("_chain", "_connection")

    def __init__(self, connection: Together, chain: Chain) -> None:
        self._connection = connection
        self._chain = chain

    def record(self, access: Access) -> None:
        roles = to_json(sorted(access.roles))
        whose: list[tuple[UUID | None, str | None]] = [(one, None) for one in access.application_ids]
        whose += [(None, one) for one in access.person_indexes]
        subjects = [(place, *one) for place, one in enumerate(whose)]

        def row(row_id: int, seq: int) -> Mapping[str, Any]:
            return {
                "id": row_id,
                "reader": access.reader,
                "seq": seq,
                "at": access.at,
                "unit": access.unit,
                "roles": roles,
                "purpose": access.purpose.value,
                "shown": access.shown,
            }

        access_id = self._chain.append(
            _WRITING, stream_of_reader(access.reader), row, lambda made: access_fields(made, subjects)
        )
        if subjects:
            self._connection.execute(
                _SUBJECTS,
                [
                    {"access_id": access_id, "place": place, "application_id": application_id, "person_index": person}
                    for place, application_id, person in subjects
                ],
            )

    def of_person(self, subject_key: str, person_index: str, cursor: str | None, limit: int) -> AccessPage:
        of_the_person = sa.select(applications.c.id).where(
            # What a body asks about somebody is not told to that person.
            applications.c.requested_by.is_(None),
            sa.or_(
                applications.c.subject_key == subject_key,
                applications.c.person_index == person_index,
                applications.c.concerned_index == person_index,
            ),
        )
        about_the_person = sa.or_(
            access_subjects.c.application_id.in_(of_the_person), access_subjects.c.person_index == person_index
        )
        ids = sa.select(access_subjects.c.access_id).where(about_the_person)
        query = sa.select(accesses).where(accesses.c.id.in_(ids)).order_by(accesses.c.id.desc()).limit(limit + 1)
        if cursor is not None:
            query = query.where(accesses.c.id < number_key(cursor))
        rows = self._connection.execute(query).mappings().all()
        shown = rows[:limit]
        codes = self._codes([row["id"] for row in shown], of_the_person)
        return AccessPage(
            [_seen(row, codes.get(row["id"], ())) for row in shown],
            encode_number(shown[-1]["id"]) if len(rows) > limit else None,
        )

    def of_application(self, application_id: UUID) -> Sequence[SeenAccess]:
        ids = sa.select(access_subjects.c.access_id).where(access_subjects.c.application_id == application_id)
        query = sa.select(accesses).where(accesses.c.id.in_(ids)).order_by(accesses.c.id)
        return [_seen(row, ()) for row in self._connection.execute(query).mappings()]

    def _codes(self, access_ids: Collection[int], of_the_person: sa.Select[Any]) -> Mapping[int, Sequence[str]]:
        """Only the person's own: a list that an official saw held other people's too."""
        query = (
            sa.select(access_subjects.c.access_id, applications.c.code)
            .join(applications, applications.c.id == access_subjects.c.application_id)
            .where(access_subjects.c.access_id.in_(access_ids), applications.c.id.in_(of_the_person))
            .order_by(access_subjects.c.access_id, access_subjects.c.place)
        )
        found: dict[int, list[str]] = {}
        for access_id, code in self._connection.execute(query):
            found.setdefault(access_id, []).append(code)
        return found


def _seen(row: Row, codes: Sequence[str]) -> SeenAccess:
    at: datetime = row["at"]
    return SeenAccess(
        at=at,
        reader=row["reader"],
        unit=row["unit"],
        roles=tuple(row["roles"]),
        purpose=Purpose(row["purpose"]),
        shown=row["shown"],
        codes=tuple(codes),
    )
