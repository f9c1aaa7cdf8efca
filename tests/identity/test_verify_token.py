"""Honest tokens become the right people; kinds and levels are told apart."""

from __future__ import annotations

import ast
import copy
import dataclasses
import pickle
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import identity
from identity.algorithms import ALGORITHMS
from identity.citizen import AssuranceLevel, VerifiedCitizen, VerifiedOfficial
from identity.errors import (
    InvalidClaim,
    LevelTooLow,
    MissingClaim,
    TokenExpired,
    TokenNotYetValid,
    TokenTooOld,
    WrongKindOfPerson,
)
from identity.trusted_issuer import ClaimNames
from identity.verify_token import require_citizen, require_level, require_official, verify_token
from tests.identity.issuer import AUDIENCE, NOW, OMIT, TestIssuer, trust


async def test_a_citizens_token_becomes_the_citizen() -> None:
    issuer = TestIssuer()
    citizen = await verify_token(issuer.mint(), trust(issuer), NOW)
    assert isinstance(citizen, VerifiedCitizen)
    assert citizen.subject_key == "https://issuer.example|subject-1"
    assert citizen.personal_id.digits == "001194000001"
    assert citizen.full_name == "Nguyễn Thị Minh Anh"
    assert citizen.birth_date == date(1994, 3, 8)
    assert citizen.sex == "female"
    assert citizen.level is AssuranceLevel.LEVEL_2
    assert citizen.client_id == "vneid-app"


async def test_an_officials_token_becomes_the_official() -> None:
    issuer = TestIssuer(people="officials")
    official = await verify_token(issuer.mint(roles=["head", "caseworker", "chef"]), trust(issuer), NOW)
    assert isinstance(official, VerifiedOfficial)
    assert official.unit == "000.00.15.H26"
    assert official.roles == {"caseworker", "head"}
    assert official.full_name == "Phạm Thu Hà"


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
async def test_every_supported_algorithm_verifies(algorithm: str) -> None:
    issuer = TestIssuer(algorithm=algorithm)
    assert (await issuer.citizen()).level is AssuranceLevel.LEVEL_2


async def test_each_issuer_speaks_only_for_its_own_people() -> None:
    citizens = TestIssuer("https://citizens.example")
    officials = TestIssuer("https://officials.example", "officials")
    issuers = trust(citizens, officials)
    citizen = await verify_token(citizens.mint(), issuers, NOW)
    official = await verify_token(officials.mint(), issuers, NOW)
    assert require_citizen(citizen) is citizen
    assert require_official(official) is official
    with pytest.raises(WrongKindOfPerson):
        require_citizen(official)
    with pytest.raises(WrongKindOfPerson):
        require_official(citizen)


async def test_the_level_demanded_is_told_beside_the_actual_one() -> None:
    citizen = await TestIssuer().citizen(acr="level-1")
    require_level(citizen, AssuranceLevel.LEVEL_1)
    with pytest.raises(LevelTooLow) as refusal:
        require_level(citizen, AssuranceLevel.LEVEL_2)
    assert (refusal.value.required, refusal.value.actual) == (AssuranceLevel.LEVEL_2, AssuranceLevel.LEVEL_1)


async def test_claims_are_read_under_the_names_the_settings_give() -> None:
    issuer = TestIssuer(claims=ClaimNames(personal_id="citizen_pid", name="full_name"))
    token = issuer.mint(
        personal_id=OMIT, citizen_pid="001094000003", name="not this one", full_name="Lê Hoàng Dũng", gender="other"
    )
    citizen = require_citizen(await verify_token(token, trust(issuer), NOW))
    assert (citizen.personal_id.digits, citizen.full_name, citizen.sex) == ("001094000003", "Lê Hoàng Dũng", None)


async def test_a_decomposed_name_is_composed() -> None:
    citizen = await TestIssuer().citizen(name="Tra\u0302\u0300n Va\u0306n Bi\u0300nh")
    assert citizen.full_name == "Trần Văn Bình"


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["https://other.example", AUDIENCE]])
async def test_the_audience_may_be_one_of_several(audience: object) -> None:
    assert await TestIssuer().citizen(aud=audience)


async def test_time_is_judged_with_the_leeway_and_not_beyond() -> None:
    issuer = TestIssuer(leeway_seconds=30, max_age_seconds=900)
    issuers, token = trust(issuer), issuer.mint(nbf=int(NOW.timestamp()))
    expiry, issued = NOW + timedelta(seconds=540), NOW - timedelta(seconds=60)
    assert await verify_token(token, issuers, expiry + timedelta(seconds=29))
    with pytest.raises(TokenExpired):
        await verify_token(token, issuers, expiry + timedelta(seconds=30))
    assert await verify_token(token, issuers, NOW - timedelta(seconds=30))
    with pytest.raises(TokenNotYetValid):
        await verify_token(token, issuers, NOW - timedelta(seconds=31))  # nbf
    with pytest.raises(TokenNotYetValid):
        await verify_token(issuer.mint(), issuers, issued - timedelta(seconds=31))  # iat
    with pytest.raises(TokenTooOld):
        await verify_token(issuer.mint(exp=int(NOW.timestamp()) + 9999), issuers, issued + timedelta(seconds=931))


