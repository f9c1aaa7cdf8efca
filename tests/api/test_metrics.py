"""Figures: every request and refusal once, few labels, nothing that a caller chose."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import Metrics
from api.problem_table import PROBLEMS
from api.services import Limits
from identity.errors import ProviderUnavailable
from identity.fetch import Answer, Ask
from storage.runner import Database
from tests.api.house import House, open_house

LABELS = ("route", "method", "status", "code", "outcome", "le")
PATTERN = re.compile(r"/[a-z0-9/._{}-]*|unknown")


def figures(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """One metric's samples by the values of their labels."""
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    return {
        tuple(sample.labels[label] for label in LABELS if label in sample.labels): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


async def test_refusals_are_counted_by_code(house: House) -> None:
    for headers in ({}, {}, house.citizen(iss="https://evil.example"), house.citizen()):
        await house.get("/v1/applications", headers)
    await house.get("/nothing")
    await house.post("/v1/applications", content=b"x" * 2_000_000)

    assert figures(house.services.metrics, "condau_refusals_total") == {
        ("access_token_missing",): 2,
        ("untrusted_issuer",): 1,
        ("not_found",): 1,
        ("body_too_large",): 1,
    }


async def test_requests_are_counted_by_pattern_never_by_address(house: House) -> None:
    code = (await house.apply())["code"]
    await house.get(f"/v1/applications/{code}", house.citizen())
    await house.get("/v1/applications/another", house.citizen())
    await house.client.request("BREW", "/v1/applications")
    await house.client.options("/v1/applications", headers={"Origin": "https://portal.example"})
    for address in ("/nothing", "/v1/nothing-at-all", "/static/none.css", "/static/page.css", f"/{code}"):
        await house.get(address)

    counted = figures(house.services.metrics, "condau_requests_total")
    assert counted[("/v1/applications", "POST", "2xx")] == 1
    assert counted[("/v1/applications/{code}", "GET", "2xx")] == 1
    assert counted[("/v1/applications/{code}", "GET", "4xx")] == 1
    assert counted[("/v1/applications", "other", "4xx")] == 1
    assert counted[("unknown", "GET", "4xx")] == 4
    assert counted[("unknown", "GET", "2xx")] == 1
    assert sum(counted.values()) == 10
    timed = figures(house.services.metrics, "condau_request_seconds_count")
    assert sum(timed.values()) == 10
    assert timed[("/v1/applications/{code}",)] == 2


async def test_a_fault_and_a_preflight_are_counted_too(database: Database, tmp_path: Path) -> None:
    async with open_house(database, tmp_path, Limits(), clock=_broken) as house:
        await house.get("/v1/applications", house.citizen())
        asked = {"Origin": "https://portal.example", "Access-Control-Request-Method": "GET"}
        await house.client.options("/v1/applications", headers=asked)

        counted = figures(house.services.metrics, "condau_requests_total")
        assert counted[("/v1/applications", "GET", "5xx")] == 1
        assert counted[("unknown", "OPTIONS", "2xx")] == 1
        assert figures(house.services.metrics, "condau_refusals_total") == {("internal_error",): 1}


def _broken() -> None:
    raise RuntimeError


async def test_labels_are_few_whatever_is_asked(house: House) -> None:
    for number in range(200):
        await house.client.request(f"M{number}", f"/v1/{number}")
        await house.get(f"/v1/applications/{number}", {"Authorization": f"Bearer {number}.b.c"})
    known = {kind.code for kind in PROBLEMS.values()}

    assert len(figures(house.services.metrics, "condau_requests_total")) == 2
    assert {code for (code,) in figures(house.services.metrics, "condau_refusals_total")} <= known
    for labels in figures(house.services.metrics, "condau_requests_total"):
        assert PATTERN.fullmatch(labels[0])


async def test_two_applications_in_one_process_do_not_mix_their_figures(house: House) -> None:
    other = Metrics()
    await house.get("/nothing")

    assert figures(other, "condau_requests_total") == {}
    assert other.registry is not house.services.metrics.registry


async def test_questions_to_issuers_are_counted_by_their_outcome() -> None:
    metrics = Metrics()
    answers = iter([Answer(200, b"{}"), Answer(400, b"{}"), ProviderUnavailable(), Answer(200, b"{}")])

    async def fetch(_: Ask) -> Answer:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    counting = metrics.counting(fetch)
    for _ in range(4):
        try:
            await counting(Ask("https://issuer.example/jwks"))
        except ProviderUnavailable:
            continue
    assert figures(metrics, "condau_issuer_fetches_total") == {("answered",): 2, ("refused",): 1, ("unavailable",): 1}
