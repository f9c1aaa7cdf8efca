"""A population register in this process, which knows one person under whatever number it is asked for."""

from __future__ import annotations

from datetime import date

from issuance.errors import RegisterUnavailable
from issuance.registers.population import PopulationAnswer
from tests.issuance.office import MONDAY

KNOWN = PopulationAnswer(
    reference="CSDLDC-7",
    answered_at=MONDAY,
    full_name="Nguyễn Thị Minh Anh",
    birth_date=date(1994, 3, 8),
    sex="female",
    birth_place="Phường Hàng Bài, thành phố Hà Nội",
    nationality="Việt Nam",
    permanent_residence="Số 12 phố Thợ Nhuộm, thành phố Hà Nội",
    temporary_residence=None,
    marital_status="married",
    spouse_name="Lê Hoàng Dũng",
)


class KnowsOne:
    """answer: None while the register is away. asked: the numbers, in order."""

    def __init__(self) -> None:
        self.answer: PopulationAnswer | None = KNOWN
        self.asked: list[str] = []

    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> PopulationAnswer:
        self.asked.append(personal_id)
        if self.answer is None:
            raise RegisterUnavailable("away")
        return self.answer
