"""A time limit as the law and the procedures state it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field

LimitUnit = Literal["working_days", "calendar_days", "working_hours", "hours"]

MAX_LIMIT = 3_650


@dataclass(frozen=True, slots=True)
class Limit:
    """So many days or hours, 0 to `MAX_LIMIT`; what counts as one is said in `working_time.due_at`.

    Raises ValueError.
    """

    amount: Annotated[int, Field(ge=0, le=MAX_LIMIT)]
    unit: LimitUnit

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    def __post_init__(self) -> None:
        if type(self.amount) is not int or not 0 <= self.amount <= MAX_LIMIT:
            raise ValueError(f"a time limit is a whole number from 0 to {MAX_LIMIT}")
        if self.unit not in get_args(LimitUnit):
            raise ValueError(f"a time limit is counted in one of: {', '.join(get_args(LimitUnit))}")
