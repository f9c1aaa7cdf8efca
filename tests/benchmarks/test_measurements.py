"""Each measurement runs, and what it writes has the promised keys. How fast anything is, no test says."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from benchmarks import (
    batch,
    fee_analysis,
    fees,
    hostile_policies,
    identity,
    memory,
    pipeline,
    procedures,
    qr_size,
    rehearsal,
    seals,
    submit,
    work_list,
)
from benchmarks.__main__ import MEASUREMENTS, main
from benchmarks.measurement import Measurement, Run, percentile

SMALLEST: dict[str, Callable[[Callable[[str], None]], Sequence[Measurement]]] = {
    "pipeline": lambda say: pipeline.measure(say, turns=1, documents=1),
    # Six services would have to be started for both kinds of database.
    "submit": lambda say: [submit.measure_on("sqlite", say, turns=1, requests=4, warm_up=1)],
    "work-list": lambda say: work_list.measure(say, turns=1, calls=1, small=400, large=800),
    "fees": lambda say: fees.measure(say, turns=1, requests=100),
    "fee-analysis": lambda say: fee_analysis.measure(say, turns=1),
    "hostile-policies": lambda say: hostile_policies.measure(say, turns=1),
    "rehearsal": lambda say: rehearsal.measure(say, turns=1, cases=100),
    "identity": lambda say: identity.measure(say, turns=1, tokens=4),
    "seals": lambda say: seals.measure(say, turns=1, acts=1, entries=200),
    "qr-size": qr_size.measure,
    "batch": lambda say: batch.measure(say, counts=(3,), processes=(1,), databases=("sqlite",), alone=2),
    "memory": lambda say: memory.measure(say, documents=10),
    "procedures": lambda say: procedures.measure(say, turns=1, procedures=20),
}


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_measurement_writes_what_a_reader_expects(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(MEASUREMENTS, name, SMALLEST[name])
    monkeypatch.chdir(Path(__file__).parent.parent.parent)
    monkeypatch.setattr("benchmarks.__main__.FOLDER", tmp_path)
    main([name])
    shown = capsys.readouterr().out
    files = sorted(tmp_path.iterdir())
    assert files
    for file in files:
        found = json.loads(file.read_text())
        assert found.keys() >= {"name", "ours", "baseline", "ratio", "unit", "runs", "baseline_is"}
        assert file.name == f"{found['name']}.json"
        assert found["name"] in shown
        assert all(found[rate] > 0 for rate in ("ours", "baseline", "ratio"))
        assert {frozenset(run) for run in found["runs"]} == {frozenset({"ours", "baseline"})}


def test_an_unknown_measurement_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["speed"])
    assert "speed" in capsys.readouterr().err


def test_a_ratio_is_taken_turn_by_turn() -> None:
    # The machine slowed down in the second turn and within the third: the medians of each side would say 2.5.
    runs = [Run(ours=40, baseline=10), Run(ours=10, baseline=2.5), Run(ours=20, baseline=8)]
    measured = Measurement(name="x", unit="/s", ours_is="", baseline_is="", runs=runs)
    assert measured.ratio == 4
    assert (measured.ours, measured.baseline) == (20, 8)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_value_that_was_seen(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected
