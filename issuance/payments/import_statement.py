"""Payments that a bank's statement tells of: taken in, or recognised as those that are on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from identity.citizen import VerifiedOfficial

from ..errors import BrokenStatement, RoleMissing
from ..fees.errors import Problem
from ..fees.wording import Label
from ..records import AuditEntry, Records
from ..rules import Rules
from .order import PaymentSource, ReceivedPayment
from .read_statement import MAX_PROBLEMS, Statement
from .received import KeptPayment, PaymentState
from .take_payment import take_payment

R = TypeVar("R", bound=Records)
LineOutcome = Literal["charged", "waiting", "known"]

_ON_RECORD = Label(
    "số tham chiếu này đã được ghi nhận với số tiền hoặc ngày khác",
    "this reference is on record with another amount or day",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementReport:
    """What became of each line, by its number. outgoing: lines that tell of money that went, which are left alone."""

    lines: Mapping[int, LineOutcome]
    outgoing: int

    def count(self, outcome: LineOutcome) -> int:
        return sum(one == outcome for one in self.lines.values())

    def lines_of(self, outcome: LineOutcome) -> Sequence[int]:
        return [line for line, one in self.lines.items() if one == outcome]


class Previewed(Exception):
    """Ends the transaction of a preview, so that nothing of it stays."""

    def __init__(self, report: StatementReport) -> None:
        self.report = report
        super().__init__("a preview")


def demand_bringer(official: VerifiedOfficial) -> None:
    """Raises RoleMissing: the account is every unit's, and so no unit's desk may bring its statement."""
    if "operator" not in official.roles:
        raise RoleMissing("statements are brought by operators")


def import_statement(records: Records, rules: Rules, statement: Statement, by: str, at: datetime) -> StatementReport:
    """Take in every payment of a statement, in one transaction; the same statement brought again changes nothing.

    Raises BrokenStatement where a reference is on record with other money, ConcurrentChange.
    """
    lines: dict[int, LineOutcome] = {}
    problems: list[Problem] = []
    for line, payment in statement.incoming.items():
        taken = take_payment(records, rules, payment, at, by=by)
        if _says_otherwise(payment, taken.payment):
            problems.append(Problem(str(line), _ON_RECORD))
        is_charged = taken.payment.state is PaymentState.CHARGED
        lines[line] = "known" if not taken.is_new else "charged" if is_charged else "waiting"
    if problems:
        raise BrokenStatement(problems[:MAX_PROBLEMS])
    report = StatementReport(lines=lines, outgoing=statement.outgoing)
    counts = {outcome: report.count(outcome) for outcome in ("charged", "waiting", "known")}
    records.audit.append(
        AuditEntry(
            at=at, actor=by, action="statement_imported", application_id=None, details={"lines": len(lines), **counts}
        )
    )
    return report


def _says_otherwise(payment: ReceivedPayment, kept: KeptPayment) -> bool:
    """A bank that counts its references anew each day or year would else have its later money taken for known."""
    # The day on which a provider says that money came is not always that of the bank's books.
    is_of_its_day = kept.source is not PaymentSource.STATEMENT or kept.received_at == payment.received_at
    return (kept.amount, kept.currency) != (payment.amount, payment.currency) or not is_of_its_day


def previewing(act: Callable[[R], StatementReport]) -> Callable[[R], StatementReport]:
    """The same as a preview: what it would come to, and nothing stored. What it returns raises Previewed."""

    def look(records: R) -> StatementReport:
        raise Previewed(act(records))

    return look
