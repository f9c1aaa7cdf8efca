"""Which budget is to pay how much of an application's fee; of those that are there already it is not known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("applications", sa.Column("waived", sa.Text(), nullable=True))
