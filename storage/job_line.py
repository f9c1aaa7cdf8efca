"""What is logged of a job: ids and numbers alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """job: its id, which says its kind and what it is about. error: a stable code or an error's name."""

    job: str
    outcome: Literal["done", "failed"]
    milliseconds: float
    worker: str
    error: str | None = None
