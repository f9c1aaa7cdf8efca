"""What the population register knows already, so that nobody types it: offered to the person, never required."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from identity.citizen import VerifiedCitizen

from .documents.catalogue import DocumentType
from .records import AuditEntry, Records
from .registers.population import PopulationAnswer

_MEMBERS = ("sex", "birth_place", "nationality", "permanent_residence", "temporary_residence")


@dataclass(frozen=True, slots=True, repr=False)
class Prefilled:
    """One member of the input with its value, where it comes from, and when that was said."""

    name: str
    value: str
    source: str
    answered_at: datetime

    def __repr__(self) -> str:
        return f"Prefilled({self.name})"


def prefilled(document_type: DocumentType, citizen: VerifiedCitizen, answer: PopulationAnswer) -> tuple[Prefilled, ...]:
    """Nothing where the register has somebody else under this number: whose facts these are is not certain then."""
    if (answer.full_name, answer.birth_date) != (citizen.full_name, citizen.birth_date):
        return ()
    asked = (document_type.input_schema or {}).get("properties", {})
    known = ((name, getattr(answer, name)) for name in _MEMBERS if name in asked)
    return tuple(Prefilled(name, value, answer.source, answer.answered_at) for name, value in known if value)


def note_prefill(
    records: Records,
    document_type: DocumentType,
    citizen: VerifiedCitizen,
    answer: PopulationAnswer,
    given: tuple[Prefilled, ...],
    at: datetime,
) -> None:
    """Who had the register read about herself, for what, and which facts were shown; not what they are."""
    records.audit.append(
        AuditEntry(
            at=at,
            actor=citizen.subject_key,
            action="register_read_for_prefill",
            application_id=None,
            details={
                "type": document_type.id,
                "source": answer.source,
                "reference": answer.reference,
                "members": [one.name for one in given],
            },
        )
    )
