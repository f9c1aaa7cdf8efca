"""A draft is rehearsed: what it would have done to past requests, or would do to a made-up population."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from identity.citizen import VerifiedOfficial
from issuance.apply import Rules
from issuance.errors import ConcurrentChange, IssuanceError
from issuance.fees.book import PolicyBook
from issuance.fees.document import FeePolicy
from issuance.fees.errors import FeeError
from issuance.fees.facts import vietnam_day
from issuance.fees.rehearsal.population import PopulationPlan, PopulationRefused, make_population
from issuance.fees.rehearsal.rehearse import RehearsalCase, rehearse
from issuance.fees.wording import Label
from issuance.jobs import JobKind
from issuance.records import Records, Transact

from .change_of_book import BookRefuses, book_of, entering
from .draft import DraftState, RehearsalState, StoredRehearsal
from .open_draft import draft_as_meant, not_ready
from .past import count_past, past_cases
from .rights import demand_either
from .trail import note_draft
from .write import read_draft

_READY = frozenset({DraftState.CHECKED, DraftState.REHEARSED})
_MAX_YEARS = 20
_PAST_KEYS = frozenset({"kind", "first_day", "last_day"})
BY_THE_SOFTWARE = "condau"


@dataclass(frozen=True, slots=True)
class PastPlan:
    """The requests that were submitted on these days, both included (Asia/Ho_Chi_Minh)."""

    first_day: date
    last_day: date

    def to_json(self) -> dict[str, Any]:
        return {"kind": "past", "first_day": self.first_day.isoformat(), "last_day": self.last_day.isoformat()}


Plan = PastPlan | PopulationPlan


def read_plan(stated: Mapping[str, Any]) -> Plan:
    """Raises PopulationRefused."""
    if stated.get("kind") == "population":
        return PopulationPlan.from_json(stated)
    if stated.get("kind") != "past" or stated.keys() - _PAST_KEYS:
        raise PopulationRefused(
            Label(
                "kế hoạch là “past” với first_day và last_day, hoặc “population”",
                "a plan is 'past' with first_day and last_day, or 'population'",
            )
        )
    try:
        plan = PastPlan(date.fromisoformat(str(stated["first_day"])), date.fromisoformat(str(stated["last_day"])))
    except (KeyError, ValueError):
        raise PopulationRefused(
            Label("first_day và last_day: cần ngày dạng 2026-04-01", "first_day and last_day: days such as 2026-04-01")
        ) from None
    if plan.last_day < plan.first_day:
        raise PopulationRefused(Label("last_day ở trước first_day", "last_day lies before first_day"))
    if plan.last_day.year - plan.first_day.year > _MAX_YEARS or not 1900 <= plan.first_day.year <= 2200:
        raise PopulationRefused(
            Label(f"không quá {_MAX_YEARS} năm", f"between 1900 and 2200, at most {_MAX_YEARS} years")
        )
    return plan


def ask_rehearsal(
    records: Records,
    official: VerifiedOfficial,
    draft_id: UUID,
    version: int,
    plan: Mapping[str, Any],
    at: datetime,
) -> StoredRehearsal:
    """Ask for a rehearsal of a checked draft; background work does it, and the draft is REHEARSED then.

    plan: see `StoredRehearsal`. Raises RoleMissing, DraftNotFound, DraftChanged, DraftNotReady, PopulationRefused.
    """
    demand_either(official)
    draft = draft_as_meant(records, draft_id, version)
    if draft.state not in _READY:
        raise not_ready(draft, DraftState.REHEARSED)
    wanted = read_plan(plan)
    _demand_bearing(wanted, read_draft(draft.source), at)
    rehearsal = StoredRehearsal(
        id=uuid4(),
        draft_id=draft.id,
        digest=draft.digest,
        plan=wanted.to_json(),
        state=RehearsalState.ASKED,
        asked_by=official.subject_key,
        asked_at=at,
    )
    records.fee_policies.add_rehearsal(rehearsal)
    records.jobs.enqueue(JobKind.REHEARSE_POLICY, rehearsal.id)
    note_draft(records, official.subject_key, "fee_rehearsal_asked", draft, at, rehearsal=str(rehearsal.id))
    return rehearsal


def _demand_bearing(plan: Plan, policy: FeePolicy, at: datetime) -> None:
    """A rehearsal that meets the draft in no case would count as one all the same. Raises PopulationRefused."""
    types = policy.document.document_types
    if isinstance(plan, PopulationPlan) and plan.document_type not in types:
        raise PopulationRefused(
            Label(
                f"document_type: dự thảo không nói về loại này, mà về {', '.join(types)}",
                f"document_type: the draft is not about this type, but about {', '.join(types)}",
            )
        )
    if isinstance(plan, PastPlan) and plan.first_day > vietnam_day(at):
        raise PopulationRefused(
            Label("first_day: ngày này chưa đến, chưa có hồ sơ nào", "first_day: no request has come on such a day yet")
        )


def rehearse_draft(transact: Transact, rules: Rules, rehearsal_id: UUID, clock: Callable[[], datetime]) -> None:
    """The job. Whoever dies in it leaves the rehearsal unfinished, and the next one begins it anew: progress is the
    number of cases done, never a sum, and the result is stored once.

    What can't succeed by waiting (the draft was edited, the book refuses the version) ends as FAILED, with a code.
    """
    rehearsal = transact(lambda records: records.fee_policies.rehearsal(rehearsal_id))
    if rehearsal.state in (RehearsalState.DONE, RehearsalState.FAILED):
        return
    try:
        _rehearse(transact, rules, rehearsal, clock)
    except ConcurrentChange:
        raise
    except (FeeError, IssuanceError) as error:
        _fail(transact, rehearsal, error.code)
    except BookRefuses:
        _fail(transact, rehearsal, "fee_policy_overlaps")
    except _DraftEdited:
        _fail(transact, rehearsal, "draft_changed")


class _DraftEdited(Exception):
    pass


def _rehearse(transact: Transact, rules: Rules, asked: StoredRehearsal, clock: Callable[[], datetime]) -> None:
    plan = read_plan(asked.plan)

    def begin(records: Records) -> tuple[StoredRehearsal, PolicyBook, PolicyBook, FeePolicy]:
        draft = records.fee_policies.draft(asked.draft_id)
        if draft.digest != asked.digest:
            raise _DraftEdited
        policy = read_draft(draft.source)
        rows = records.fee_policies.rows()
        book = book_of(rows)
        after = entering(rows, policy, draft.author, clock()).made_to(book)
        running = replace(asked, state=RehearsalState.RUNNING, total=_total(records, plan, policy), done=0)
        records.fee_policies.save_rehearsal(running)
        return running, book, after, policy

    running, before, after, policy = transact(begin)
    last_told = 0

    def tell(done: int) -> None:
        nonlocal last_told
        # Requests that came while it ran are rehearsed too; there are never fewer than were counted.
        last_told = done
        now = replace(running, done=min(done, running.total))
        transact(lambda records: records.fee_policies.save_rehearsal(now))

    result = rehearse(_cases(transact, rules, plan, policy), before, after, tell, source=plan.to_json()).to_json()
    done = replace(running, state=RehearsalState.DONE, done=last_told, total=last_told, result=result)
    transact(lambda records: _finish(records, done, clock()))


def _finish(records: Records, done: StoredRehearsal, at: datetime) -> None:
    records.fee_policies.save_rehearsal(done)
    draft = records.fee_policies.draft(done.draft_id)
    if draft.digest == done.digest and draft.state in _READY:
        rehearsed = replace(draft, state=DraftState.REHEARSED, rehearsal=done.id)
        saved = records.fee_policies.save_draft(rehearsed)
        note_draft(records, BY_THE_SOFTWARE, "fee_draft_rehearsed", saved, at, rehearsal=str(done.id))


def _fail(transact: Transact, rehearsal: StoredRehearsal, error: str) -> None:
    failed = replace(rehearsal, state=RehearsalState.FAILED, error=error)
    transact(lambda records: records.fee_policies.save_rehearsal(failed))


def _total(records: Records, plan: Plan, policy: FeePolicy) -> int:
    if isinstance(plan, PopulationPlan):
        return plan.size
    return count_past(records, policy.document.document_types, plan.first_day, plan.last_day)


def _cases(transact: Transact, rules: Rules, plan: Plan, policy: FeePolicy) -> Iterable[RehearsalCase]:
    if isinstance(plan, PopulationPlan):
        return make_population(plan)
    return past_cases(transact, rules, policy.document.document_types, plan.first_day, plan.last_day)
