"""All tables in one collection, whichever file they stand in."""

from __future__ import annotations

from . import (
    batch_tables,
    delivery_tables,
    fee_tables,
    key_tables,
    ledger_tables,
    payment_tables,
    receipt_tables,
    settlement_tables,
    tables,
)
from .metadata import metadata

__all__ = [
    "batch_tables",
    "delivery_tables",
    "fee_tables",
    "key_tables",
    "ledger_tables",
    "metadata",
    "payment_tables",
    "receipt_tables",
    "settlement_tables",
    "tables",
]
