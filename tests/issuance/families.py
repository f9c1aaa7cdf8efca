"""A family for tests: a mother who is the office's usual citizen, the father, and their child in the register."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from identity.guardian import RegisteredChild, Relation, VerifiedGuardian, confirm_guardian
from identity.personal_id import PersonalId
from issuance.application import Application
from issuance.apply import apply
from tests.issuance.office import INPUT, TYPE, Office

MOTHER, FATHER, CHILD = PersonalId("001194000001"), PersonalId("001091000003"), PersonalId("001219000021")
CHILD_NAME, CHILD_BORN = "Lê Minh Khôi", date(2019, 4, 12)
PARENTS: dict[PersonalId, Relation] = {MOTHER: "mother", FATHER: "father"}


class Family:
    """A population register of one family, which answers at the office's time. `changed`: what it says otherwise."""

    def __init__(self, office: Office, **changed: Any) -> None:
        self.office = office
        self.changed = changed
        self.asked = 0

    async def child_of(self, guardian: PersonalId, child: PersonalId) -> RegisteredChild | None:
        self.asked += 1
        if child != CHILD or guardian not in PARENTS:
            return None
        answer = RegisteredChild(
            guardian_id=guardian,
            relation=PARENTS[guardian],
            personal_id=child,
            full_name=CHILD_NAME,
            birth_date=CHILD_BORN,
            sex="male",
            guardians=frozenset(PARENTS),
            reference="CSDLDC-1",
            answered_at=self.office.at,
        )
        return replace(answer, **self.changed)


async def guardian_of(office: Office, changed: dict[str, Any] | None = None, **claims: Any) -> VerifiedGuardian:
    """The mother, or whom the claims say, confirmed for the child."""
    register = Family(office, **changed or {})
    return await confirm_guardian(await office.citizen(**claims), CHILD, register, office.at)


async def application_for_child(office: Office, changed: dict[str, Any] | None = None, **claims: Any) -> Application:
    """As `apply` leaves it, without any support for which the channel would matter."""
    guardian = await guardian_of(office, changed, **{"client_id": "one-stop-kiosk"} | claims)
    asked = INPUT | {"copies": 1, "sex": "male"}
    return office.do(lambda r: apply(r, office.rules, guardian, TYPE, asked, office.at))