async def test_a_child_born_today_in_vietnam_is_born() -> None:
    before_midnight = datetime(2024, 6, 2, 16, 59, tzinfo=UTC)
    midnight = datetime(2024, 6, 2, 17, 0, tzinfo=UTC)
    issuer = TestIssuer()
    assert (await issuer.citizen(midnight, birthdate="2024-06-03")).birth_date == date(2024, 6, 3)
    for at, tomorrow in ((before_midnight, "2024-06-03"), (midnight, "2024-06-04")):
        with pytest.raises(InvalidClaim):
            await issuer.citizen(at, birthdate=tomorrow)


async def test_a_time_without_a_zone_is_the_callers_mistake() -> None:
    issuer = TestIssuer()
    with pytest.raises(ValueError, match="time zone"):
        await verify_token(issuer.mint(), trust(issuer), NOW.replace(tzinfo=None))


async def test_verified_people_cannot_be_made_copied_or_revived_otherwise() -> None:
    citizen = await TestIssuer().citizen()
    official = await TestIssuer(people="officials").official()
    for person in (citizen, official):
        values = {field.name: getattr(person, field.name) for field in dataclasses.fields(person)}
        with pytest.raises(TypeError):
            type(person)(**values)  # type: ignore[call-arg]  # the missing proof is the point
        with pytest.raises(TypeError, match="only identity"):
            type(person)(**values, proof=object())
        with pytest.raises((TypeError, ValueError)):
            dataclasses.replace(person, full_name="Ai Đó")
        with pytest.raises(TypeError):
            pickle.dumps(person)
        with pytest.raises(TypeError):
            copy.copy(person)
        with pytest.raises(dataclasses.FrozenInstanceError):
            person.full_name = "Ai Đó"  # type: ignore[misc]  # frozen is the point


async def test_people_do_not_print_their_personal_data() -> None:
    citizen = await TestIssuer().citizen()
    shown = f"{citizen!r} {citizen} {[citizen]}"
    for secret in ("001194000001", "194000001", "Minh Anh", "1994", "subject-1"):
        assert secret not in shown


def test_only_one_module_makes_verified_people() -> None:
    """The guard is a convention of Python; this is what makes it hold."""
    root = Path(identity.__file__).parents[1]
    packages = ("api", "condau", "identity", "issuance", "signing", "simulators", "storage", "verification")
    naming = set()
    for package in packages:
        for path in (root / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                named = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
                if named in ("_VERIFIED", "_Verified"):
                    naming.add(path.relative_to(root).as_posix())
    assert naming == {"identity/citizen.py", "identity/person.py"}


async def test_an_official_needs_level_2_where_the_issuers_levels_are_mapped() -> None:
    levels = {"loa1": AssuranceLevel.LEVEL_1, "loa2": AssuranceLevel.LEVEL_2}
    issuer = TestIssuer("https://officials.example", "officials", levels=levels)
    issuers = trust(issuer)
    assert isinstance(await verify_token(issuer.mint(acr="loa2"), issuers, NOW), VerifiedOfficial)
    with pytest.raises(LevelTooLow) as refused:
        await verify_token(issuer.mint(acr="loa1"), issuers, NOW)
    assert (refused.value.required, refused.value.actual) == (AssuranceLevel.LEVEL_2, AssuranceLevel.LEVEL_1)
    with pytest.raises(InvalidClaim):
        await verify_token(issuer.mint(acr="loa3"), issuers, NOW)
    with pytest.raises(MissingClaim):
        await verify_token(issuer.mint(acr=OMIT), issuers, NOW)


async def test_whoever_is_not_admitted_gets_no_further() -> None:
    issuer = TestIssuer(single_use_tokens=True)
    issuers, token, asked = trust(issuer), issuer.mint(), []

    def admit(*whom: str) -> None:
        asked.append(whom)
        if len(asked) == 1:
            raise PermissionError

    with pytest.raises(PermissionError):
        await verify_token(token, issuers, NOW, admit=admit)
    # the token, which counts once, was not used up
    assert await verify_token(token, issuers, NOW, admit=admit)
    assert asked == [("https://issuer.example", "subject-1", "vneid-app")] * 2
    with pytest.raises(TokenExpired):
        await verify_token(issuer.mint(exp=int(NOW.timestamp()) - 31), issuers, NOW, admit=admit)
    assert len(asked) == 2
