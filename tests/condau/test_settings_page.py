"""docs/settings.md names every setting with its default, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from condau.settings import Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z0-9_.]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def blocks_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The block of settings that a setting holds, however it stands there: one, several, or perhaps none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from blocks_in(inner)


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        blocks = list(blocks_in(field.annotation))
        if not blocks:
            yield prefix + name, default_of(field)
        for block in blocks:
            yield from settings_of(block, f"{prefix}{name}.")


def default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | frozenset):
        return ", ".join(f"`{one}`" for one in value)
    if isinstance(value, int | float):
        return f"{value:g}" if value < 100_000 else f"{value:_}"
    return f"`{value}`" if str(value) else "empty"


def test_the_page_names_every_setting_with_its_default() -> None:
    stated = {name: default for name, default, _ in ROW.findall(PAGE)}
    assert stated == dict(settings_of(Settings))


def test_each_is_named_once_and_says_what_it_means() -> None:
    rows = ROW.findall(PAGE)
    assert len({name for name, *_ in rows}) == len(rows) > 100
    assert [name for name, _, meaning in rows if len(meaning) < 10] == []
