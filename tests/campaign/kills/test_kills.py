"""kill -9 of everything, anywhere, under load: nothing that was promised is lost, nothing is there twice.

A few kills in every run; in a campaign as many as `rounds` says.
"""

from __future__ import annotations

import pytest

from tests.campaign.kills.figures import Figures, said
from tests.campaign.kills.rounds import many, place, play
from tests.campaign.kills.town import Plan
from tests.processes import Forked


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_few_kills(kind: str) -> None:
    # In a process of its own: the one of the tests may have other secrets since tests that went before, and what
    # is sealed there no process that was born elsewhere can open.
    playing = Forked(few, kind, has_children=True)
    try:
        told = playing.stdout.read()
        print(told)
        assert playing.wait() == 0, told
    finally:
        playing.close()


FAILED = (
    *(Figures(**{what: 1}, applications=1, issued=1) for what in ("lost", "doubled", "stuck", "orphans")),  # type: ignore[arg-type] # none of them is a list
    Figures(wrong=["anything"], applications=1, issued=1),
    Figures(issued=1),
    Figures(applications=1),
)


@pytest.mark.parametrize("figures", FAILED, ids=range(len(FAILED)))
def test_a_round_fails_by_whatever_is_wrong(figures: Figures) -> None:
    assert_nothing_happened(Figures(applications=1, issued=1))
    with pytest.raises(AssertionError):
        assert_nothing_happened(figures)


def few(kind: str) -> None:
    plan = Plan(
        seed=7,
        kills=4 if kind == "sqlite" else 7,
        people=3,
        apis=1,
        workers=1,
        batches=0,  # each is begun anew after every kill: minutes, which campaigns have
        lines=4,
        longest_life_seconds=1.5,
        has_token=kind == "sqlite",
    )
    with place() as folder:
        figures = play(folder, plan, kind)
    print(said(figures))
    assert_nothing_happened(figures)


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_thousands_of_kills() -> None:
    figures, are_enough = many()
    assert_nothing_happened(figures)
    assert are_enough, "the time was over; run it again, and it goes on from here"


def assert_nothing_happened(figures: Figures) -> None:
    assert figures.wrong == []
    assert (figures.lost, figures.doubled, figures.stuck, figures.orphans) == (0, 0, 0, 0)
    assert figures.applications > 0
    assert figures.issued > 0
