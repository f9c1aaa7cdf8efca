"""A district's year: from event to event through the real use cases and a real database, with time as a variable."""

from __future__ import annotations

import hashlib
import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from identity.officials_register import RegisteredOfficial
from issuance.agencies.carry_over import carry_over, find_carry_overs
from issuance.agencies.import_units import import_units
from issuance.agencies.tree import UnitTree
from issuance.application import Application, ApplicationState
from issuance.apply import apply
from issuance.certificate import CertificateKind
from issuance.deadlines.find import find_all
from issuance.deadlines.rules import DeadlineRules
from issuance.deadlines.sign_off import sign_off
from issuance.delegations.grant import grant
from issuance.deliver import deliver
from issuance.documents.render import Renderer
from issuance.errors import RegisterAnswerStale, RegisterNotConsulted, RegisterUnavailable
from issuance.fee_policies.install import install
from issuance.issue import conclude, intend
from issuance.payments.order import ReceivedPayment
from issuance.procedure.calendar import WorkingCalendar
from issuance.procedure.install import install_procedures
from issuance.procedure.publish import Publisher, examine, publish
from issuance.procedure.shipped import shipped_sources
from issuance.produced import Produced, StoredFile
from issuance.records import Records
from issuance.registers.consult import consult
from issuance.rules import Rules
from issuance.settlement.act import act
from issuance.settlement.ask_papers import ask_papers
from issuance.settlement.ask_register_again import ask_register_again
from issuance.settlement.assign import assign
from issuance.settlement.reassign import reassign_without_authority
from issuance.settlement.resume import papers_given, resume
from issuance.settlement.stop import expire_unpaid, stop
from issuance.settlement.take import take
from issuance.withdraw import withdraw
from issuance.workshop import Workshop
from signing.keys import KeyRing
from storage.files import FolderDocumentFiles
from storage.records import SqlRecords
from storage.runner import Database, DatabaseOptions
from tests.identity.issuer import TestIssuer
from tests.issuance.money import money_comes
from tests.issuance.office import CLIENTS, PASSPHRASE, SHIPPED, make_keys, person_index
from tests.issuance.procedure.naive_deadlines import Office

from .check_owners import ownerless
from .shadow import MINUTE, SHORT, STANDARD, Case, FollowUps, aware, here, legal_days, limits_of, worked_days
from .town import (
    MERGED,
    POLICE,
    STAFF,
    TYPES,
    WARD_1,
    WARD_2,
    Registers,
    Staff,
    catalogue,
    citizens,
    request_of,
    units,
)

T = TypeVar("T")

STAGES = {"caseworker": ("propose", "forward", "verified", "approve"), "head": ("approve",)}
BATCH = 200
_ENDS = {
    ApplicationState.SETTLED: "settled",
    ApplicationState.RESULT_RETURNED: "settled",
    ApplicationState.WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True, kw_only=True)
class Year:
    """What is simulated. late: the share that its officials keep on purpose beyond the promised moment."""

    first: date
    last: date
    applications: int
    merger: date
    procedure: date
    late: float
    seed: str


