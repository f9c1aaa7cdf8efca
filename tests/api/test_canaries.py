"""Personal data of everything that a case is made of is seen by its people, and told to nobody on the way."""

from __future__ import annotations

import itertools
import logging
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client import generate_latest

from condau.logs import JsonLines
from issuance.jobs import JobKind
from storage.schema import metadata
from storage.tables import security_events
from tests.api.house import House
from tests.api.papers import a_picture
from tests.api.test_evidence import at_the_desk, bring
from tests.api.test_secrets import MARK, traces

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


def jobs_of(house: House) -> str:
    """All that is stored of background work: every table that is not ours."""

    def read(records: Any) -> str:
        connection: sa.Connection = records._connection
        schema = "dbos" if connection.dialect.name == "postgresql" else None
        names = set(sa.inspect(connection).get_table_names(schema)) - set(metadata.tables) - {"alembic_version"}
        assert "workflow_status" in names
        tables = [sa.table(name, schema=schema) for name in sorted(names)]
        return "\n".join(
            str(tuple(row)) for one in tables for row in connection.execute(sa.select(sa.text("*")).select_from(one))
        )

    return house.office.do(read)


async def test_what_a_case_is_made_of_is_told_to_nobody_on_the_way(
    house_on_both: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    house, told = house_on_both, Told(house_on_both.client)
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):  # the test's own client
        logging.getLogger(name).setLevel(logging.WARNING)
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
    lines = "\n".join(JsonLines().format(record) for record in caplog.records)
    assert "/v1/applications/{code}" in lines
    everything = {
        "the way": "\n".join(told.texts),
        "logs": lines + caplog.text,
        "output": "".join(capfd.readouterr()),
        "figures": generate_latest(house.services.metrics.registry).decode(),
        "jobs": jobs_of(house),
        "security events": house.office.do(
            lambda records: str(list(records._connection.execute(sa.select(security_events))))  # type: ignore[attr-defined] # of SqlRecords
        ),
    }
    assert [where for where, text in everything.items() if traces(text)] == []
    assert [where for where, text in everything.items() if NUMBER in text] == []
