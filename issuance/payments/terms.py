"""What an installation says about payments."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementColumns:
    """Under which headings a bank's statement has what is read of it. currency: may be missing, all is VND then."""

    date: str = "date"
    reference: str = "reference"
    amount: str = "amount"
    currency: str = "currency"
    memo: str = "memo"

    @property
    def all(self) -> tuple[str, ...]:
        return (self.date, self.reference, self.amount, self.currency, self.memo)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """unit: looks at money that names no application. columns: of statements."""

    unit: str = "000.00.15.H26"
    columns: StatementColumns = field(default_factory=StatementColumns)
