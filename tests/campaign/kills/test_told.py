"""Whatever is told wrongly is found by the reckoning."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests.campaign.kills.hooks import FICKLE, LOYAL, Hooks
from tests.campaign.kills.told import Event, wrong_events, wrong_notices, wrong_trail

EVENT = Event("1", LOYAL, "case", 1, "document.issued", "delivered", None)


def test_events_that_are_told_wrongly_are_found(tmp_path: Path) -> None:
    receivers = Hooks(tmp_path, 1).receivers
    assert list(wrong_events([EVENT], receivers)) == [f"delivered, and its receiver knows nothing of it: {EVENT}"]
    receivers[LOYAL].acknowledged["1"] += 1
    receivers[LOYAL].heard["1"] = b""
    assert list(wrong_events([EVENT], receivers)) == []
    for state in ("waiting", "dead"):
        assert len(list(wrong_events([replace(EVENT, state=state)], receivers))) == 1
    assert list(wrong_events([replace(EVENT, seq=2)], receivers)) == ["events of a case with a gap: case has [2]"]
    receivers[FICKLE].heard["1"] = b""
    assert list(wrong_events([EVENT], receivers)) == [f"{FICKLE} heard what never was: 1"]


def test_what_the_trail_has_and_nobody_is_told_is_found() -> None:
    said = Counter({"document.issued": 1})
    assert list(wrong_trail([EVENT], {"case": said})) == []
    assert len(list(wrong_trail([], {"case": said}))) == 1
    assert len(list(wrong_trail([EVENT, EVENT], {"case": said}))) == 1


def test_notices_of_payments_that_are_lost_forged_or_open_are_found() -> None:
    assert list(wrong_notices({"a": "taken"}, {"a"}, {"a"})) == []
    for kept, accepted in (({}, {"a"}), ({"a": "taken", "b": "taken"}, {"a"}), ({"a": None}, {"a"})):
        assert len(list(wrong_notices(kept, {"a"}, accepted))) == 1
