"""Drafts of fee policies, who wrote at them, their rehearsals, and the files of legal acts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.errors import ConcurrentChange, DraftNotFound, InvalidCursor, RehearsalNotFound
from issuance.fee_policies.draft import (
    DraftState,
    DraftSummary,
    Editor,
    PolicyDraft,
    RehearsalState,
    StoredAct,
    StoredRehearsal,
)

from .conflicts import first_one_wins
from .fee_tables import fee_acts, fee_policy_drafts, fee_policy_editors, fee_rehearsals

_FIXED = ("id", "unit", "created_at")
_REHEARSED = ("state", "done", "total", "result", "error")
_SUMMARY = ("id", "policy_id", "policy_version", "digest", "state", "author", "created_at")
_ACT = ("sha256", "name", "media_type", "size_bytes", "added_by", "added_at")


class SqlFeeDrafts:
    __slots__ = ("_clock", "_connection")

    def __init__(self, connection: Connection, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._clock = clock

    def add_draft(self, draft: PolicyDraft, editor: Editor) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(fee_policy_drafts), _draft_to_row(draft))
        self._note_editor(draft.id, editor)

    def save_draft(self, draft: PolicyDraft, editor: Editor | None = None) -> PolicyDraft:
        t = fee_policy_drafts
        stored = replace(draft, version=draft.version + 1)
        values = {name: value for name, value in _draft_to_row(stored).items() if name not in _FIXED}
        same = sa.and_(t.c.id == draft.id, t.c.version == draft.version)
        if self._connection.execute(sa.update(t).where(same).values(values)).rowcount != 1:
            raise ConcurrentChange("the draft was changed by somebody else")
        if editor is not None:
            # After the row: whoever edits what he has approved takes the approval away first.
            self._note_editor(draft.id, editor)
        return stored

    def draft(self, draft_id: UUID) -> PolicyDraft:
        query = sa.select(fee_policy_drafts).where(fee_policy_drafts.c.id == draft_id)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise DraftNotFound("no such draft")
        return _draft_from_row(row)

    def drafts(self, limit: int, after: UUID | None = None) -> Sequence[DraftSummary]:
        t = fee_policy_drafts
        query = sa.select(*(t.c[name] for name in _SUMMARY)).order_by(t.c.created_at.desc(), t.c.id.desc()).limit(limit)
        if after is not None:
            created_at = self._connection.execute(sa.select(t.c.created_at).where(t.c.id == after)).scalar()
            if created_at is None:
                raise InvalidCursor("this is no cursor of this list")
            query = query.where(
                sa.or_(t.c.created_at < created_at, sa.and_(t.c.created_at == created_at, t.c.id < after))
            )
        rows = self._connection.execute(query).mappings()
        return [DraftSummary(**{**row, "state": DraftState(row["state"])}) for row in rows]

    def scheduled_drafts(self, digest: str) -> Sequence[PolicyDraft]:
        t = fee_policy_drafts
        query = sa.select(t).where(t.c.approved_digest == digest, t.c.state == DraftState.SCHEDULED.value)
        return [_draft_from_row(row) for row in self._connection.execute(query).mappings()]

    def editors(self, draft_id: UUID) -> Sequence[Editor]:
        t = fee_policy_editors
        query = sa.select(t.c.subject_key, t.c.person).where(t.c.draft_id == draft_id).order_by(t.c.subject_key)
        return [Editor(subject_key=key, person=person) for key, person in self._connection.execute(query)]

    def _note_editor(self, draft_id: UUID, editor: Editor) -> None:
        t = fee_policy_editors
        known = sa.select(t.c.draft_id).where(t.c.draft_id == draft_id, t.c.subject_key == editor.subject_key)
        if self._connection.execute(known).first() is not None:
            return
        values = {"draft_id": draft_id, "subject_key": editor.subject_key, "person": editor.person}
        with first_one_wins():
            self._connection.execute(sa.insert(t), values)

    def add_rehearsal(self, rehearsal: StoredRehearsal) -> None:
        with first_one_wins():
            self._connection.execute(
                sa.insert(fee_rehearsals), _rehearsal_to_row(rehearsal) | {"changed_at": self._clock()}
            )

    def save_rehearsal(self, rehearsal: StoredRehearsal) -> None:
        t = fee_rehearsals
        row = _rehearsal_to_row(rehearsal)
        values = {name: row[name] for name in _REHEARSED} | {"changed_at": self._clock()}
        unfinished = sa.and_(t.c.id == rehearsal.id, t.c.state.in_(_UNFINISHED))
        if self._connection.execute(sa.update(t).where(unfinished).values(values)).rowcount != 1:
            raise ConcurrentChange("the rehearsal has ended already")

    def rehearsal(self, rehearsal_id: UUID) -> StoredRehearsal:
        query = sa.select(fee_rehearsals).where(fee_rehearsals.c.id == rehearsal_id)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise RehearsalNotFound("no such rehearsal")
        return _rehearsal_from_row(row)

    def last_rehearsal(self, draft_id: UUID) -> StoredRehearsal | None:
        t = fee_rehearsals
        query = sa.select(t).where(t.c.draft_id == draft_id).order_by(t.c.asked_at.desc(), t.c.id.desc()).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _rehearsal_from_row(row)

    def add_act(self, act: StoredAct) -> None:
        if self.act(act.sha256) is None:
            with first_one_wins():
                self._connection.execute(sa.insert(fee_acts), {name: getattr(act, name) for name in _ACT})

    def act(self, sha256: bytes) -> StoredAct | None:
        query = sa.select(fee_acts).where(fee_acts.c.sha256 == sha256)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else StoredAct(**row)

    def acts(self) -> Sequence[StoredAct]:
        query = sa.select(fee_acts).order_by(fee_acts.c.name, fee_acts.c.sha256)
        return [StoredAct(**row) for row in self._connection.execute(query).mappings()]


_UNFINISHED = [RehearsalState.ASKED.value, RehearsalState.RUNNING.value, RehearsalState.FAILED.value]


def _draft_to_row(draft: PolicyDraft) -> dict[str, Any]:
    return {
        "id": draft.id,
        "policy_id": draft.policy_id,
        "policy_version": draft.policy_version,
        "source": draft.source,
        "digest": draft.digest,
        "state": draft.state.value,
        "author": draft.author,
        "unit": draft.unit,
        "created_at": draft.created_at,
        "checked": draft.checked,
        "rehearsal": draft.rehearsal,
        "approved_by": draft.approved_by,
        "approved_person": draft.approved_person,
        "approved_at": draft.approved_at,
        "approved_digest": draft.approved_digest,
        "withdrawn_by": draft.withdrawn_by,
        "withdrawal_reason": draft.withdrawal_reason,
        "version": draft.version,
    }


def _draft_from_row(row: sa.RowMapping) -> PolicyDraft:
    return PolicyDraft(**{**row, "state": DraftState(row["state"])})


def _rehearsal_from_row(row: sa.RowMapping) -> StoredRehearsal:
    fields = {name: value for name, value in row.items() if name != "changed_at"}
    return StoredRehearsal(**{**fields, "state": RehearsalState(row["state"])})


def _rehearsal_to_row(rehearsal: StoredRehearsal) -> dict[str, Any]:
    return {
        "id": rehearsal.id,
        "draft_id": rehearsal.draft_id,
        "digest": rehearsal.digest,
        "plan": rehearsal.plan,
        "state": rehearsal.state.value,
        "asked_by": rehearsal.asked_by,
        "asked_at": rehearsal.asked_at,
        "done": rehearsal.done,
        "total": rehearsal.total,
        "result": rehearsal.result,
        "error": rehearsal.error,
    }
