import pytest, threading, os, faulthandler, sys
from tests.campaign.kills.test_kills import few
from tests.campaign.kills import rounds
from tests.campaign.kills.town import Plan

@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_scratch(kind):
    print("THREADS", [t.name for t in threading.enumerate()])
    print("ENV", {k: v for k, v in os.environ.items() if "CONDAU" in k or "TMP" in k or "RAYON" in k})
    plan = Plan(seed=7, kills=3 if kind == "sqlite" else 6, people=3, apis=1, workers=1, longest_life_seconds=1.5)
    import contextlib
    with rounds.place() as folder:
        try:
            figures = rounds.play(folder, plan, kind)
            print(rounds.said(figures))
            bad = figures.wrong or not figures.issued
        finally:
            print("OUT", (folder / "state" / "out").read_text()[-3000:])
            print("LOG", (folder / "state" / "log").read_text()[-3000:] if (folder / "state" / "log").exists() else "none")
    assert not bad
