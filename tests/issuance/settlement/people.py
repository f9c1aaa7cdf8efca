"""The people of a unit for the tests of settlement: a register of officials, and what they sign in as."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from identity.citizen import Role, VerifiedOfficial
from identity.officials_register import RegisteredOfficial
from issuance.application import Application, ApplicationState
from issuance.payments.order import ReceivedPayment
from tests.issuance.money import money_comes
from tests.issuance.office import UNIT, Office

TWO_STEPS = datetime(2025, 6, 2, 2, 0, tzinfo=UTC)
"""A Monday on which form 1 is settled in two steps: a caseworker proposes, a head decides."""

NAMES = {
    "an": "Lê Thị An",
    "binh": "Trần Văn Bình",
    "cuong": "Nguyễn Văn Cường",
    "dung": "Phạm Tiến Dũng",
}
PERSONS = {"an": "001185000021", "binh": "001080000022", "cuong": "001075000023", "dung": "001078000024"}
ROLES: dict[str, Role] = {"an": "caseworker", "binh": "caseworker", "cuong": "head", "dung": "caseworker"}


def key_of(name: str) -> str:
    return f"https://officials.example|{name}"


def register(office: Office, *names: str, **changed: Any) -> None:
    """Put officials into the register, each in the role that `ROLES` gives."""
    for name in names:
        entry = {
            "subject_key": key_of(name),
            "unit": UNIT,
            "roles": frozenset({ROLES[name]}),
            "full_name": NAMES[name],
        } | changed
        office.do(lambda r, e=entry: r.officials.put(RegisteredOfficial(**e), office.at))  # type: ignore[misc]  # keyword arguments of any kind


async def signed_in(office: Office, name: str, **claims: Any) -> VerifiedOfficial:
    """With the roles that the register would give."""
    claims = {"sub": name, "name": NAMES[name], "personal_id": PERSONS[name], "roles": [ROLES[name]]} | claims
    return await office.official(**claims)


async def new_case(office: Office, **changed: Any) -> Application:
    """An application that is received, paid for where money was due."""
    application = await office.application(**changed)
    return pay(office, application) if application.state is ApplicationState.PAYMENT_ASKED else application


def pay(office: Office, application: Application) -> Application:
    order = office.do(lambda r: r.payments.of_application(application.id))
    assert order is not None
    money = ReceivedPayment(
        memo=order.memo, amount=order.amount, provider_reference=f"FT-{order.id}", received_at=office.at
    )
    return office.do(lambda r: money_comes(r, office.rules, money, office.at))
