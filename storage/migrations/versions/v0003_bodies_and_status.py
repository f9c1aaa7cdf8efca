"""Further files of a document, suspensions, the key of its credential; what is issued stays what it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # New columns may be empty, so that neither database rewrites a table that is in use.
    op.add_column("certificates", sa.Column("credential_key_id", sa.String(length=128), nullable=True))
    op.add_column("certificates", sa.Column("archive_wanted", sa.Boolean(), nullable=True))
    op.create_index(
        "ix_certificates_archive_wanted",
        "certificates",
        ["kind", "application_id"],
        unique=False,
        sqlite_where=sa.text("archive_wanted"),
        postgresql_where=sa.text("archive_wanted"),
    )
    op.create_table(
        "suspensions",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("suspended_by", sa.Text(), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificates.id"], name=op.f("fk_suspensions_certificate_id")),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_suspensions")),
    )
    op.create_table(
        "certificate_files",
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=32), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sha256) = 32 AND size_bytes > 0", name=op.f("ck_certificate_files_file_plausible")),
        sa.CheckConstraint("form IN ('credential', 'archived_pdf')", name=op.f("ck_certificate_files_form_known")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_files_certificate_id")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_certificate_files")),
    )
    op.create_index(
        "ix_certificate_files_of_certificate", "certificate_files", ["certificate_id", "added_at"], unique=False
    )
    if op.get_bind().dialect.name == "postgresql":
        _triggers_on_postgresql()
    else:
        _triggers_on_sqlite()


_STAYS = "what is issued stays what it is"
_REGISTERED = "a registered file stays registered"
_ONLY_ISSUED = "only an issued document is suspended"
_NONE_LEFT = "a revoked document is not suspended"
# The first are kept for a revoked document by its own triggers (see the first schema), the others by these.
# Personal data is not named: it may be encrypted anew.
_TOLD = ("status_list", "status_index", "number", "sha256")
_CARRIED = (
    "size_bytes",
    "issued_at",
    "application_id",
    "kind",
    "type_id",
    "unit",
    "check_code",
    "pdf_key_id",
    "qr_key_id",
    "credential_key_id",
    "issued_on",
    "expires_on",
    "content_digest",
)


def _differ(columns: tuple[str, ...], operator: str) -> str:
    return " OR ".join(f"OLD.{column} {operator} NEW.{column}" for column in columns)


def _issued_changes(operator: str) -> str:
    told, carried = _differ(_TOLD, operator), _differ(_CARRIED, operator)
    return f"(OLD.state = 'issued' AND ({told})) OR (OLD.state <> 'intended' AND ({carried}))"


def _triggers_on_postgresql() -> None:
    # The row is locked, so that a revocation at the same moment is waited for and then seen.
    op.execute(
        """
        CREATE FUNCTION suspend_only_issued() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM certificates WHERE id = NEW.certificate_id AND state = 'issued' FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'only an issued document is suspended';
            END IF;
            RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION revoke_only_without_suspension() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM suspensions WHERE certificate_id = NEW.id) THEN
                RAISE EXCEPTION 'a revoked document is not suspended';
            END IF;
            RETURN NEW;
        END
        $$
        """
    )
    changed, refuse = _issued_changes("IS DISTINCT FROM"), "EXECUTE FUNCTION refuse_change"
    for name, change in (
        ("sealed_final_update", f"UPDATE ON certificates FOR EACH ROW WHEN ({changed}) {refuse}('{_STAYS}')"),
        (
            "sealed_final_delete",
            f"DELETE ON certificates FOR EACH ROW WHEN (OLD.state = 'issued') {refuse}('{_STAYS}')",
        ),
        ("files_final", f"UPDATE OR DELETE OR TRUNCATE ON certificate_files {refuse}('{_REGISTERED}')"),
        (
            "suspended_is_issued",
            "INSERT OR UPDATE ON suspensions FOR EACH ROW EXECUTE FUNCTION suspend_only_issued()",
        ),
        (
            "revoked_is_not_suspended",
            "UPDATE OF state ON certificates FOR EACH ROW WHEN (NEW.state = 'revoked') "
            "EXECUTE FUNCTION revoke_only_without_suspension()",
        ),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {change}")


def _triggers_on_sqlite() -> None:
    not_issued = "NOT EXISTS (SELECT 1 FROM certificates WHERE id = NEW.certificate_id AND state = 'issued')"
    suspended = "EXISTS (SELECT 1 FROM suspensions WHERE certificate_id = NEW.id)"
    for name, change, message in (
        ("sealed_final_update", f"UPDATE ON certificates WHEN {_issued_changes('IS NOT')}", _STAYS),
        ("sealed_final_delete", "DELETE ON certificates WHEN OLD.state = 'issued'", _STAYS),
        ("files_final_update", "UPDATE ON certificate_files", _REGISTERED),
        ("files_final_delete", "DELETE ON certificate_files", _REGISTERED),
        ("suspended_is_issued", f"INSERT ON suspensions WHEN {not_issued}", _ONLY_ISSUED),
        ("suspended_is_issued_update", f"UPDATE ON suspensions WHEN {not_issued}", _ONLY_ISSUED),
        (
            "revoked_is_not_suspended",
            f"UPDATE OF state ON certificates WHEN NEW.state = 'revoked' AND {suspended}",
            _NONE_LEFT,
        ),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{message}'); END")
