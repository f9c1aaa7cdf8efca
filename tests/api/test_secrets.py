"""Secrets do not print: canaries in tokens, proofs, names and bodies come out nowhere but at their owner's."""

from __future__ import annotations

import base64
import itertools
import json
import logging
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest

from identity.proof_nonces import ProofNonces
from identity.proof_of_possession import ProofRules
from storage.schema import metadata
from storage.tables import security_events
from tests.api.house import House
from tests.identity.issuer import TestIssuer
from tests.identity.proofs import ProofHolder

MARK = "CANARY7431"
_numbers = itertools.count(1)


def canary() -> str:
    """A new one each time, plain enough for every field."""
    return f"{MARK}x{next(_numbers)}"


def hostile_requests(house: House) -> list[tuple[str, str, dict[str, str], bytes | None]]:
    """Requests that are all refused, with a canary wherever a caller can write one."""
    stranger = TestIssuer("https://issuer.example")  # of the right name, with a key of its own
    at = house.office.at
    tokens = [
        canary(),
        f"{canary()}.{canary()}.{canary()}",
        stranger.mint(at, sub=canary(), name=canary()),
        house.office.citizens.mint(at, header={"kid": canary()}),
        house.office.citizens.mint(at, header={canary(): canary()}),
        house.office.citizens.mint(at, header={"jku": f"https://{canary()}.example"}),
        house.office.citizens.mint(at, header={"typ": canary()}),
        house.office.citizens.mint(at, header={"alg": canary()}),
        *(
            house.office.citizens.mint(at, **{claim: canary()})
            for claim in ("iss", "aud", "acr", "personal_id", "birthdate", "client_id", "scope", "exp", "auth_time")
        ),
        house.office.citizens.mint(at, cnf={canary(): canary()}),
        house.office.citizens.mint(at, cnf={"jkt": canary()}),
        house.office.officials.mint(at, unit=canary(), roles=[canary()]),
    ]
    holder = ProofHolder()
    bound = house.office.citizens.mint(at, cnf=holder.confirmation, name=canary())
    proofs = [
        canary(),
        *(holder.prove(bound, at, **{claim: canary()}) for claim in ("htu", "htm", "ath", "jti", "nonce")),
    ]
    requests: list[tuple[str, str, dict[str, str], bytes | None]] = [
        ("GET", "/v1/applications", {"Authorization": f"Bearer {token}"}, None) for token in tokens
    ]
    requests += [
        ("GET", "/v1/applications", {"Authorization": f"DPoP {bound}", "DPoP": proof}, None) for proof in proofs
    ]
    named = house.citizen(name=canary(), personal_id="001194000077", sub=canary())
    requests += [
        ("GET", f"/v1/applications/{canary()}", named, None),
        ("GET", f"/{canary()}", named, None),
        ("GET", f"/v1/applications?cursor={canary()}", named, None),
        ("GET", "/v1/applications", named | {"Origin": f"https://{canary()}.example"}, None),
        ("GET", "/v1/applications", {"Authorization": f"{canary()} {canary()}"}, None),
        ("GET", "/v1/applications", {"Cookie": f"session={canary()}"}, None),
        (canary()[:10], "/v1/applications", named, None),
        ("GET", "/v1/desk/applications", named, None),
        ("GET", f"/v1/agency/applications/{canary()}", house.machine(client_id=canary()), None),
        ("POST", "/v1/applications", named, json.dumps({"type": canary(), "input": {canary(): canary()}}).encode()),
        ("POST", "/v1/applications", named | {"Idempotency-Key": canary() * 30}, b"{"),
        ("POST", "/v1/verifications/qr", {}, json.dumps({canary(): canary()}).encode()),
    ]
    desk = house.official(roles=["caseworker", "head", "operator"])
    requests += [
        ("GET", path.format(canary()), desk, None)
        for path in (
            "/v1/desk/applications?{0}={0}",
            "/v1/desk/applications?cursor={0}",
            "/v1/desk/questions?cursor={0}",
            "/v1/desk/follow-ups?cursor={0}",
            "/v1/desk/apologies?cursor={0}",
            "/v1/desk/applications/{0}",
            "/v1/statistics?from=2024-06-01&until=2024-06-30&unit={0}",
            "/v1/statistics?from={0}&until={0}",
            "/v1/procedures?cursor={0}",
            "/v1/procedures/{0}/1",
            "/v1/units/{0}",
            "/v1/units?kind={0}",
            "/v1/units/imports/{0}",
            "/v1/bodies/applications/{0}",
            "/s/{0}",
        )
    ]
    requests += [
        ("POST", path, desk, json.dumps({**body, canary(): canary()}).encode())
        for path, body in (
            ("/v1/desk/applications/search", {"personal_id": canary()}),
            ("/v1/desk/bulk", {"action": canary(), "codes": [canary()]}),
            ("/v1/desk/relatives", {"personal_id": canary()}),
            ("/v1/desk/relatives/removal", {"personal_id": canary()}),
            ("/v1/desk/delegations", {"to": canary(), "delegator_personal_id": canary(), "act": canary()}),
            ("/v1/bodies/applications", {"subject": {"personal_id": canary(), "full_name": canary()}}),
            (f"/v1/desk/applications/{canary()}/outcomes", {"outcome": canary(), "reason": canary()}),
            (f"/v1/desk/applications/{canary()}/papers-request", {"text": canary(), "until": canary()}),
            ("/v1/procedures/aa/1/withdrawal", {"reason": canary()}),
        )
    ]
    requests.append(("POST", "/v1/units/imports", desk | {"Content-Type": "text/csv"}, canary().encode()))
    requests.append(("POST", "/s", {"Content-Type": "application/x-www-form-urlencoded"}, f"token={canary()}".encode()))
    return requests


