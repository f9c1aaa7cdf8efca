"""Why a batch, or one line of it, is not taken."""

from __future__ import annotations


class BatchRefused(Exception):
    """The whole batch. `code` is stable, and `condau.batches.words` says it in two languages; `facts` fill the
    sentence: codes, numbers and names of accounts, nothing about a pupil.

    No leaf of `IssuanceError`: batches come by the command line alone, which has no table of problems.
    """

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


class LineRefused(Exception):
    """One line; the others go on. `places` are (pointer, rule) pairs as `documents.errors.InvalidInput` has them."""

    def __init__(self, code: str, places: tuple[tuple[str, str], ...] = ()) -> None:
        self.code, self.places = code, places
        super().__init__(code)
