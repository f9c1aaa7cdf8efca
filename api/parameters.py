"""Parameters that several routes read."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query


def writable(text: str) -> str:
    """For a validator: no database of ours is asked for what PostgreSQL cannot hold. Raises ValueError."""
    if "\0" in text:
        raise ValueError("NUL")
    return text


Code = Annotated[str, Path(max_length=64, pattern="^[!-~]+$", description="The application's code.")]
PolicyId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$", description="A policy's id.")]
PolicyVersion = Annotated[int, Path(ge=1, le=1_000_000, description="The number of a version.")]
ProcedureId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,59}$", description="A procedure's id.")]
ProcedureVersion = Annotated[int, Path(ge=1, le=1_000_000, description="The number of a version.")]
PageSize = Annotated[int, Query(ge=1, le=100, description="Entries on a page.")]
Cursor = Annotated[str | None, Query(max_length=256, description="From `next` of the page before.")]
