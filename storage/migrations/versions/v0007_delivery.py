"""Delivery by post, to other units and to citizens' applications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "postal_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_postal_batches_number_positive")),
        sa.CheckConstraint("parcels > 0", name=op.f("ck_postal_batches_parcels_counted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postal_batches")),
        sa.UniqueConstraint("unit", "on_day", "number", name=op.f("uq_postal_batches_unit_on_day_number")),
    )
    op.create_table(
        "parcels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("tracking_number", sa.String(length=32), nullable=True),
        sa.Column("tracked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_reason", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("copies > 0", name=op.f("ck_parcels_copies_positive")),
        sa.CheckConstraint(
            "(batch_id IS NOT NULL) = (state IN ('handed_over', 'delivered', 'returned'))",
            name=op.f("ck_parcels_in_a_batch_when_gone"),
        ),
        sa.CheckConstraint("(batch_id IS NULL) = (line IS NULL)", name=op.f("ck_parcels_line_whole")),
        sa.CheckConstraint(
            "(state = 'returned') = (return_reason IS NOT NULL)", name=op.f("ck_parcels_return_has_a_reason")
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_parcels_seq_positive")),
        sa.CheckConstraint(
            "state IN ('asked', 'printed', 'handed_over', 'delivered', 'returned', 'cancelled')",
            name=op.f("ck_parcels_state_known"),
        ),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_parcels_application_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["postal_batches.id"], name=op.f("fk_parcels_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcels")),
        sa.UniqueConstraint("application_id", "seq", name=op.f("uq_parcels_application_id_seq")),
        sa.UniqueConstraint("batch_id", "line", name=op.f("uq_parcels_batch_id_line")),
        sa.UniqueConstraint("number", name=op.f("uq_parcels_number")),
    )
    _partial("ix_parcels_to_hand_over", "parcels", ["state", "asked_at"], "state IN ('asked', 'printed')")
    _partial(
        "uq_parcels_under_way", "parcels", ["application_id"], "state NOT IN ('returned', 'cancelled')", unique=True
    )
    op.create_table(
        "paper_copies",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("printed", sa.Integer(), nullable=False),
        sa.CheckConstraint("printed BETWEEN 0 AND decided", name=op.f("ck_paper_copies_printed_within_decided")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_paper_copies_application_id")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_paper_copies")),
    )
    op.create_table(
        "paper_prints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("by_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("copies > 0", name=op.f("ck_paper_prints_copies_positive")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_paper_prints_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_prints")),
    )
    op.create_index("ix_paper_prints_of_application", "paper_prints", ["application_id", "at"])
    op.create_table(
        "handovers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("from_unit", sa.String(length=64), nullable=False),
        sa.Column("to_unit", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name=op.f("ck_handovers_acknowledgement_whole")
        ),
        sa.CheckConstraint(
            "acknowledged_at IS NULL OR opened_at IS NOT NULL", name=op.f("ck_handovers_opened_before_acknowledged")
        ),
        sa.CheckConstraint("(opened_at IS NULL) = (opened_by IS NULL)", name=op.f("ck_handovers_opening_whole")),
        sa.CheckConstraint("from_unit <> to_unit", name=op.f("ck_handovers_to_another_unit")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_handovers_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index("ix_handovers_inbox", "handovers", ["to_unit", "sent_at", "id"])
    op.create_index("ix_handovers_of_application", "handovers", ["application_id", "sent_at"])
    _partial("uq_handovers_waiting", "handovers", ["application_id", "to_unit"], "acknowledged_at IS NULL", unique=True)
    op.create_table(
        "notice_targets",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_notice_targets")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("give_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=64), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_notices_attempts_counted")),
        sa.CheckConstraint("(state = 'waiting') = (done_at IS NULL)", name=op.f("ck_notices_done_has_its_time")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_notices_seq_positive")),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name=op.f("ck_notices_state_known")),
        sa.CheckConstraint("(state = 'waiting') = (next_at IS NOT NULL)", name=op.f("ck_notices_waits_for_a_time")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("application_id", "seq", name=op.f("uq_notices_application_id_seq")),
    )
    _partial("ix_notices_dead", "notices", ["done_at", "id"], "state = 'dead'")
    _partial("ix_notices_due", "notices", ["next_at"], "state = 'waiting'")
    _partial("ix_notices_waiting", "notices", ["client", "next_at"], "state = 'waiting'")
    op.create_table(
        "notice_endpoints",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_address", sa.String(length=64), nullable=True),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(disabled_at IS NULL) = (disabled_address IS NULL)", name=op.f("ck_notice_endpoints_disabled_whole")
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_notice_endpoints_failures_counted")),
        sa.CheckConstraint("(held_by IS NULL) = (held_until IS NULL)", name=op.f("ck_notice_endpoints_hold_whole")),
        sa.PrimaryKeyConstraint("client", name=op.f("pk_notice_endpoints")),
    )
    _stay(op.get_bind().dialect.name == "postgresql")


def _partial(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


_RANK = "CASE {}.state WHEN 'asked' THEN 1 WHEN 'printed' THEN 2 WHEN 'handed_over' THEN 3 ELSE 4 END"
_BACKWARDS = (
    f"{_RANK.format('NEW')} < {_RANK.format('OLD')} OR {_RANK.format('OLD')} = 4 AND NEW.state <> OLD.state"
    " OR OLD.batch_id IS NOT NULL AND (NEW.batch_id <> OLD.batch_id OR NEW.line <> OLD.line)"
    " OR NEW.number <> OLD.number OR NEW.application_id <> OLD.application_id"
)
_REFUSED = (
    ("parcels_forward", "UPDATE", "parcels", None, _BACKWARDS, "a parcel only goes forward"),
    # Whose name is in it is not named: it may be encrypted anew.
    (
        "postal_batches_stay_update",
        "UPDATE",
        "postal_batches",
        "id, unit, on_day, number, parcels, closed_at",
        None,
        "a closed batch never changes",
    ),
    ("postal_batches_stay_delete", "DELETE", "postal_batches", None, None, "a closed batch never changes"),
    (
        "paper_copies_rise",
        "UPDATE",
        "paper_copies",
        None,
        "NEW.decided <> OLD.decided OR NEW.printed < OLD.printed",
        "copies that were printed stay counted",
    ),
    ("paper_copies_stay", "DELETE", "paper_copies", None, None, "copies that were printed stay counted"),
)


def _stay(is_postgresql: bool) -> None:
    for name, event, table, columns, condition, message in _REFUSED:
        of = f" OF {columns}" if columns else ""
        when = f"WHEN ({condition}) " if condition else ""
        head = f"CREATE TRIGGER {name} BEFORE {event}{of} ON {table} "
        if is_postgresql:
            op.execute(f"{head}FOR EACH ROW {when}EXECUTE FUNCTION refuse_change('{message}')")
        else:
            op.execute(f"{head}{when}BEGIN SELECT RAISE(ABORT, '{message}'); END")
