"""Examples in the API's description keep their null members: the framework leaves out of it whatever is null."""

from __future__ import annotations

from typing import Any

_NULL = "\0"
"""Stands for null on the way through the framework; no text of ours holds it."""


def whole(example: Any) -> Any:
    """The example as it can be given to the framework."""
    return _replaced(example, None, _NULL)


def as_given(description: Any) -> Any:
    """The description, with the examples as they were given to `whole`."""
    return _replaced(description, _NULL, None)


def _replaced(part: Any, old: str | None, new: str | None) -> Any:
    match part:
        case dict():
            return {name: _replaced(value, old, new) for name, value in part.items()}
        case list():
            return [_replaced(value, old, new) for value in part]
        case _:
            return new if part == old else part
