"""The town of the simulated year: made-up people, its officials, its units and the registers that it asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from issuance.agencies.read_hours import read_hours
from issuance.agencies.unit import Unit, UnitKind
from issuance.documents.catalogue import Catalogue
from issuance.errors import RegisterUnavailable
from issuance.fees.wording import Label
from issuance.registers.judicial import CompleteRecord, RegisterAnswer
from issuance.registers.population import PopulationAnswer
from issuance.registers.source import SourceAnswer
from tests.identity.issuer import TestIssuer
from tests.issuance.office import shipped_catalogue

from .shadow import aware

CITY, POLICE = "000.00.00.H26", "000.00.15.H26"
WARD_1, WARD_2, MERGED = "000.02.31.H26", "000.03.31.H26", "000.00.A0.H26"
TYPES = {
    "criminal_record_form_1": 0.45,
    "criminal_record_form_2": 0.15,
    "residence_confirmation": 0.25,
    "marital_status_confirmation": 0.15,
}
STAFF = (
    *((POLICE, "head") for _ in range(3)),
    *((POLICE, "caseworker") for _ in range(11)),
    *((WARD_1, "head"), (WARD_2, "head")),
    *((WARD_1, "caseworker") for _ in range(4)),
    *((WARD_2, "caseworker") for _ in range(5)),
)
"""25 officials."""
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương", "Lý")
_GIVEN = {
    "female": ("Thị Minh Anh", "Thu Hà", "Ngọc Lan", "Thị Hồng", "Khánh Linh", "Thùy Dương", "Thị Yến", "Bích Phượng"),
    "male": ("Văn Bình", "Đức Thắng", "Minh Quân", "Quốc Huy", "Hữu Nghĩa", "Tiến Dũng", "Văn Ước", "Gia Bảo"),
}


def catalogue() -> Catalogue:
    """The shipped types; residence is confirmed by a ward here, so that two units have work when they merge."""
    return Catalogue(
        replace(one, unit_code=WARD_2) if one.id == "residence_confirmation" else one for one in shipped_catalogue()
    )


def units(merger: date | None) -> Sequence[Unit]:
    """merger: the first day of the unit that takes over from both wards; None: nobody knows of it yet."""

    def unit(code: str, kind: UnitKind, **more: Any) -> Unit:
        name = Label(f"Đơn vị {code}", f"Unit {code}")
        parent = None if code == CITY else CITY
        return Unit(code=code, name=name, kind=kind, parent=parent, **{"valid_from": date(2016, 1, 1)} | more)

    ending = {} if merger is None else {"valid_until": merger - timedelta(days=1), "successor": MERGED}
    hours = read_hours("mon-fri 07:30-11:30 13:00-16:30")
    found = [
        unit(CITY, UnitKind.CITY),
        unit(POLICE, UnitKind.DEPARTMENT),
        unit(WARD_1, UnitKind.WARD, **ending),
        unit(WARD_2, UnitKind.WARD, **ending),
    ]
    return found if merger is None else [*found, unit(MERGED, UnitKind.WARD, valid_from=merger, hours=hours)]


@dataclass
class Registers:
    """All registers of the town: they answer but during their outages, and know nothing bad of anybody."""

    clock: Callable[[], datetime]
    outages: Sequence[tuple[datetime, datetime]]
    asked: int = 0
    silent: int = 0

    def away_until(self) -> datetime | None:
        now = self.clock()
        return next((until for since, until in self.outages if since <= now < until), None)

    def sources(self) -> dict[str, _Register]:
        return {name: _Register(self, name) for name in _ANSWERS}


@dataclass(frozen=True)
class _Register:
    town: Registers
    name: str

    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> SourceAnswer:
        self.town.asked += 1
        if self.town.away_until() is not None:
            self.town.silent += 1
            raise RegisterUnavailable("the register is away")
        return _ANSWERS[self.name](f"R-{self.town.asked}", aware(self.town.clock()), full_name, birth_date)


def _population(reference: str, at: datetime, full_name: str, birth_date: date) -> PopulationAnswer:
    return PopulationAnswer(
        reference=reference,
        answered_at=at,
        full_name=full_name,
        birth_date=birth_date,
        sex=None,
        birth_place="Hà Nội",
        nationality="Việt Nam",
        permanent_residence="Số 12 phố Đội Cấn, Hà Nội",
        temporary_residence=None,
        marital_status="single",
        spouse_name=None,
    )


def _judicial(kind: type[RegisterAnswer]) -> Callable[[str, datetime, str, date], RegisterAnswer]:
    return lambda reference, at, _, __: kind(reference=reference, answered_at=at, convictions=(), business_bans=())


_ANSWERS: dict[str, Callable[[str, datetime, str, date], SourceAnswer]] = {
    "judicial_register": _judicial(RegisterAnswer),
    "judicial_register_complete": _judicial(CompleteRecord),
    "population_register": _population,
}


@dataclass
class Staff:
    """The officials, as they have signed in. absent: whose place is taken by whom until when."""

    issuer: TestIssuer
    people: dict[str, VerifiedOfficial] = field(default_factory=dict)
    absent: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    async def sign_in(self, number: int, unit: str, role: str, at: datetime) -> VerifiedOfficial:
        name = f"{_FAMILY[number % 12]} {_GIVEN['male'][number % 8]}"
        person = await self.issuer.official(
            aware(at),
            sub=f"official-{number:02}",
            name=name,
            unit=unit,
            roles=[role],
            personal_id=f"0010800{number:05}",
        )
        self.people[person.subject_key] = person
        return person

    def of_unit(self, unit: str, role: str) -> list[VerifiedOfficial]:
        return [one for one in self.people.values() if one.unit == unit and role in one.roles]


async def citizens(issuer: TestIssuer, count: int, at: datetime, random: Random) -> list[VerifiedCitizen]:
    found = []
    for number in range(count):
        sex = random.choice(["female", "male"])
        year = random.randint(1960, 2004)
        digit = (1 if sex == "female" else 0) + (2 if year >= 2000 else 0)
        found.append(
            await issuer.citizen(
                aware(at),
                sub=f"citizen-{number}",
                name=f"{random.choice(_FAMILY)} {random.choice(_GIVEN[sex])}",
                gender=sex,
                birthdate=date(year, random.randint(1, 12), random.randint(1, 28)).isoformat(),
                personal_id=f"001{digit}{year % 100:02}{number:06}",
                client_id=random.choices(["vneid-app", "portal", "one-stop-kiosk"], [6, 2, 2])[0],
            )
        )
    return found


def request_of(type_id: str, citizen: VerifiedCitizen, random: Random) -> dict[str, Any]:
    """What the citizen states."""
    copies = {"copies": random.choices([1, 2, 5], [8, 2, 1])[0]}
    if type_id == "residence_confirmation":
        return copies
    if type_id == "marital_status_confirmation":
        return copies | {"purpose": "Đăng ký kết hôn", "lived_elsewhere": random.random() < 0.2}
    asked = copies | {
        "sex": citizen.sex,
        "birth_place": "Hà Nội",
        "nationality": "Việt Nam",
        "permanent_residence": "Số 12 phố Đội Cấn, Hà Nội",
        "lived_abroad": random.random() < 0.1,
    }
    if type_id == "criminal_record_form_1":
        asked["business_management_ban_requested"] = random.random() < 0.1
    return asked
