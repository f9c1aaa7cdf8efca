"""A process that dies within a test: at a point that was named beforehand by its number, everything in it is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from storage.records import SqlRecords
from storage.runner import Database

T = TypeVar("T")


class Crashed(BaseException):
    """No code of the product may catch this: of a process that is killed nothing runs any more."""


class Countdown:
    """Counts the points passed, whatever they are; the last one is where the process dies."""

    def __init__(self) -> None:
        self.left: int | None = None

    def __call__(self, point: str) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            raise Crashed(point)


class MortalDatabase(Database):
    """Before each statement, before each commit and after it is a point at which the process can die."""

    def __init__(self, like: Database, reached: Callable[[str], None]) -> None:
        super().__init__(
            like.address.url.render_as_string(hide_password=False),
            clock=like.clock,
            options=like.options,
            vault=like.vault,
            ledger_key=like.ledger_key,
            subscriptions=like.subscriptions,
        )
        self.reached = reached
        sa.event.listen(self._blocking, "before_cursor_execute", lambda *_: reached("statement"))
        sa.event.listen(self._blocking, "commit", lambda _: reached("commit"))

    def run_blocking(self, use_case: Callable[[SqlRecords], T]) -> T:
        result = super().run_blocking(use_case)
        self.reached("committed")
        return result
