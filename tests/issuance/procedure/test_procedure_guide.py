"""docs/procedures.md: its example is right, and what it lists is what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from issuance.procedure import document as doc
from issuance.procedure.check import check_procedure
from issuance.procedure.facts import FACTS
from issuance.procedure.limit import LimitUnit
from issuance.procedure.reading import read_procedure
from tests.issuance.office import shipped_catalogue

GUIDE = (Path(__file__).parents[3] / "docs" / "procedures.md").read_text(encoding="utf-8")


def test_the_example_is_right() -> None:
    [example] = re.findall(r"```json procedure\n(.*?)```", GUIDE, re.DOTALL)
    procedure = read_procedure(example.encode(), "procedures.md")
    assert check_procedure(procedure, shipped_catalogue(), lambda _: frozenset(("caseworker", "head"))) == []


def test_every_word_of_the_format_is_explained() -> None:
    words = [*FACTS, *(word for kind in (LimitUnit, doc.Action, doc.Need, doc.SettlingRole) for word in get_args(kind))]
    assert [word for word in words if f"`{word}`" not in GUIDE] == []
