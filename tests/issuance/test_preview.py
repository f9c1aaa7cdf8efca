"""What an application would be, before it is one: told as it then is, with nothing left behind."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from identity.errors import LevelTooLow
from issuance.apply import apply, preview
from issuance.documents.errors import InvalidInput
from issuance.errors import NotPrintable, WrongChannel
from tests.issuance.families import CHILD_NAME, guardian_of
from tests.issuance.office import INPUT, TYPE, Office


@pytest.mark.parametrize(
    ("client", "changed"),
    [("vneid-app", {}), ("one-stop-kiosk", {"copies": 10}), ("one-stop-kiosk", {"lived_abroad": True})],
    ids=["nothing due", "due", "longer"],
)
async def test_it_is_what_is_registered_then(office: Office, client: str, changed: dict[str, Any]) -> None:
    citizen = await office.citizen(client_id=client)
    asked = INPUT | changed
    seen = office.do(lambda r: preview(r, office.rules, citizen, TYPE, asked, office.at))
    assert office.do(lambda r: r.applications.list_of_citizen(citizen.subject_key, None, 10)).applications == []
    again = office.do(lambda r: preview(r, office.rules, citizen, TYPE, asked, office.at))
    came = office.do(lambda r: apply(r, office.rules, citizen, TYPE, asked, office.at))

    assert came.code.endswith("-0001")  # no number was used up
    for one in (seen, again):
        assert (one.fee, one.promised_at, one.unit, one.limit, one.input) == (
            came.fee,
            came.promised_at,
            came.unit,
            came.limit,
            came.input,
        )


async def test_for_a_child_it_is_the_child_s_fee(office: Office) -> None:
    guardian = await guardian_of(office, client_id="one-stop-kiosk")
    seen = office.do(lambda r: preview(r, office.rules, guardian, TYPE, INPUT, office.at))

    assert seen.on_behalf_of is not None
    assert seen.on_behalf_of.full_name == CHILD_NAME
    assert seen.fee.due == 5_000


_REFUSED: tuple[tuple[dict[str, Any], dict[str, Any], type[Exception]], ...] = (
    ({"client_id": "no-channel"}, {}, WrongChannel),
    ({"acr": "level-1"}, {}, LevelTooLow),
    ({}, {"copies": 0}, InvalidInput),
    ({"name": "Nguyễn Thị 李"}, {}, NotPrintable),
)


async def test_it_refuses_what_applying_refuses(office: Office) -> None:
    for claims, changed, refusal in _REFUSED:
        citizen = await office.citizen(**claims)
        for ask in (preview, apply):
            with pytest.raises(refusal):
                office.do(
                    partial(ask, rules=office.rules, asker=citizen, type_id=TYPE, data=INPUT | changed, at=office.at)
                )
