"""What machines ask."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from jwt import PyJWK, PyJWS

from storage.runner import Database
from tests.api.house import House, open_house
from verification.trust import KeyPurpose


async def test_alive_and_ready(house: House) -> None:
    assert (await house.get("/livez")).json() == {"alive": True}
    ready = (await house.get("/readyz")).json()
    assert (ready["ready"], ready["checks"]) == (True, {"database": True, "keys": True})
    # Nobody works here; that is said, and keeps no request away.
    assert ready["watch"] == {"workers": False, "jobs_waiting": True, "seals": True}


async def _broken() -> bool:
    raise RuntimeError("no key")


async def _not() -> bool:
    return False


@pytest.mark.parametrize("check", [_broken, _not])
async def test_not_ready_names_what_is_missing(sqlite_url: str, tmp_path: Path, check: object) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, readiness={"keys": check}) as house:
        answer = await house.get("/readyz")

        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        assert answer.json()["checks"] == {"database": True, "keys": False}
        assert "no key" not in answer.text
        assert (await house.get("/livez")).status_code == 200
    await database.dispose()


async def test_published_keys_verify_what_was_signed(house: House) -> None:
    """Through another library's eyes: the key of the JWK Set verifies the status list."""
    _, certificate = await house.issued()
    token = (await house.get(f"/v1/status-lists/{certificate.status_list}")).text
    keys = {key["kid"]: key for key in (await house.get("/.well-known/jwks.json")).json()["keys"]}
    header = PyJWS().decode_complete(token, options={"verify_signature": False})["header"]
    key = PyJWK(keys[header["kid"]])

    assert PyJWS().decode(token, key.key, algorithms=["ES256"])
    assert certificate.qr_key_id in keys
    purposes = {entry["key_purpose"] for entry in keys.values()}
    assert purposes == {KeyPurpose.QR.value, KeyPurpose.STATUS.value, KeyPurpose.CREDENTIAL.value}
    assert all("d" not in entry for entry in keys.values())


async def test_security_txt_says_where_to_report(house: House) -> None:
    lines = (await house.get("/.well-known/security.txt")).text.splitlines()

    assert "Contact: mailto:security@condau.example" in lines
    (expires,) = [line.removeprefix("Expires: ") for line in lines if line.startswith("Expires: ")]
    assert datetime.fromisoformat(expires) > house.office.at


async def test_security_txt_is_left_out_where_nobody_is_named(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, security_contact=None) as house:
        assert (await house.get("/.well-known/security.txt")).status_code == 404
    await database.dispose()
