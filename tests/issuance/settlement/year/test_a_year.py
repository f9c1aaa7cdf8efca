"""A district's year, and six weeks of it in every run: what is promised, owned, told, apologised for and counted."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from .district import District, Year
from .reckon import reckon_everything

SIX_WEEKS = Year(
    first=date(2025, 4, 14),
    last=date(2025, 5, 30),
    applications=150,
    merger=date(2025, 5, 12),
    procedure=date(2025, 5, 5),
    late=0.04,
    seed="six weeks",
)
WHOLE = Year(
    first=date(2025, 1, 2),
    last=date(2025, 12, 31),
    applications=30_000,
    merger=date(2025, 7, 1),
    procedure=date(2025, 9, 8),
    late=0.005,
    seed="a year",
)


@pytest.mark.parametrize(
    "year", [pytest.param(SIX_WEEKS, id="six weeks"), pytest.param(WHOLE, id="a year", marks=pytest.mark.campaign)]
)
async def test_a_district_s_year(sqlite_url: str, tmp_path: Path, year: Year) -> None:
    district = District(sqlite_url, tmp_path, year)
    try:
        await district.prepare()
        began = time.perf_counter()
        district.run()
        seconds = time.perf_counter() - began
        figures = reckon_everything(district)
    finally:
        district.database.dispose_blocking()
    _print(figures, seconds, year)


def _print(figures: Counter[str], seconds: float, year: Year) -> None:
    print(f"{year.applications:,} applications from {year.first} to {year.last} in {seconds:,.0f} seconds:")
    print(f"{year.applications / seconds:,.1f} applications a second")
    for name, count in sorted(figures.items()):
        print(f"{count:>10,}  {name}")