async def send(house: House, method: str, path: str, headers: dict[str, str], body: bytes | None) -> httpx.Response:
    headers = {"Idempotency-Key": f"key-{next(_numbers)}", "Content-Type": "application/json"} | headers
    return await house.client.request(method, path, headers=headers, content=body)


def traces(text: str) -> list[str]:
    """Where a canary stands, plain or in base64url at any of its three offsets."""
    found = [MARK] if MARK in text else []
    for shift in range(3):
        encoded = base64.urlsafe_b64encode(b"x" * shift + MARK.encode()).decode()
        # the ends depend on what stands beside
        if encoded[4:-4] in text:
            found.append(encoded[4:-4])
    return found


def test_traces_are_found_however_they_are_written() -> None:
    assert traces(f"a {MARK} b")
    for before in ("", "a", "ab"):
        assert traces(base64.urlsafe_b64encode(f'{before}{{"sub":"{MARK}x1"}}'.encode()).decode())
    assert not traces("nothing of the kind")


async def test_hostile_requests_leave_no_trace_of_what_they_brought(
    house_on_both: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    house = house_on_both
    # Also what is only said when somebody looks closely; the test's own client is not ours.
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    requests = hostile_requests(house)
    house.services.issuers.proofs = ProofRules(nonces=ProofNonces(b"n" * 32))
    again = hostile_requests(house)

    for request in [*requests, *again]:
        answer = await send(house, *request)
        assert answer.status_code >= 400, request
        assert traces(answer.text) == [], request
        assert traces(str(answer.headers)) == [], request

    assert traces(generate_latest(house.services.metrics.registry).decode()) == []
    assert traces(await _rows(house, [security_events.name])) == []
    assert traces("".join(caplog.text)) == []
    assert traces("".join(capfd.readouterr())) == []


async def test_an_honest_persons_data_is_hers_alone(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mine = house.citizen(name=f"Trần Thị {MARK}", sub=canary(), personal_id="001194000077")
    code = (await house.apply(mine, birth_place=canary()))["code"]
    assert MARK in (await house.get(f"/v1/applications/{code}", mine)).text
    others = [
        await house.get(path, headers)
        for headers in (
            house.citizen(),
            house.machine(),
            house.official(unit="000.00.16.H26", personal_id="001185000009"),
        )
        for path in (
            f"/v1/applications/{code}",
            f"/v1/applications/{code}/document",
            "/v1/applications",
            f"/v1/desk/applications/{code}",
            "/v1/desk/applications",
            f"/v1/agency/applications/{code}",
            "/v1/agency/applications",
        )
    ]

    assert [one.status_code for one in others].count(200) == 4
    for answer in others:
        assert traces(answer.text + str(answer.headers)) == []
    assert traces(generate_latest(house.services.metrics.registry).decode()) == []
    assert traces(await _rows(house, [security_events.name])) == []
    assert traces(caplog.text) == []


async def test_what_officials_write_about_people_is_nowhere_else(
    house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whom they look for, declare as a relative, or lend powers from."""
    caplog.set_level(logging.DEBUG)
    numbers, official = ["001194000078", "001195000079", "001195000080"], house.official(roles=["caseworker", "head"])
    sought = await house.post("/v1/desk/applications/search", official, json={"personal_id": numbers[0]})
    declared = await house.post("/v1/desk/relatives", official, json={"personal_id": numbers[1]})
    removed = await house.post("/v1/desk/relatives/removal", official, json={"personal_id": numbers[2]})
    assert {sought.status_code, declared.status_code, removed.status_code} == {200}

    everything = await _rows(house, sorted(metadata.tables))
    shown = "".join([caplog.text, *capfd.readouterr(), sought.text, declared.text, removed.text, str(sought.headers)])
    shown += generate_latest(house.services.metrics.registry).decode()
    assert "person_looked_for" in everything
    assert "relative_declared" in everything
    assert [number for number in numbers if number in everything or number in shown] == []


async def test_repeating_the_objects_of_a_request_shows_no_secret(house: House) -> None:
    """What a debugger or a careless log line would print."""
    holder = ProofHolder()
    person = await house.office.citizens.citizen(house.office.at, name=f"Trần {MARK}", sub=canary())
    presented = holder.present(canary(), house.office.at)
    shown = [repr(person), repr(presented), repr(ProofNonces(MARK.encode() * 4)), repr(house.services.issuers)]

    assert traces("".join(shown)) == []
    assert presented.proof not in shown[1]


async def _rows(house: House, tables: list[str]) -> str:
    def read(records: Any) -> str:
        return "\n".join(
            str(tuple(row)) for table in tables for row in records._connection.execute(metadata.tables[table].select())
        )

    return await house.office.database.run(read)
