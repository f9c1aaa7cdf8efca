"""What every kind of provider must keep to: one contract, run over whatever is registered and over what a test adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest

from identity.citizen import AssuranceLevel, VerifiedCitizen
from identity.errors import IdentityError
from identity.trusted_issuer import ClaimNames
from tests.identity.issuer import OMIT
from tests.identity.providers import ISSUER, House, code

CANARY = "https://canary.example/"
ODD_NAMES = ("２", "1994-02-30", "19940230")
GARBLED = (None, True, 0, -1, 1.5, "", " ", "\0", *ODD_NAMES, "x" * 5000, [], ["level-2"], {}, {"a": 1})
REQUIRED = ("personal_id", "name", "birthdate", "acr")
SOMEBODY = ("001194000001", "Minh Anh", "subject-1")


async def honest_evidence_tells_the_same_of_the_citizen(make: Callable[[], House]) -> None:
    for way in make().ways:
        house = make()
        citizen = await house.ways[way]()
        assert isinstance(citizen, VerifiedCitizen), way
        assert citizen.personal_id.digits == "001194000001"
        assert (citizen.full_name, citizen.birth_date) == ("Nguyễn Thị Minh Anh", date(1994, 3, 8))
        assert citizen.level is AssuranceLevel.LEVEL_2
        assert citizen.issuer == house.trusted.issuer
        assert citizen.subject
        assert "001194000001" not in citizen.subject_key
        about = house.provider().standard_claims(house.person(unheard_of=1))
        assert set(REQUIRED) <= about.keys() <= {field.name for field in fields(ClaimNames)}


async def absent_and_garbled_claims_are_refused(make: Callable[[], House]) -> None:
    for way in make().ways:
        for standard in REQUIRED:
            given = make().names[standard]
            assert await refusal_of(make(), way, **{given: OMIT}) == "missing_claim", (way, standard)
            for value in GARBLED:
                if standard == "name" and value in ODD_NAMES:
                    continue  # names all the same
                assert await refusal_of(make(), way, **{given: value}) == "invalid_claim", (way, standard, value)


async def nothing_but_the_issuer_is_asked(make: Callable[[], House]) -> None:
    """Whatever the evidence names: an address in it is never followed."""
    pointers = dict.fromkeys(("jku", "x5u", "jwks_uri", "_claim_sources", "request_uri", "userinfo_endpoint"), CANARY)
    for way in make().ways:
        house = make()
        await house.ways[way](**pointers)
        assert house.asked
        assert {urlsplit(ask.address).netloc for ask in house.asked} == {urlsplit(ISSUER).netloc}
        assert {urlsplit(ask.address).query for ask in house.asked} == {""}, "secrets do not belong in addresses"


async def secrets_do_not_print(make: Callable[[], House]) -> None:
    for way in make().ways:
        house = make()
        person = await house.ways[way]()
        shown = [f"{part!r} {part}" for part in (house.provider(), house.trusted, person, code(), *house.asked)]
        if "token" in house.told:
            shown.append(repr(await house.redeem()))
        for secret in (*house.secrets, *SOMEBODY):
            assert not any(secret in text for text in shown), (way, secret)


async def refusal_of(house: House, way: str, **overrides: Any) -> str:
    """The code of the error that this evidence is refused with; it says nothing of the evidence."""
    with pytest.raises(IdentityError) as refusal:
        await house.ways[way](**overrides)
    says_nothing(refusal.value, house)
    return refusal.value.code


def says_nothing(refusal: IdentityError, house: House) -> None:
    """An error may be logged: neither it nor what it chains to holds a secret or a person's data."""
    assert refusal.code != IdentityError.code, "only leaves are raised"
    assert refusal.__cause__ is None
    assert refusal.__suppress_context__ or refusal.__context__ is None
    said = f"{refusal} {refusal!r} {vars(refusal)}"
    for secret in (*house.secrets, *SOMEBODY, "canary"):
        assert secret not in said


CONTRACT = (
    honest_evidence_tells_the_same_of_the_citizen,
    absent_and_garbled_claims_are_refused,
    nothing_but_the_issuer_is_asked,
    secrets_do_not_print,
)
