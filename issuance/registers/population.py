"""The population register: who is this person, where does she live, is she married?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final, Literal, Protocol, cast

from ..errors import RegisterUnavailable
from .ask import RegisterConnection

MAX_TEXT_CHARACTERS: Final = 250
MaritalStatus = Literal["single", "married", "divorced", "widowed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationAnswer:
    """What the register said and when. Fields that it does not hold are None; an unknown person is no answer."""

    source: ClassVar[str] = "population_register"

    reference: str
    answered_at: datetime
    full_name: str
    birth_date: date
    sex: str | None
    birth_place: str | None
    nationality: str | None
    permanent_residence: str | None
    temporary_residence: str | None
    marital_status: MaritalStatus | None
    spouse_name: str | None

    def to_json(self) -> dict[str, Any]:
        return {
            "reference": self.reference,
            "answered_at": self.answered_at.isoformat(),
            "full_name": self.full_name,
            "birth_date": self.birth_date.isoformat(),
            "sex": self.sex,
            "birth_place": self.birth_place,
            "nationality": self.nationality,
            "permanent_residence": self.permanent_residence,
            "temporary_residence": self.temporary_residence,
            "marital_status": self.marital_status,
            "spouse_name": self.spouse_name,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PopulationAnswer:
        """Raises KeyError, TypeError or ValueError on any other shape."""
        status = data["marital_status"]
        if status not in (None, "single", "married", "divorced", "widowed"):
            raise ValueError("no marital status of ours")
        return cls(
            reference=_text(data["reference"]),
            answered_at=_moment(data["answered_at"]),
            full_name=_text(data["full_name"]),
            birth_date=date.fromisoformat(_text(data["birth_date"])),
            sex=_text_or_none(data["sex"]),
            birth_place=_text_or_none(data["birth_place"]),
            nationality=_text_or_none(data["nationality"]),
            permanent_residence=_text_or_none(data["permanent_residence"]),
            temporary_residence=_text_or_none(data["temporary_residence"]),
            marital_status=cast("MaritalStatus | None", status),
            spouse_name=_text_or_none(data["spouse_name"]),
        )

    def __repr__(self) -> str:
        return "PopulationAnswer(…)"


class PopulationFacts(Protocol):
    """The register as the agency asks it about the person concerned."""

    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> PopulationAnswer:
        """Raises RegisterUnavailable; no answer is never taken for one."""


_MEMBERS = frozenset(("personal_id", "reference", "answered_at", "person"))


class HttpPopulationFacts:
    """The register over HTTP: `POST {base}/persons`. `person` is null in its answer where it knows nobody.

    Nobody found is no answer: somebody proved by an account of the state is in the register, so something is wrong.
    """

    def __init__(self, base_url: str, timeout_seconds: float = 5.0) -> None:
        """Raises ValueError for an unsafe address."""
        self._connection = RegisterConnection(base_url, timeout_seconds)

    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> PopulationAnswer:
        question = {"personal_id": personal_id, "full_name": full_name, "birth_date": birth_date.isoformat()}
        answer = self._connection.ask("/persons", question)
        fault: str
        try:
            if answer.keys() != _MEMBERS:
                raise ValueError("other members")
            person = answer["person"]
            if person is not None:
                about = {"reference": answer["reference"], "answered_at": answer["answered_at"], **person}
                return _bounded(PopulationAnswer.from_json(about))
            fault = "the register knows nobody of this number"
        except (KeyError, TypeError, ValueError) as error:
            fault = f"the register's answer has another shape: {type(error).__name__}"
        raise RegisterUnavailable(fault)

    def close(self) -> None:
        self._connection.close()


def _bounded(answer: PopulationAnswer) -> PopulationAnswer:
    """Raises ValueError for texts that no layout has room for, and for a sex that is none of ours."""
    texts = (value for value in answer.to_json().values() if isinstance(value, str))
    if any(not text.strip() or len(text) > MAX_TEXT_CHARACTERS for text in texts):
        raise ValueError("empty or too long")
    if answer.sex not in (None, "male", "female"):
        raise ValueError("no sex of ours")
    return answer


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
