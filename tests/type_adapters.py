"""FastAPI compiles every route's types for each application; tests make a thousand applications of the same routes."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter


class MadeOnce:
    """In the place of pydantic's TypeAdapter, which holds no state: of equal types there is one."""

    def __init__(self) -> None:
        self._made: dict[Any, TypeAdapter[Any]] = {}

    def __call__(self, kind: Any, *, config: Any = None) -> TypeAdapter[Any]:
        # What a field says beside its type cannot be hashed, but its repr says all of it.
        key = (getattr(kind, "__origin__", kind), repr(kind), repr(config))
        try:
            found = self._made.get(key)
        except TypeError:
            return TypeAdapter(kind, config=config)
        if found is None:
            found = self._made[key] = TypeAdapter(kind, config=config)
        return found
