"""How a process lives, dies in the middle of whatever it does, is born again and mends what it finds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis.stateful import (
    RuleBasedStateMachine,
)

from identity.citizen import VerifiedCitizen
from issuance.application import Application
from issuance.certificate import Certificate, CertificateKind
from issuance.errors import IssuanceError
from issuance.issue import issue
from issuance.jobs import JobHandler, JobKind
from issuance.payments.confirm_notice import confirm_notice
from issuance.payments.send_refund import send_refund
from issuance.records import Records
from issuance.registers.consult import consult
from signing.errors import SigningError
from storage.files import FolderDocumentFiles
from storage.records import SqlRecords
from storage.tables import applications
from tests.crashes.dying import Countdown, Crashed, MortalDatabase
from tests.crashes.world import World
from tests.invariants import broken_invariants, digest_of_tables, orphans
from tests.issuance.office import UNIT, Office

_ISSUING = {
    JobKind.ISSUE_RESULT: CertificateKind.RESULT,
    JobKind.ISSUE_RECEIPT: CertificateKind.RECEIPT,
}
AT_THE_END = datetime(9999, 1, 1, tzinfo=UTC)
_AT_MOST = 6
"""Rounds of mending; each lets jobs lead to further ones."""


class Living(RuleBasedStateMachine):
    """An office whose process may die at any of its points; whatever is in `outside` lives on."""

    def __init__(self, office: Office, world: World, countdown: Countdown) -> None:
        super().__init__()
        self.office, self.world, self.countdown = office, world, countdown
        self.bank, self.register = world.bank, world.register
        self.bank.is_away = self.register.is_away = False
        self.born = self.office.database
        self.seals = office.files_folder.parent / "seals.jsonl"
        self.office.database = MortalDatabase(self.born, self.countdown)
        self.before = set(self.born.run_blocking(living_ids))
        self.cases: list[tuple[str, UUID, VerifiedCitizen]] = []
        self.is_changed = True

    def teardown(self) -> None:
        if self.seals.exists():
            assert broken_invariants(self.born, self.office.files_folder, seals=self.seals) == []
        self.countdown.left = None
        self.office.database.dispose_blocking()
        self.office.database = self.born

    def chosen(self, which: int) -> tuple[str, UUID, VerifiedCitizen]:
        return self.cases[which % len(self.cases)]

    def is_there(self, case_id: UUID) -> bool:
        """Whether its person is not erased."""
        return case_id in self.born.run_blocking(living_ids)

    def do(self, use_case: Callable[[Records], Any]) -> Any:
        """None where it is refused, or where the process has died: then nobody knows whether it happened."""
        with suppress(IssuanceError):
            return self.alive(lambda: self.office.database.run_blocking(use_case))
        return None

    def alive(self, act: Callable[[], Any]) -> Any:
        """Do it; where the process dies, another one comes and mends what it finds."""
        self.is_changed = True
        try:
            return act()
        except Crashed as crashed:
            self.world.died[str(crashed)] += 1
            self.is_born_again()
            self.mend()
            before = digest_of_tables(self.born)
            self.mend()
            assert digest_of_tables(self.born) == before, "mending it twice was not the same as once"
            assert orphans(self.born, self.office.files_folder) == []
            return None

    def is_born_again(self) -> None:
        self.office.database.dispose_blocking()
        self.office.database = MortalDatabase(self.born, self.countdown)
        self.office.files = FolderDocumentFiles(self.office.files_folder)
        known = self.before | {case_id for _, case_id, _ in self.cases}
        found = self.born.run_blocking(
            lambda r: [r.applications.by_id(one) for one in living_ids(r) if one not in known]
        )
        self.cases += [(one.code, one.id, self._whose(one)) for one in found if one.unit == UNIT]

    def mend(self) -> None:
        for _ in range(_AT_MOST):
            if not self.work():
                break
        files, tomorrow = self.office.files, self.office.at + timedelta(days=36_500)
        files.sweep_orphans(lambda some: self.born.run_blocking(lambda r: r.known_digests(some)), tomorrow)

    def work(self) -> int:
        """Every job that something waits for, once; returns how many were done."""
        done = 0
        for kind, concerned in self.born.run_blocking(lambda r: r.overdue_jobs(changed_before=AT_THE_END)):
            with suppress(IssuanceError, SigningError):
                self.handlers()[kind](concerned, self.world.remembered.step(kind, concerned))
                self.world.remembered.forget(kind, concerned)
                done += 1
        return done

    def handlers(self) -> dict[JobKind, JobHandler]:
        transact, workshop = self.office.database.run_blocking, self.office.workshop(self.countdown)

        def clock() -> Any:
            return self.office.at

        return {
            JobKind.CONSULT_REGISTER: lambda one, step: step(
                "consult", lambda: consult(transact, {"judicial_register": self.register}, one, clock)
            ),
            JobKind.CONFIRM_PAYMENT: lambda one, step: step(
                "confirm", lambda: confirm_notice(transact, self.office.rules, self.bank, one, clock)
            ),
            JobKind.SEND_REFUND: lambda one, step: step("send", lambda: send_refund(transact, self.bank, one, clock)),
            **{
                job: lambda one, step, kind=kind: issue(workshop, kind, one, step)  # type: ignore[misc] # of a default
                for job, kind in _ISSUING.items()
            },
        }

    def certificates(self, records: SqlRecords) -> list[Certificate]:
        living = set(living_ids(records))
        found = [
            records.certificates.of_application(one, kind)
            for _, one, _ in self.cases
            if one in living
            for kind in _ISSUING.values()
        ]
        return [one for one in found if one is not None]

    def _whose(self, application: Application) -> VerifiedCitizen:
        everybody = (*self.world.citizens, *self.world.gone)
        return next(one for one in everybody if one.subject_key == application.applicant.subject_key)


def living_ids(records: SqlRecords) -> list[UUID]:
    """Of all that are not erased."""
    living = sa.select(applications.c.id).where(applications.c.erased_at.is_(None))
    return list(records._connection.execute(living).scalars())
