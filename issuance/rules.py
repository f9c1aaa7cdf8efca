"""What applications are judged by beside what the records hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .documents.catalogue import Catalogue
from .feedback.terms import FeedbackTerms
from .payments.terms import PaymentTerms
from .payments.vietqr import BankAccount
from .procedure.calendar import WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What applications are judged by beside the fee policies, procedures and units, which the records hold: document
    types, calendar, and which app is which channel.

    channels: by issuer and client id, since two issuers may name two apps alike. person_index: makes 64 letters of a
    personal number by which a person is counted and not named. payment_days: so many days after the order the money
    must have come. account: where it is transferred to, None where payers are told otherwise.
    """

    catalogue: Catalogue
    calendar: WorkingCalendar
    channels: Mapping[tuple[str, str], str]
    person_index: Callable[[str], str]
    payment_days: int = 30
    account: BankAccount | None = None
    feedback: FeedbackTerms = field(default_factory=FeedbackTerms)
    payments: PaymentTerms = field(default_factory=PaymentTerms)
