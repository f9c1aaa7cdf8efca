"""What is written down: named fields, our own words, names of errors; never what an error or a library says of data."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from api.access_log import AccessLine
from condau.logs import LEFT_OUT, JsonLines, TextLines
from storage.job_line import JobLine

CANARY = "001194000077"
REQUEST = AccessLine(
    method="GET",
    route="/v1/applications/{code}",
    status=200,
    milliseconds=1.5,
    request_id="ab" * 16,
    client="vneid-app",
)


def record(name: str, message: object, *args: object, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.WARNING, __file__, 1, message, args, extra.pop("exc_info", None))
    made.__dict__.update(extra)
    return made


def written(made: logging.LogRecord) -> dict[str, Any]:
    as_text = TextLines().format(made)
    line = JsonLines().format(made)
    assert "\n" not in line + as_text
    assert CANARY not in line + as_text
    fields: dict[str, Any] = json.loads(line)
    return fields


def test_a_request_is_its_named_fields() -> None:
    fields = written(record("api.access_log", "request", line=REQUEST))
    assert set(fields) == {
        *("at", "level", "logger", "event"),
        *("method", "route", "status", "milliseconds", "request_id", "client"),
    }
    assert (fields["event"], fields["route"], fields["status"]) == ("request", "/v1/applications/{code}", 200)


def test_a_job_is_its_named_fields() -> None:
    line = JobLine(job="issue-result-1", outcome="failed", milliseconds=2.0, worker="w", error="key_unavailable")
    fields = written(record("storage.worker", "job", line=line))
    assert (fields["event"], fields["outcome"], fields["error"]) == ("job", "failed", "key_unavailable")


@dataclass
class Unknown:
    name: str = CANARY


def test_what_nobody_has_allowed_is_not_written() -> None:
    fields = written(record("api.x", "said", line=Unknown(), name_of_somebody=CANARY))
    assert set(fields) == {"at", "level", "logger", "message"}


def _raised() -> Any:
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as inner:
            raise RuntimeError(f"about {CANARY}") from inner
    except RuntimeError:
        return sys.exc_info()


@pytest.mark.parametrize("name", ["api.app", "uvicorn.error", "sqlalchemy.pool"])
def test_of_an_error_only_its_name_and_place(name: str) -> None:
    fields = written(record(name, "failed", exc_info=_raised()))
    assert fields["error"] == "RuntimeError < ValueError"
    assert fields["where"][-1].startswith("tests/condau/test_logs.py:")


def test_of_libraries_only_their_own_words() -> None:
    assert written(record("httpx", f"GET https://x.example/?id={CANARY}"))["message"] == LEFT_OUT
    assert written(record("somebody", "cannot read %s", CANARY))["message"] == "cannot read %s"
    of_asyncio = f"Task exception was never retrieved\nfuture: <Task finished exception=ValueError('{CANARY}')>"
    assert written(record("asyncio", of_asyncio))["message"] == LEFT_OUT
    assert written(record("uvicorn.error", "Started server process [%d]", 7))["message"] == "Started server process [7]"
    assert written(record("condau.serve", "working as %s", "w-1"))["message"] == "working as w-1"
