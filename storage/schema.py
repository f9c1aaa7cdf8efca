"""All tables in one collection, whichever file they stand in."""

from __future__ import annotations

from . import fee_tables, settlement_tables, tables
from .metadata import metadata

__all__ = ["fee_tables", "metadata", "settlement_tables", "tables"]
