"""Personal data of everything that a case is made of is seen by its people, and told to nobody on the way."""

from __future__ import annotations

import itertools
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client import generate_latest

from condau.logs import JsonLines
from issuance.agencies.import_units import install_units
from issuance.delivery.notice import Subscriptions, client_key
from issuance.delivery.send_notices import send_notices
from issuance.jobs import JobKind
from storage.delivery_tables import notices
from storage.schema import metadata
from tests.api.house import UNPAID, House
from tests.api.papers import a_picture
from tests.api.test_bodies import COURT, PATH, REQUEST
from tests.api.test_evidence import at_the_desk, bring
from tests.api.test_secrets import MARK, traces
from tests.api.test_survey_page import a_link
from tests.issuance.batches.pupils import pupils, write_lines
from tests.issuance.batches.school_office import appoint, approve, issue, prepare, transcript
from tests.issuance.delivery.test_send_notices import APP, ISSUER, Outside, receiver_of, sender_of
from tests.issuance.office import UNIT
from tests.issuance.settlement.people import key_of, register

NUMBER = "001194000077"
_numbers = itertools.count(1)


def canary() -> str:
    return f"{MARK} số {next(_numbers)}"


class Told:
    """What everybody on the way of a request can read: addresses, headers, refusals."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.texts: list[str] = []
        client.event_hooks["response"].append(self._hear)

    async def _hear(self, answer: httpx.Response) -> None:
        self.texts += [unquote(str(answer.request.url)), *(unquote(value) for value in answer.headers.values())]
        await answer.aread()
        if answer.is_error:
            self.texts.append(answer.text)


def stored(house: House, *, ours: bool) -> str:
    """Every cell of every table: of our own, or of all that is not ours, which is of background work."""

    def read(records: Any) -> str:
        connection: sa.Connection = records._connection.plain()
        if ours:
            tables = [sa.table(name) for name in sorted(metadata.tables)]
        else:
            schema = "dbos" if connection.dialect.name == "postgresql" else None
            names = set(sa.inspect(connection).get_table_names(schema)) - set(metadata.tables) - {"alembic_version"}
            assert "workflow_status" in names
            tables = [sa.table(name, schema=schema) for name in sorted(names)]
        return "\n".join(
            bytes(cell).decode("utf-8", "ignore") if isinstance(cell, bytes | memoryview) else str(cell)
            for one in tables
            for row in connection.execute(sa.select(sa.text("*")).select_from(one))
            for cell in row
        )

    return house.office.do(read)


class OnTheWay:
    """Everything in which something about people could be left behind, from now on."""

    def __init__(self, house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        self._house, self._told, self._caplog, self._capfd = house, Told(house.client), caplog, capfd
        caplog.set_level(logging.DEBUG)
        for name in ("httpx", "httpcore"):  # the test's own client
            logging.getLogger(name).setLevel(logging.WARNING)

    def places(self) -> dict[str, str]:
        lines = "\n".join(JsonLines().format(record) for record in self._caplog.records)
        assert "/v1/applications/{code}" in lines
        return {
            "the way": "\n".join(self._told.texts),
            "logs": lines + self._caplog.text,
            "output": "".join(self._capfd.readouterr()),
            "figures": generate_latest(self._house.services.metrics.registry).decode(),
            "jobs": stored(self._house, ours=False),
            "tables": stored(self._house, ours=True),
        }


async def test_what_a_case_is_made_of_is_told_to_nobody_on_the_way(
    house_on_both: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    house, way = house_on_both, OnTheWay(house_on_both, caplog, capfd)
    mine = at_the_desk(house, name=f"Trần {canary()}", sub="citizen-77", personal_id=NUMBER)
    desk = house.official(roles=["caseworker", "head"])

    given = {name: canary() for name in ("birth_place", "permanent_residence")}
    application = await house.apply(mine, **given)
    code = application["code"]
    paper = await bring(house, code, mine, name=f"{canary()}.png", data=a_picture())
    asked = await house.post(application["links"]["questions"], mine, json={"text": canary()})
    case = (await house.get(f"/v1/desk/applications/{code}", desk)).json()["application"]
    evidence = case["evidence"][0]["links"]
    rejected = await house.post(evidence["reject"], desk, json={"reason": canary()})
    (line, *_) = (await house.get("/v1/desk/questions", desk)).json()["items"]
    answered = await house.post(line["question"]["links"]["answer"], desk, json={"text": canary()})
    searched = await house.post("/v1/desk/applications/search", desk, json={"personal_id": NUMBER})
    declared = await house.post("/v1/desk/relatives", desk, json={"personal_id": NUMBER})
    done = (paper, asked, rejected, answered, searched, declared)
    assert [one.status_code < 300 for one in done] == [True] * len(done), [one.text for one in done]
    # Refusals, with the same everywhere that a caller can write it.
    for body in ({"type": canary(), "input": given}, {"type": application["type"], "input": given | {"x": canary()}}):
        assert (await house.post("/v1/applications", mine, json=body)).is_error
    assert (await house.get(f"/v1/applications/{code}", house.citizen(name=canary(), sub="another"))).is_error
    about = house.stored(code).id
    house.office.do(lambda records: records.jobs.enqueue(JobKind.ISSUE_RECEIPT, about))

    own = (await house.get(f"/v1/applications/{code}", mine)).text
    assert traces(own)
    everything = way.places()
    assert [where for where, text in everything.items() if traces(text)] == []
    assert [where for where, text in everything.items() if NUMBER in text] == []


async def test_what_others_write_about_people_is_told_to_nobody_on_the_way(
    house_on_both: House, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Bank statements, officials, bodies, other units, a survey, a batch; and what applications are told of it."""
    house, way = house_on_both, OnTheWay(house_on_both, caplog, capfd)
    office = house.office
    clients = {APP, client_key(ISSUER, UNPAID)}
    office.database.subscriptions, office.database.clock = Subscriptions(frozenset(clients)), lambda: office.at
    office.do(lambda records: install_units(records, office.at))
    mine, desk = at_the_desk(house, name=f"Trần {canary()}", sub="citizen-77", personal_id=NUMBER), house.official()
    head = house.official(roles=["caseworker", "head"], sub="cuong")

    async def done(path: str, headers: dict[str, str], **request: Any) -> Any:
        answer = await house.post(path, headers, **request)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    application = await house.apply(mine)
    memo = application["payment"]["memo"]
    statement = (
        f"date,reference,amount,currency,memo\n03/06/2024,B1,1000,VND,{canary()} {memo}\n"
        f"03/06/2024,B2,2000,VND,{canary()} {NUMBER}\n03/06/2024,B3,3000,VND,{canary()}\n"
    )
    csv = house.official(roles=["operator"]) | {"Content-Type": "text/csv"}
    await done("/v1/payments/statements", csv, content=statement.encode())
    assert (await house.post("/v1/payments/statements", csv, content=f"{canary()},{NUMBER}\n".encode())).is_error
    waiting = (await house.get("/v1/desk/payments", desk)).json()["items"]
    assert len(waiting) == 3
    for one in waiting:
        await done(f"/v1/desk/payments/{one['id']}/refund", desk, json={"reason": f"{canary()} {NUMBER}"})

    await done(application["links"]["questions"], mine, json={"text": canary()})
    (line, *_) = (await house.get("/v1/desk/questions", desk)).json()["items"]
    await done(line["question"]["links"]["answer"], desk, json={"text": canary()})
    survey = (await a_link(house)).removeprefix("/s/")
    answered = await house.client.post("/s", data={"token": survey, "score": "1", "comment": f"{canary()} {NUMBER}"})
    assert answered.status_code == 303

    subject = REQUEST["subject"] | {"full_name": f"Lê {canary()}", "personal_id": NUMBER}
    given = REQUEST["input"] | {"birth_place": canary(), "permanent_residence": canary()}
    court = house.official(**COURT)
    body = await done(PATH, court, json=REQUEST | {"subject": subject, "input": given, "case_number": f"15 {canary()}"})
    assert (await house.post(PATH, court, json=REQUEST | {"subject": subject, "type": canary()})).is_error
    assert NUMBER in (await house.get(f"{PATH}/{body['code']}", court)).text

    issued, _ = await house.issued(house.citizen(name=f"Vũ {canary()}", sub="issued-to"))
    there = next(one.code for one in office.do(lambda r: r.units.tree()).units_on(office.at.date()) if one.code != UNIT)
    why = {"to_unit": there, "reason": f"{canary()} {NUMBER}"}
    await done(f"/v1/desk/applications/{issued}/handovers", desk, json=why)
    receiver = house.official(unit=there, sub="receiver")
    (came,) = (await house.get("/v1/desk/inbox", receiver)).json()["items"]
    assert (await house.get(came["links"]["document"], receiver)).is_success
    (came,) = (await house.get("/v1/desk/inbox", receiver)).json()["items"]
    await done(came["links"]["acknowledgement"], receiver, json={"note": f"{canary()} {NUMBER}"})

    register(office, "an", "cuong", full_name=canary())
    lent = {"to": key_of("an"), "role": "head", "delegator_personal_id": NUMBER, "act": "Quyết định 12"}
    period = {"valid_from": office.at.isoformat(), "valid_until": (office.at + timedelta(days=1)).isoformat()}
    await done("/v1/desk/delegations", head, json=lent | period)
    assert (await house.post("/v1/desk/delegations", head, json=lent | {"valid_from": canary()})).is_error

    appoint(office)
    pupil, spoilt = (dict(one, full_name=f"Ngô {canary()}", remarks=canary()) for one in pupils(2))
    file = write_lines(tmp_path / "lines.jsonl", iter([pupil, spoilt | {canary(): NUMBER}]), transcript(office))
    prepared, refused = prepare(office, file)
    assert len(refused) == 1
    assert issue(office, approve(office, prepared.batch), file).issued == 1

    outside = Outside()
    for told in office.do(lambda r: r._connection.execute(sa.select(notices.c.id)).scalars().all()):  # type: ignore[attr-defined] # of SqlRecords
        send_notices(sender_of(office, outside, receivers={one: receiver_of(one) for one in clients}), told)
    assert all(outside.types(client) for client in clients)

    everything = way.places() | {"webhooks": str(outside.sent), "refused lines": str(refused)}
    assert [where for where, text in everything.items() if traces(text)] == []
    assert [where for where, text in everything.items() if NUMBER in text] == []
