"""The judicial register: does this person have convictions, or a ban on managing businesses?

It is asked for two things: what counts against a person today, and the complete record with what is expunged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Protocol, Self

from ..errors import RegisterUnavailable
from .ask import RegisterConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Conviction:
    court: str
    judgment_number: str
    judged_on: date
    offence: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessBan:
    """A ban on founding or managing businesses, with its term in words."""

    court: str
    decision_number: str
    decided_on: date
    barred_from: str
    term: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RegisterAnswer:
    """What the register said and when; kept with the application as evidence. Expunged convictions are not in it.

    full_name, birth_date: whom the register has under this number, where it says so.
    """

    source: ClassVar[str] = "judicial_register"

    reference: str
    answered_at: datetime
    convictions: tuple[Conviction, ...]
    business_bans: tuple[BusinessBan, ...]
    full_name: str | None = None
    birth_date: date | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def to_json(self) -> dict[str, Any]:
        return {
            "reference": self.reference,
            "answered_at": self.answered_at.isoformat(),
            "convictions": [
                {
                    "court": c.court,
                    "judgment_number": c.judgment_number,
                    "judged_on": c.judged_on.isoformat(),
                    "offence": c.offence,
                    "sentence": c.sentence,
                }
                for c in self.convictions
            ],
            "business_bans": [
                {
                    "court": b.court,
                    "decision_number": b.decision_number,
                    "decided_on": b.decided_on.isoformat(),
                    "barred_from": b.barred_from,
                    "term": b.term,
                }
                for b in self.business_bans
            ],
            **({} if self.full_name is None else {"full_name": self.full_name}),
            **({} if self.birth_date is None else {"birth_date": self.birth_date.isoformat()}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError on any other shape."""
        return cls(
            reference=_text(data["reference"]),
            answered_at=_moment(data["answered_at"]),
            convictions=tuple(
                Conviction(
                    court=_text(c["court"]),
                    judgment_number=_text(c["judgment_number"]),
                    judged_on=date.fromisoformat(c["judged_on"]),
                    offence=_text(c["offence"]),
                    sentence=_text(c["sentence"]),
                )
                for c in _entries(data["convictions"])
            ),
            business_bans=tuple(
                BusinessBan(
                    court=_text(b["court"]),
                    decision_number=_text(b["decision_number"]),
                    decided_on=date.fromisoformat(b["decided_on"]),
                    barred_from=_text(b["barred_from"]),
                    term=_text(b["term"]),
                )
                for b in _entries(data["business_bans"])
            ),
            full_name=None if data.get("full_name") is None else _text(data["full_name"]),
            birth_date=None if data.get("birth_date") is None else date.fromisoformat(_text(data["birth_date"])),
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CompleteRecord(RegisterAnswer):
    """The same with expunged convictions: for the person and for bodies that conduct proceedings alone."""

    source: ClassVar[str] = "judicial_register_complete"


class JudicialRegister(Protocol):
    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> RegisterAnswer:
        """Raises RegisterUnavailable; no answer is never taken for a clean record."""


class HttpJudicialRegister:
    """The register over HTTP: `POST {base}/lookups` with the person and the scope, `current` or `complete`."""

    def __init__(
        self, base_url: str, timeout_seconds: float = 5.0, *, kind: type[RegisterAnswer] = RegisterAnswer
    ) -> None:
        """kind: what is asked for. Raises ValueError for an unsafe address."""
        self._connection = RegisterConnection(base_url, timeout_seconds)
        self._kind = kind

    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> RegisterAnswer:
        scope = "complete" if self._kind is CompleteRecord else "current"
        question = {
            "personal_id": personal_id,
            "full_name": full_name,
            "birth_date": birth_date.isoformat(),
            "scope": scope,
        }
        answer = self._connection.ask("/lookups", question)
        # A register that does not know scopes says none, and answers with what counts today.
        if answer.get("scope", "current") != scope:
            raise RegisterUnavailable("the register answered another question")
        fault: str
        try:
            return self._kind.from_json(answer)
        except (KeyError, TypeError, ValueError) as error:
            fault = f"the register's answer has another shape: {type(error).__name__}"
        raise RegisterUnavailable(fault)

    def close(self) -> None:
        self._connection.close()


def _entries(value: object) -> list[Any]:
    # An empty text or object has no entries either, but says nothing of a clean record.
    if not isinstance(value, list):
        raise TypeError("list expected")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
