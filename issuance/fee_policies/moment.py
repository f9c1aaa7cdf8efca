"""When a change of the book is known."""

from __future__ import annotations

from datetime import datetime

from issuance.fees.book import PolicyBook


def moment_of_change(book: PolicyBook, at: datetime) -> datetime:
    """`at`, or the moment of the last change where this machine's clock lies behind it: history is not rewritten."""
    known = [moment for entry in book.entries for moment in (entry.known_from, entry.known_to) if moment is not None]
    return max(at, *known) if known else at
