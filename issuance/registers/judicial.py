"""The judicial register: does this person have convictions that are not expunged, or a ban on managing businesses?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Protocol

import httpx

from ..errors import RegisterUnavailable

MAX_ANSWER_BYTES = 256 * 1024


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAnswer:
    """What the register said and when; kept with the application as evidence."""

    source: ClassVar[str] = "judicial_register"

    reference: str
    answered_at: datetime
    convictions: tuple[Conviction, ...]
    business_bans: tuple[BusinessBan, ...]

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
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RegisterAnswer:
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
                for c in data["convictions"]
            ),
            business_bans=tuple(
                BusinessBan(
                    court=_text(b["court"]),
                    decision_number=_text(b["decision_number"]),
                    decided_on=date.fromisoformat(b["decided_on"]),
                    barred_from=_text(b["barred_from"]),
                    term=_text(b["term"]),
                )
                for b in data["business_bans"]
            ),
        )


class JudicialRegister(Protocol):
    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> RegisterAnswer:
        """Raises RegisterUnavailable; no answer is never taken for a clean record."""


class HttpJudicialRegister:
    """The register over HTTP: `POST {base}/lookups` with the person in the body, so that no number stands in a URL."""

    def __init__(self, base_url: str, timeout_seconds: float = 5.0) -> None:
        self._client = httpx.Client(base_url=base_url, timeout=timeout_seconds, follow_redirects=False, trust_env=False)

    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> RegisterAnswer:
        question = {"personal_id": personal_id, "full_name": full_name, "birth_date": birth_date.isoformat()}
        try:
            response = self._client.post("/lookups", json=question)
            response.raise_for_status()
            if len(response.content) > MAX_ANSWER_BYTES:
                raise RegisterUnavailable("the register's answer is too large")
            answer = response.json()
            if answer["personal_id"] != personal_id:
                # An answer about somebody else would be sealed into this person's document.
                raise RegisterUnavailable("the register answered about another person")
            return RegisterAnswer.from_json(answer)
        except httpx.HTTPError as error:
            raise RegisterUnavailable(f"the register did not answer: {type(error).__name__}") from None
        except (KeyError, TypeError, ValueError) as error:
            raise RegisterUnavailable(f"the register's answer has another shape: {type(error).__name__}") from None

    def close(self) -> None:
        self._client.close()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
