"""Whatever the description allows is answered as the description says: requests are drawn from it, for each route.

Schemathesis draws the requests and judges the answers; they go to the application in this process, without a server.
"""

from __future__ import annotations

import asyncio
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from storage.runner import Database
from tests.api.house import PUBLIC_URL, UNPAID, House, open_house
from tests.api.population import KnowsOne

with warnings.catch_warnings():
    # Its own imports warn; none of ours is among them.
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import checks
    from schemathesis.core.failures import Failure, FailureGroup
    from schemathesis.core.transport import Response
    from schemathesis.specs.openapi import checks as openapi_checks

JUDGED = (
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
)
EXAMPLES = 3
MANY_EXAMPLES = 300
SEED = 20_260_101
DESK_ROLES = ["caseworker", "head"]
ALL_ROLES = [*DESK_ROLES, "operator", "fee_author", "fee_approver"]


@dataclass
class Opened:
    runner: asyncio.Runner
    house: House
    schema: Any
    codes: list[str]


@pytest.fixture(scope="module")
def opened(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A house with applications at several stages; what one request changes, the next ones meet."""
    folder = tmp_path_factory.mktemp("schemathesis")
    shutil.copyfile(sqlite_template, folder / "condau.sqlite")
    database = Database(f"sqlite:///{folder / 'condau.sqlite'}", clock=lambda: datetime.now(UTC))
    with asyncio.Runner() as runner:
        entered = open_house(database, folder, population_facts=KnowsOne())
        house = runner.run(entered.__aenter__())
        codes = [runner.run(_prepared(house, stage)) for stage in ("received", "unpaid", "issued")]
        schema = schemathesis.openapi.from_dict(house.app.openapi())
        schema.base_url = PUBLIC_URL  # type: ignore[misc] # declared read-only, made to be set
        yield Opened(runner, house, schema, codes)
        runner.run(entered.__aexit__(None, None, None))
        runner.run(database.dispose())


async def _prepared(house: House, stage: str) -> str:
    if stage == "issued":
        return (await house.issued())[0]
    headers = house.citizen(client_id=UNPAID) if stage == "unpaid" else None
    return str((await house.apply(headers))["code"])


def operations_of(opened: Opened) -> list[Any]:
    return [result.ok() for result in opened.schema.get_all_operations()]


def people(house: House, operation: Any) -> list[dict[str, str]]:
    """Those whom the operation's scope is for; nobody too, where it is open."""
    asked = operation.definition.raw.get("security")
    if asked is None:
        return [{}]
    (scope,) = asked[0]["bearer"]
    if scope == "desk":
        return [house.official(roles=ALL_ROLES), house.official(roles=DESK_ROLES), house.official(roles=["operator"])]
    if scope == "agency:read":
        return [house.machine()]
    return [house.citizen(), *([{}] if {} in asked else [])]


def ask(opened: Opened, operation: Any, examples: int) -> None:
    """Draw requests for the operation, send each, judge each answer."""
    house = opened.house
    senders = people(house, operation)

    @seed(SEED)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        operation.as_strategy(),
        st.sampled_from(senders),
        st.sampled_from([None, *opened.codes]),
        st.integers(0, 10**12),
        st.booleans(),
    )
    def check(case: Any, sender: dict[str, str], code: str | None, key: int, keyed: bool) -> None:
        if code is not None and "code" in (case.path_parameters or {}):
            case.path_parameters["code"] = code
        headers = {**(case.headers or {}), **sender}
        if keyed and operation.method.upper() == "POST":
            headers["Idempotency-Key"] = f"drawn-{key}"
        given = case.as_transport_kwargs(base_url=PUBLIC_URL, headers=headers)
        answer = opened.runner.run(send(house, given))
        case.validate_response(Response.from_any(answer), checks=JUDGED)

    check()


async def send(house: House, given: dict[str, Any]) -> httpx.Response:
    known = {"method", "url", "params", "headers", "content", "data", "json", "files", "cookies"}
    request = {name: value for name, value in given.items() if name in known and value is not None}
    if isinstance(request.get("data"), bytes | str):
        request["content"] = request.pop("data")
    if "files" in request:
        request["files"] = [(name, _writable(part)) for name, part in request["files"]]
    # What no client can write into a header is no request.
    request["headers"] = {name: str(value).encode("latin-1", "replace") for name, value in request["headers"].items()}
    cookies = request.pop("cookies", None)
    assert not cookies
    built = house.client.build_request(**request)
    # The judge shows what was sent: a form is written out first.
    await built.aread()
    return await house.client.send(built)


def _writable(part: Any) -> Any:
    """A part of a form as a client can write it: a drawn number as its digits."""
    if isinstance(part, tuple):
        name, content, *more = part
        return (name, content if isinstance(content, bytes | str) else str(content), *more)
    return part if isinstance(part, bytes | str) else str(part)


def refused(opened: Opened, examples: int) -> list[str]:
    """What was not answered as described, over all operations: one after the other, so that all of it is seen."""
    found = []
    for operation in operations_of(opened):
        try:
            ask(opened, operation, examples)
        except FailureGroup as group:
            found += [f"{operation.label}: {failure.title}: {failure.message}" for failure in group.exceptions]
        except Failure as failure:
            found.append(f"{operation.label}: {failure.title}: {failure.message}")
    return found


def test_drawn_requests_are_answered_as_described(opened: Opened) -> None:
    assert refused(opened, EXAMPLES) == []


@pytest.mark.campaign
def test_many_drawn_requests_are_answered_as_described(opened: Opened) -> None:
    operations = operations_of(opened)
    print(f"{len(operations)} operations, {MANY_EXAMPLES} requests each")
    assert refused(opened, MANY_EXAMPLES) == []
