"""The ledger's key of tests."""

from __future__ import annotations

from storage.ledger_key import LedgerKey

LEDGER_SECRET = b"a ledger key of tests".ljust(32, b".")


def a_ledger_key() -> LedgerKey:
    return LedgerKey(lambda: LEDGER_SECRET)
