"""Personal data under keys of persons, which can be destroyed; and who was forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_keys",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("whose", sa.String(length=16), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("whose IN ('concerned', 'applicant')", name=op.f("ck_person_keys_whose_known")),
        sa.CheckConstraint(
            "(wrapped_key IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("ck_person_keys_destroyed_whole")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_person_keys")),
        sa.UniqueConstraint("application_id", "whose", name=op.f("uq_person_keys_application_id_whose")),
    )
    op.create_table(
        "vault_facts",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_vault_facts")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_index", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applications", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_of_person", "erasures", ["person_index"], unique=False)
    op.create_table(
        "erasure_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_index", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.CheckConstraint("outcome IN ('erased', 'declined')", name=op.f("ck_erasure_requests_outcome_known")),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (outcome IS NULL)", name=op.f("ck_erasure_requests_answered_whole")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
    )
    op.create_index(
        "uq_erasure_requests_waiting",
        "erasure_requests",
        ["person_index"],
        unique=True,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.add_column("applications", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    _keys_never_come_back(is_postgresql)
    _assessments_may_be_sealed(is_postgresql)


_KEY_GONE = "a key is destroyed once and never comes back"
_ERASED = "who was erased stays erased"
_STAYS = "what was written down stays"


def _keys_never_come_back(is_postgresql: bool) -> None:
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    same = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in ("key_id", "application_id", "whose", "made_at"))
    changed = f"OLD.wrapped_key IS NULL OR NEW.wrapped_key IS NOT NULL OR {same}"
    if not is_postgresql:
        for name, change, message in (
            ("person_keys_final_update", f"UPDATE ON person_keys WHEN {changed}", _KEY_GONE),
            ("person_keys_final_delete", "DELETE ON person_keys", _KEY_GONE),
            ("erasures_stay_update", "UPDATE ON erasures", _ERASED),
            ("erasures_stay_delete", "DELETE ON erasures", _ERASED),
        ):
            op.execute(f"CREATE TRIGGER {name} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{message}'); END")
        return
    refuse = "EXECUTE FUNCTION refuse_change"
    for name, change in (
        ("person_keys_final_update", f"UPDATE ON person_keys FOR EACH ROW WHEN ({changed}) {refuse}('{_KEY_GONE}')"),
        ("person_keys_final_delete", f"DELETE OR TRUNCATE ON person_keys {refuse}('{_KEY_GONE}')"),
        ("erasures_stay", f"UPDATE OR DELETE OR TRUNCATE ON erasures {refuse}('{_ERASED}')"),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {change}")


def _assessments_may_be_sealed(is_postgresql: bool) -> None:
    """Append-only they stay, but for the one change that seals what an earlier release wrote in clear."""
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    others = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in ("application_id", "seq", "at", "cause"))
    changed = f"OLD.assessment LIKE 'v1.%' OR NEW.assessment NOT LIKE 'v1.%' OR {others}"
    if not is_postgresql:
        op.execute("DROP TRIGGER fee_assessments_stay_update")
        op.execute(
            f"CREATE TRIGGER fee_assessments_stay_update BEFORE UPDATE ON fee_assessments WHEN {changed} "
            f"BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END"
        )
        return
    refuse = f"EXECUTE FUNCTION refuse_change('{_STAYS}')"
    op.execute("DROP TRIGGER fee_assessments_stay ON fee_assessments")
    op.execute(f"CREATE TRIGGER fee_assessments_stay BEFORE DELETE OR TRUNCATE ON fee_assessments {refuse}")
    op.execute(
        "CREATE TRIGGER fee_assessments_stay_update BEFORE UPDATE ON fee_assessments "
        f"FOR EACH ROW WHEN ({changed}) {refuse}"
    )
