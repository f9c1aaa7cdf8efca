"""The synthetic people of the demo: what their accounts assert, and what only the population register knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """What the population register knows of a person and no token tells; None where there is nothing."""

    other_names: str | None
    birth_place: str
    nationality: str
    permanent_residence: str
    temporary_residence: str | None
    marital_status: str | None = "single"
    spouse_name: str | None = None


@dataclass(frozen=True, slots=True)
class SyntheticCitizen:
    """A citizen's account. birth_date is yyyy-mm-dd, acr the level as the provider writes it."""

    username: str
    subject: str
    personal_id: str
    full_name: str
    birth_date: str
    sex: str
    acr: str
    about: Mapping[str, str]
    register: RegisterEntry

    def claims(self) -> dict[str, object]:
        """What the provider puts into this person's tokens, level apart."""
        return {
            "personal_id": self.personal_id,
            "name": self.full_name,
            "birthdate": self.birth_date,
            "gender": self.sex,
        }


@dataclass(frozen=True, slots=True)
class SyntheticOfficial:
    """An official's account; unit is the agency's code."""

    username: str
    subject: str
    personal_id: str
    full_name: str
    unit: str
    roles: tuple[str, ...]
    about: Mapping[str, str]
    acr: str = "level-2"

    def claims(self) -> dict[str, object]:
        """What the provider puts into this person's tokens, level apart."""
        return {
            "personal_id": self.personal_id,
            "name": self.full_name,
            "unit": self.unit,
            "roles": list(self.roles),
        }


@dataclass(frozen=True, slots=True)
class SyntheticChild:
    """Somebody without an account. guardians: personal number → "mother", "father" or "guardian"."""

    personal_id: str
    full_name: str
    birth_date: str
    sex: str
    about: Mapping[str, str]
    guardians: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class People:
    """Everyone who can sign in at the simulated provider, and the children whom some of them act for."""

    citizens: tuple[SyntheticCitizen, ...]
    officials: tuple[SyntheticOfficial, ...]
    children: tuple[SyntheticChild, ...] = ()


def load_people() -> People:
    """The people that are shipped as data, in `people.json`."""
    data: dict[str, Any] = json.loads(resources.files(__package__).joinpath("people.json").read_text("utf-8"))
    return People(
        citizens=tuple(
            SyntheticCitizen(**citizen | {"register": RegisterEntry(**citizen["register"])})
            for citizen in data["citizens"]
        ),
        officials=tuple(
            SyntheticOfficial(**official | {"roles": tuple(official["roles"])}) for official in data["officials"]
        ),
        children=tuple(SyntheticChild(**child) for child in data["children"]),
    )
