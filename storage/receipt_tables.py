"""The numbers of receipts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, UniqueConstraint

from .columns import UtcMoment
from .metadata import metadata

# Each number of a unit and a year, and whose receipt it is: what stands in the receipt is sealed and may be erased,
# that no number is missing must be shown all the same. Append-only, by triggers.
receipt_numbers = sa.Table(
    "receipt_numbers",
    metadata,
    Column("unit", sa.String(64), primary_key=True),
    Column("year", sa.Integer, primary_key=True, autoincrement=False),
    Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), nullable=False),
    Column("taken_at", UtcMoment, nullable=False),
    UniqueConstraint("application_id"),
    CheckConstraint("number > 0", name="number_positive"),
)
