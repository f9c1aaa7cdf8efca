"""What a line of the list of own applications says of its promise."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import pytest

from api.present.application import ApplicationPage
from api.web.citizen.applications import lines_of


def line_of(state: str) -> dict[str, Any]:
    """Of an application whose promised day was yesterday."""
    view = cast("ApplicationPage", {"items": [{"state": state, "promised_on": "2026-11-21"}]})
    return lines_of(view, date(2026, 11, 22))[0]


@pytest.mark.parametrize("state", ["payment_asked", "more_papers_asked"])
def test_nobody_is_late_while_the_promise_stands_still(state: str) -> None:
    line = line_of(state)
    assert (line["is_late"], line["is_open"]) == (False, False)


@pytest.mark.parametrize(("state", "late"), [("in_progress", True), ("settled", False)])
def test_what_waits_for_the_agency_is_late_and_what_has_ended_is_not(state: str, late: bool) -> None:
    assert line_of(state)["is_late"] is late