class District:
    def __init__(self, url: str, folder: Path, year: Year) -> None:
        self.year = year
        self.random = Random(year.seed)
        self.at = datetime.combine(year.first, time(0, 3))
        self.database = Database(url, clock=lambda: aware(self.at), options=DatabaseOptions(synchronous="OFF"))
        self.catalogue = catalogue()
        # Announced on 25 December 2025; the library `holidays` doesn't know it, so it is for the settings.
        self.calendar = WorkingCalendar([date(2026, 1, 10)], [date(2026, 1, 2)])
        self.rules = Rules(
            catalogue=self.catalogue, calendar=self.calendar, channels=CLIENTS.channels, person_index=person_index
        )
        self.deadlines = DeadlineRules(calendar=self.calendar)
        self.registers = Registers(clock=lambda: self.at, outages=self._outages())
        self.sources = self.registers.sources()
        self.cases: list[Case] = []
        self.people: dict[str, VerifiedCitizen] = {}
        self.staff = Staff(TestIssuer("https://officials.example", people="officials"))
        self.follow_ups = FollowUps()
        self.counts: Counter[str] = Counter()
        self.samples = self.sampled = 0
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._ticks: dict[datetime, set[Case]] = {}
        self._past: set[Case] = set()
        self._unpaid: list[Case] = []
        self._merged = False
        make_keys(folder / "keys", aware(self.at))
        self.workshop = Workshop(
            catalogue=self.catalogue,
            renderer=Renderer(None),
            keys=KeyRing.load(folder / "keys", PASSPHRASE),
            files=FolderDocumentFiles(folder / "documents"),
            transact=self.database.run_blocking,
            clock=lambda: aware(self.at),
            public_url="https://condau.example",
            specimen=True,
        )

    # --- the year as it is planned ---

    async def prepare(self) -> None:
        """Books, units, officials, citizens; and all that is known beforehand to happen."""
        now, do = aware(self.at), self._do
        do(lambda records: install(records, SHIPPED, now))
        do(lambda records: install_procedures(records, shipped_sources(), now))
        do(lambda records: import_units(records, UnitTree(units(None)), "operator", now))
        for number, (unit, role) in enumerate(STAFF):
            await self.staff.sign_in(number, unit, role, self.at)
        self._enter_staff()
        self.head_of_merged = [
            await Staff(self.staff.issuer).sign_in(number, MERGED, role, self.at)
            for number, (unit, role) in enumerate(STAFF)
            if unit in (WARD_1, WARD_2)
        ]
        sources = [source for _, source in shipped_sources()]
        self.own_procedure = _residence_in_less_time(sources, self.year.procedure)
        self.limits = limits_of([*sources, self.own_procedure])

        issuer, days = TestIssuer(), worked_days(self.year.first, self.year.last)
        some = await citizens(issuer, max(60, self.year.applications // 4), self.at, self.random)
        weights = [1.4 if day.weekday() == 0 else 1.0 for day in days]
        for day in self.random.choices(days, weights, k=self.year.applications):
            citizen = self.random.choice(some)
            self._on(self._moment_of_a_citizen(day), partial(self._submit, citizen))
        self._plan_the_office(days)

    def _moment_of_a_citizen(self, day: date) -> datetime:
        """In two waves a day, and now and then in the evening or at the weekend before."""
        if self.random.random() < 0.08:
            moment = datetime.combine(day, time(19)) - self.random.randrange(0, 3 * 24 * 60, 7) * MINUTE
            moment = max(moment, datetime.combine(self.year.first, time(1)))
        else:
            hour = self.random.choice([9.5, 9.5, 14.5])
            minutes = min(max(self.random.gauss(hour, 0.9), 7.6), 16.9) * 60
            moment = datetime.combine(day, time()) + int(minutes) * MINUTE
        return _off_the_hour(moment)

    def _outages(self) -> list[tuple[datetime, datetime]]:
        """One in ten days the registers are away for some hours, and twice a year for more than a day."""
        days = worked_days(self.year.first, self.year.last)
        found = []
        for day in days:
            if self.random.random() < 0.1:
                begin = datetime.combine(day, time(7)) + self.random.randrange(540) * MINUTE
                found.append((begin, begin + self.random.randrange(15, 240) * MINUTE))
        long = (datetime.combine(day, time(11)) for day in self.random.sample(days, 2))
        return sorted([*found, *((begin, begin + timedelta(hours=22)) for begin in long)])

    def _plan_the_office(self, days: Sequence[date]) -> None:
        year = self.year
        every_day = [year.first + timedelta(days=n) for n in range((year.last - year.first).days + 1)]
        for day in every_day:
            self._tick_at(datetime.combine(day, time(0, 5)))
        for day in days:
            for hour in range(8, 18):
                self._tick_at(datetime.combine(day, time(hour)))
        self._on(datetime.combine(year.procedure - timedelta(days=4), time(9, 17)), self._publish)
        self._on(datetime.combine(year.merger - timedelta(days=20), time(9, 22)), self._announce_merger)
        self._on(datetime.combine(year.merger, time(0, 2)), self._merge)
        for number, day in enumerate(days[3:-15:9]):
            self._on(datetime.combine(day, time(8, 11)), partial(self._leave_of_absence, number))
        self._on(datetime.combine(days[len(days) * 2 // 5], time(10, 17)), self._somebody_leaves)

    # --- time ---

    def run(self) -> None:
        end = datetime.combine(self.year.last, time(23, 58))
        while self._events and self._events[0][0] <= end:
            self.at, _, happens = heapq.heappop(self._events)
            happens()
        self.at = end
        self._tick()

    def _on(self, moment: datetime, happens: Callable[[], object]) -> None:
        heapq.heappush(self._events, (max(moment, self.at), next(self._numbers), happens))

    def _tick_at(self, moment: datetime, *cases: Case) -> None:
        if moment <= self.at:
            return
        if moment not in self._ticks:
            self._ticks[moment] = set()
            self._on(moment, self._tick)
        self._ticks[moment].update(cases)

    def _tick(self) -> None:
        """All scheduled work, and then what must hold at every moment."""
        now = aware(self.at)
        self._carry_over()
        self._expire()
        while self._do(lambda records: reassign_without_authority(records, self.rules, now, BATCH)) >= BATCH:
            pass
        find_all(self.database.run_blocking, self.deadlines, lambda: now)
        due = self._ticks.pop(self.at, set()) | self._past
        self._past = set()
        for moment in self.follow_ups.scan(due, self.at, self.office_of):
            self._tick_at(moment)
        wrong, seen = self._do(lambda records: ownerless(records, now))
        assert not wrong, (self.at, wrong)
        self.samples += 1
        self.sampled += seen

    def _carry_over(self) -> None:
        found = self._do(lambda records: find_carry_overs(records, aware(self.at)))
        for one in found:
            carry_over(self.database.run_blocking, self.rules, one.id, lambda: aware(self.at), lambda _, batch: batch())

    def _expire(self) -> None:
        now = aware(self.at)
        while self._do(lambda records: expire_unpaid(records, self.rules, now, BATCH)) >= BATCH:
            pass
        # The last day is the thirtieth after the order's.
        first_open = self.at.date() - timedelta(days=30)
        for case in [case for case in self._unpaid if case.submitted_at.date() < first_open]:
            self._unpaid.remove(case)
            case.end(self.at, "stopped")
            self.counts["never paid"] += 1

    # --- what citizens do ---

    def _submit(self, citizen: VerifiedCitizen) -> None:
        now = aware(self.at)
        type_id = self.random.choices(list(TYPES), list(TYPES.values()))[0]
        asked = request_of(type_id, citizen, self.random)
        application = self._do(lambda records: apply(records, self.rules, citizen, type_id, asked, now))
        fate = self.random.choices(
            ["usual", "papers", "refused", "withdrawn", "never_paid"], [0.86, 0.08, 0.03, 0.02, 0.03]
        )[0]
        if fate == "never_paid" and application.state is not ApplicationState.PAYMENT_ASKED:
            fate = "usual"
        if fate == "usual" and self.random.random() < self.year.late / 0.86:
            fate = "late"
        case = Case(
            id=application.id,
            code=application.code,
            type_id=type_id,
            unit=self._unit_of(type_id),
            procedure=(type_id, self._version_of(type_id)),
            days=legal_days(type_id, asked),
            submitted_at=self.at,
            fate=fate,
            dawdles=fate in ("usual", "papers") and self.random.random() < 0.02,
        )
        self.cases.append(case)
        self.people[case.code] = citizen
        case.begin(self.office_of(case.unit, self.at.date()), self.limits, application.step)
        if application.state is ApplicationState.PAYMENT_ASKED:
            case.pause(self.at)
            if fate == "never_paid":
                self._unpaid.append(case)
            else:
                wait = self.random.choice([3, 40, 600, 2_000, 20_000])
                self._on(self._later(wait), partial(self._pay, case))
        self._agree(case, application)
        if fate == "withdrawn":
            self._on(self._later(self.random.choice([30, 600, 3_000])), partial(self._withdraw, case))
        if application.state is ApplicationState.RECEIVED:
            self._received(case)

    def _pay(self, case: Case) -> None:
        if case.closed_at:
            return
        order = self._do(lambda records: records.payments.of_application(case.id))
        assert order is not None
        payment = ReceivedPayment(
            memo=order.memo, amount=order.amount, provider_reference=f"P-{case.id}", received_at=aware(self.at)
        )
        paid = self._do(lambda records: money_comes(records, self.rules, payment, aware(self.at)))
        case.go_on(self.at, self.office_of(case.unit, self.at.date()), self.limits)
        self._agree(case, paid)
        self.counts["paid"] += 1
        self._received(case)

    def _received(self, case: Case) -> None:
        self._on(self._later(5), partial(self._ask_registers, case))
        self._plan_work(case)

    def _give_papers(self, case: Case) -> None:
        if case.closed_at or case.paused_at is None:
            return
        citizen = self.people[case.code]
        on = self._do(lambda records: papers_given(records, self.rules, citizen, case.code, aware(self.at)))
        self._goes_on(case, on)
        self.counts["papers given"] += 1

    def _withdraw(self, case: Case) -> None:
        if case.closed_at:
            return
        application = self._read(case)
        if application.decision is not None:
            return
        citizen = self.people[case.code]
        application = self._do(lambda records: withdraw(records, citizen, case.code, aware(self.at)))
        case.end(self.at, "withdrawn")
        self._agree(case, application)
        self.counts["withdrawn"] += 1

    def _return_result(self, case: Case) -> None:
        self._do(
            lambda records: deliver(
                records, self.rules, case.code, self.people[case.code], CertificateKind.RESULT, aware(self.at)
            )
        )
        self.counts["results returned"] += 1

    # --- what the office does ---

    def _ask_registers(self, case: Case) -> None:
        """As the job in the background does, again and again until all have answered."""
        if case.closed_at:
            return
        try:
            consult(self.database.run_blocking, self.sources, case.id, lambda: aware(self.at))
        except RegisterUnavailable:
            until = self.registers.away_until()
            assert until is not None
            self._on(until + self.random.randrange(1, 30) * MINUTE, partial(self._ask_registers, case))

    def _plan_work(self, case: Case, soon: bool = False) -> None:
        """The next act on the case: in time, as a rule."""
        assert case.step_due is not None
        latest = min(case.step_due, case.promised) - 45 * MINUTE
        if case.dawdles and case.promised - case.step_due > timedelta(days=1):
            latest = case.promised - timedelta(hours=5)
        if soon:
            latest = min(latest, self.at + timedelta(hours=2))
        self._on(self._working_moment(case, self.at, latest), partial(self._work, case))

    def _work(self, case: Case) -> None:
        if case.closed_at or case.paused_at is not None or case.step_due is None:
            return
        application = self._read(case)
        if case.fate == "late" and self._would_decide(application) and self.at <= case.promised:
            # Kept on purpose until the promised moment has passed.
            begin = case.promised + 2 * MINUTE
            self._on(
                self._working_moment(case, begin, begin + timedelta(days=self.random.randint(1, 9))),
                partial(self._work, case),
            )
            return
        official = self._who_works(application)
        if application.owner and self.random.random() < 0.2:
            application = self._do(lambda records: take(records, self.rules, case.code, official, aware(self.at)))
        if case.fate == "papers" and not case.papers_asked and application.role == "caseworker":
            self._ask_papers(case, official)
            return
        if case.is_stale and application.role == "caseworker":
            # Not every step before the decision needs the answer that the decision needs.
            self._ask_again(case, official)
            return
        outcome, reason = self._outcome_of(case, application)
        try:
            done = self._do(
                lambda records: act(records, self.rules, case.code, official, outcome, reason, aware(self.at))
            )
        except RegisterNotConsulted:
            # The answer is on its way, or the register is away.
            self.counts["waited for a register"] += 1
            begin = (self.registers.away_until() or self.at) + 35 * MINUTE
            self._on(self._working_moment(case, begin, begin + timedelta(hours=1)), partial(self._work, case))
            return
        except RegisterAnswerStale:
            returned = self._freshen(case, application, official)
            if returned is None:
                return
            done, outcome = returned, "return"
        self._done(case, done, outcome)

    def _done(self, case: Case, done: Application, outcome: str) -> None:
        if outcome == "refuse":
            case.end(self.at, "refused")
        elif done.decision is not None:
            case.leave(self.at)
            self._on(self.at + self.random.randint(1, 4) * MINUTE, partial(self._issue, case))
        else:
            case.enter(done.step, self.at, self.office_of(case.unit, self.at.date()), self.limits)
            self._plan_work(case, soon=outcome == "return")
        self.counts[f"outcome {outcome}"] += 1
        self._agree(case, done)

    def _outcome_of(self, case: Case, application: Application) -> tuple[str, str | None]:
        if case.fate == "refused" and self.random.random() < 0.7:
            return "refuse", "Thông tin khai không đúng."
        if application.role == "head" and case.fate == "usual" and not case.returns and self.random.random() < 0.01:
            case.returns += 1
            return "return", "Cần kiểm tra thêm."
        return self._usual_outcome(application), None

    def _usual_outcome(self, application: Application) -> str:
        procedure = self._do(lambda records: records.procedures.of(application.procedure))
        offered = {one.id for one in procedure.step(application.step).outcomes}
        return next(one for one in STAGES[application.role] if one in offered)

    def _would_decide(self, application: Application) -> bool:
        return self._usual_outcome(application) == "approve"

    def _freshen(self, case: Case, application: Application, official: VerifiedOfficial) -> Application | None:
        """An answer has grown old: a caseworker asks anew, a head gives the case back for it."""
        self.counts["answer too old"] += 1
        if application.role == "head":
            case.is_stale = True
            reason = "Thông tin tra cứu đã cũ."
            return self._do(
                lambda records: act(records, self.rules, case.code, official, "return", reason, aware(self.at))
            )
        self._ask_again(case, official)
        return None

    def _ask_again(self, case: Case, official: VerifiedOfficial) -> None:
        case.is_stale = False
        asked = self._do(lambda records: ask_register_again(records, self.rules, case.code, official, aware(self.at)))
        self._agree(case, asked)
        self._ask_registers(case)
        begin = (self.registers.away_until() or self.at) + 32 * MINUTE
        self._on(self._working_moment(case, begin, begin + timedelta(hours=1)), partial(self._work, case))

    def _ask_papers(self, case: Case, official: VerifiedOfficial) -> None:
        until = self.at.date() + timedelta(days=self.random.randint(5, 30))
        asked = self._do(
            lambda records: ask_papers(
                records, self.rules, case.code, official, "Bản sao giấy khai sinh.", until, aware(self.at)
            )
        )
        case.papers_asked += 1
        case.pause(self.at)
        self._agree(case, asked)
        self.counts["papers asked"] += 1
        what = self.random.choices(["given", "resumed", "never"], [8, 1, 1])[0]
        wait = self.random.choice([40, 1_000, 4_000, 12_000, 30_000])
        if what == "given":
            self._on(self._later(wait), partial(self._give_papers, case))
            return
        begin = datetime.combine(until + timedelta(days=1), time(8))
        act_on = self._resume if what == "resumed" else self._stop
        self._on(self._working_moment(case, begin, begin + timedelta(days=4)), partial(act_on, case))

    def _resume(self, case: Case) -> None:
        official = self._who_works(self._read(case))
        on = self._do(lambda records: resume(records, self.rules, case.code, official, aware(self.at)))
        self._goes_on(case, on)
        self.counts["resumed without papers"] += 1

    def _goes_on(self, case: Case, application: Application) -> None:
        case.go_on(self.at, self.office_of(case.unit, self.at.date()), self.limits)
        self._agree(case, application)
        self._plan_work(case)

    def _stop(self, case: Case) -> None:
        official = self._who_works(self._read(case))
        reason = "Công dân không bổ sung giấy tờ."
        stopped = self._do(lambda records: stop(records, self.rules, case.code, official, reason, aware(self.at)))
        case.end(self.at, "stopped")
        self._agree(case, stopped)
        self.counts["stopped"] += 1

    def _issue(self, case: Case) -> None:
        """The real beginning and end of issuing; what is in between, drawing and sealing, is left out."""
        kind = CertificateKind.RESULT
        intended = self._do(lambda records: intend(records, self.workshop, kind, case.id))
        file = StoredFile(hashlib.sha256(case.id.bytes).digest(), 100_000)
        produced = Produced(intended.intent, file)
        self._do(lambda records: conclude(records, kind, case.id, produced, aware(self.at)))
        case.end(self.at, "settled")
        self._agree(case, self._read(case))
        if self.random.random() < 0.6:
            self._on(self._later(self.random.choice([2, 200, 5_000])), partial(self._return_result, case))
        if case.is_late(self.at) and self.random.random() < 0.8:
            self._on(self.at + 47 * MINUTE, partial(self._sign_off, case))

    def _sign_off(self, case: Case) -> None:
        head = self.staff.of_unit(case.unit, "head")[0]
        reason, day = "Số lượng hồ sơ tăng đột biến.", self.at.date() + timedelta(days=3)
        self._do(lambda records: sign_off(records, self.rules, case.code, head, reason, day, aware(self.at)))
        case.apology_signed_at = self.at

    # --- what happens to the office ---

    def _publish(self) -> None:
        publisher = Publisher("operator", None)

        def do(records: Records) -> None:
            examined = examine(records, self.catalogue, self.own_procedure)
            publish(records, self.catalogue, publisher, examined, aware(self.at))

        self._do(do)

    def _announce_merger(self) -> None:
        self._do(lambda records: import_units(records, UnitTree(units(self.year.merger)), "operator", aware(self.at)))

    def _merge(self) -> None:
        """The first minutes of the day: the officials have moved before what they had follows them."""
        self._merged = True
        for person in self.head_of_merged:
            if person.subject_key in self.staff.people:
                self.staff.people[person.subject_key] = person
                self.staff.absent.pop(person.subject_key, None)
        self._enter_staff()
        for case in self.cases:
            if not case.closed_at and case.unit in (WARD_1, WARD_2):
                case.unit = MERGED
                self.counts["carried over"] += 1
        self._tick()

    def _enter_staff(self) -> None:
        for one in self.staff.people.values():
            self._enter(one)

    def _enter(self, one: VerifiedOfficial, *, is_active: bool = True) -> None:
        entry = RegisteredOfficial(
            subject_key=one.subject_key, unit=one.unit, roles=one.roles, is_active=is_active, full_name=one.full_name
        )
        self._do(lambda records: records.officials.put(entry, aware(self.at)))

    def _leave_of_absence(self, number: int) -> None:
        """Somebody is away for some days and a colleague takes the place; a head's cases are partly given to it."""
        unit = [POLICE, POLICE, MERGED if self._merged else WARD_2][number % 3]
        role = ["head", "caseworker"][number % 2]
        lenders = [one for one in self.staff.of_unit(unit, role) if one.subject_key not in self.staff.absent]
        takers = self.staff.of_unit(unit, "caseworker")
        if not lenders:
            return
        lender, taker = lenders[number % len(lenders)], takers[(number + 1) % len(takers)]
        if lender is taker or taker.subject_key in self.staff.absent or self._is_taker(lender.subject_key):
            return
        head = self.staff.of_unit(unit, "head")[0]
        until = datetime.combine(self.at.date() + timedelta(days=self.random.randint(2, 12)), time(10, 23))
        self._do(
            lambda records: grant(
                records,
                self.rules,
                head,
                from_key=None if lender is head else lender.subject_key,
                from_person=None if lender is head else lender.personal_id,
                to_key=taker.subject_key,
                role="head" if role == "head" else "caseworker",
                type_ids=None,
                valid_from=aware(self.at),
                valid_until=aware(until),
                act="Quyết định số 12/QĐ",
                at=aware(self.at),
            )
        )
        self.staff.absent[lender.subject_key] = (taker.subject_key, until)
        self.counts[f"delegations of a {role}"] += 1
        self._on(until, partial(self._back_again, lender.subject_key))
        if role == "head":
            self._hand_over(head, lender.subject_key, taker.subject_key)

    def _hand_over(self, head: VerifiedOfficial, lender: str, taker: str) -> None:
        def held(records: SqlRecords) -> list[str]:
            return [one.code for one in records.applications.owned(head.unit, lender, "head", 8)]

        for code in self._do(held):
            self._do(lambda records, code=code: assign(records, self.rules, code, head, taker, aware(self.at)))  # type: ignore[misc] # of a default
            self.counts["assigned to a delegate"] += 1

    def _is_taker(self, key: str) -> bool:
        return any(taker == key for taker, _ in self.staff.absent.values())

    def _back_again(self, key: str) -> None:
        self.staff.absent.pop(key, None)
        self._tick()

    def _somebody_leaves(self) -> None:
        free = [
            one
            for one in self.staff.of_unit(POLICE, "caseworker")
            if one.subject_key not in self.staff.absent and not self._is_taker(one.subject_key)
        ]
        gone = free[-1]
        before = self._do(lambda records: len(records.applications.owned(POLICE, gone.subject_key, "caseworker", 999)))
        del self.staff.people[gone.subject_key]
        self._enter(gone, is_active=False)
        self._tick()
        self.counts["cases of one who left"] += before

    # --- of all of them ---

    def _do(self, use_case: Callable[[SqlRecords], T]) -> T:
        self.counts["transactions"] += 1
        return self.database.run_blocking(use_case)

    def _read(self, case: Case) -> Application:
        return self._do(lambda records: records.applications.by_id(case.id))

    def _agree(self, case: Case, application: Application) -> None:
        """The product says what the naive calculation says, at every change of a case."""
        said = (
            application.unit,
            (application.procedure.id, application.procedure.version),
            here(application.promised_at),
            application.step_due_at and here(application.step_due_at),
            application.halted_at and here(application.halted_at),
            _ENDS.get(application.state) if application.decision is None or case.ended == "settled" else case.ended,
        )
        assert said == (case.unit, case.procedure, case.promised, case.step_due, case.halted_at, case.ended), case
        self._tick_at(case.promised + MINUTE, case)
        if case.step_due is not None:
            self._tick_at(case.step_due + MINUTE, case)
            if case.step_due < self.at:
                # A late case comes into a step whose time is over already; that is found the next time.
                self._past.add(case)

    def _who_works(self, application: Application) -> VerifiedOfficial:
        """The owner, whoever takes the owner's place, or now and then a head of the unit."""
        assert application.owner is not None
        if self.random.random() < 0.02:
            return self.staff.of_unit(application.unit, "head")[0]
        key = application.owner.subject_key
        taker, until = self.staff.absent.get(key, (key, self.at))
        return self.staff.people[taker if self.at < until else key]

    def office_of(self, unit: str, _: date) -> Office:
        return SHORT if unit == MERGED else STANDARD

    def _unit_of(self, type_id: str) -> str:
        if type_id.startswith("criminal"):
            return POLICE
        if self._merged:
            return MERGED
        return WARD_2 if type_id == "residence_confirmation" else WARD_1

    def _version_of(self, type_id: str) -> int:
        if type_id == "criminal_record_form_1":
            return 1 if self.at.date() < date(2025, 3, 1) else 2
        if type_id == "residence_confirmation":
            return 1 if self.at.date() < self.year.procedure else 2
        return 1

    def _later(self, minutes: int) -> datetime:
        return _off_the_hour(self.at + self.random.randint(1, minutes) * MINUTE)

    def _working_moment(self, case: Case, since: datetime, latest: datetime) -> datetime:
        """While the office is open; as soon as it is where nothing else is left."""
        office = self.office_of(case.unit, since.date())
        days = worked_days(since.date(), max(latest, since).date())
        for _ in range(12):
            if not days:
                break
            opens, closes = self.random.choice(office.hours_on(self.random.choice(days)))
            day = self.random.choice(days)
            begin, end = (datetime.combine(day, time.fromisoformat(clock)) for clock in (opens, closes))
            begin, end = max(begin, since), min(end, latest) - 6 * MINUTE
            if begin < end:
                moment = _off_the_hour(begin + self.random.randrange(int((end - begin) / MINUTE)) * MINUTE)
                if since < moment <= end + MINUTE:
                    return moment
        moment = since
        while True:
            moment += MINUTE
            if office.is_open(moment) and office.is_open(moment + 6 * MINUTE) and moment.minute % 30 not in (0, 1):
                return moment


def _off_the_hour(moment: datetime) -> datetime:
    """Deadlines end on the hour or half past; nothing else happens then, nor in the minute in which they are found."""
    return moment + {0: 2, 1: 1}.get(moment.minute % 30, 0) * MINUTE


def _residence_in_less_time(sources: Sequence[bytes], first_day: date) -> bytes:
    source = next(one for one in sources if b'"residence_confirmation"' in one).decode()
    changed = (
        source.replace('"version": 1', '"version": 2')
        .replace('"first_day": "2021-07-01"', f'"first_day": "{first_day.isoformat()}"')
        .replace('"amount": 2', '"amount": 1')
    )
    assert changed.count('"amount": 1') == 2
    return changed.encode()
