"""The audit trail is chained and sealed; who read whose data is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("audit", sa.Column("stream", sa.Text(), nullable=True))
    op.add_column("audit", sa.Column("place", sa.BigInteger(), nullable=True))
    op.add_column("audit", sa.Column("mac", sa.LargeBinary(32), nullable=True))
    in_stream = sa.text("stream IS NOT NULL")
    op.create_index(
        "ix_audit_of_stream",
        "audit",
        ["stream", "place"],
        unique=True,
        sqlite_where=in_stream,
        postgresql_where=in_stream,
    )
    op.create_table(
        "ledger_heads",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(32), nullable=True),
        sa.Column("head_mac", sa.LargeBinary(32), nullable=True),
        sa.Column("before_seq", sa.BigInteger(), nullable=False),
        sa.Column("is_sealed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_ledger_heads")),
    )
    unsealed = sa.text("NOT is_sealed")
    op.create_index(
        "ix_ledger_heads_unsealed", "ledger_heads", ["stream"], sqlite_where=unsealed, postgresql_where=unsealed
    )
    op.create_table(
        "ledger_seals",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaves", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("closes", sa.Boolean(), nullable=False),
        sa.Column("mac", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_seals")),
    )
    op.create_table(
        "ledger_leaves",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seal", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(32), nullable=False),
        sa.ForeignKeyConstraint(["seal"], ["ledger_seals.number"], name=op.f("fk_ledger_leaves_seal")),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_ledger_leaves")),
    )
    op.create_index("ix_ledger_leaves_of_seal", "ledger_leaves", ["seal"])
    op.create_table(
        "accesses",
        sa.Column("id", _serial, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("shown", sa.String(64), nullable=False),
        sa.Column("mac", sa.LargeBinary(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accesses")),
        sa.UniqueConstraint("reader", "seq", name=op.f("uq_accesses_reader_seq")),
    )
    op.create_table(
        "access_subjects",
        sa.Column("access_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("person_index", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["access_id"], ["accesses.id"], name=op.f("fk_access_subjects_access_id")),
        sa.PrimaryKeyConstraint("access_id", "place", name=op.f("pk_access_subjects")),
    )
    op.create_index("ix_access_subjects_of_application", "access_subjects", ["application_id", "access_id"])
    op.create_index("ix_access_subjects_of_person", "access_subjects", ["person_index", "access_id"])
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    _take_over(is_postgresql)
    for statement in guards(is_postgresql):
        op.execute(statement)


def _take_over(is_postgresql: bool) -> None:
    """A head for each stream that there is already. Their macs follow where the key is known."""
    name, no = ("replace(application_id::text, '-', '')", "false") if is_postgresql else ("application_id", "0")
    op.execute(
        f"""
        INSERT INTO ledger_heads (stream, seq, before_seq, is_sealed)
        SELECT 'application:' || {name}, max(seq), max(seq), {no}
        FROM audit WHERE application_id IS NOT NULL GROUP BY application_id
        """  # noqa: S608 - all of it stands above
    )
    op.execute(
        f"""
        INSERT INTO ledger_heads (stream, seq, before_seq, is_sealed)
        SELECT 'before', count(*), count(*), {no} FROM audit WHERE application_id IS NULL HAVING count(*) > 0
        """  # noqa: S608 - all of it stands above
    )


_STAY = {
    "ledger_seals": "a seal of the ledger stays",
    "ledger_leaves": "a leaf of the ledger stays",
    "accesses": "the access ledger is append-only",
    "access_subjects": "the access ledger is append-only",
}
_HEADS = "a stream of the ledger only grows"


def guards(is_postgresql: bool) -> list[str]:
    """The statements that make the triggers."""
    if is_postgresql:
        refuse = "EXECUTE FUNCTION refuse_change"
        return [
            *(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                f"FOR EACH STATEMENT {refuse}('{said}')"
                for table, said in _STAY.items()
            ),
            f"CREATE TRIGGER ledger_heads_grow BEFORE UPDATE ON ledger_heads "
            f"FOR EACH ROW WHEN (NEW.seq < OLD.seq OR NEW.stream <> OLD.stream) {refuse}('{_HEADS}')",
            f"CREATE TRIGGER ledger_heads_stay BEFORE DELETE OR TRUNCATE ON ledger_heads "
            f"FOR EACH STATEMENT {refuse}('{_HEADS}')",
        ]
    return [
        *(
            f"CREATE TRIGGER {table}_append_only_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
            for table, said in _STAY.items()
            for event in ("UPDATE", "DELETE")
        ),
        f"CREATE TRIGGER ledger_heads_grow BEFORE UPDATE ON ledger_heads "
        f"WHEN NEW.seq < OLD.seq OR NEW.stream <> OLD.stream BEGIN SELECT RAISE(ABORT, '{_HEADS}'); END",
        f"CREATE TRIGGER ledger_heads_stay BEFORE DELETE ON ledger_heads BEGIN SELECT RAISE(ABORT, '{_HEADS}'); END",
    ]
