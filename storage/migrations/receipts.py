"""What migration 6 does for receipts: their numbers get a table of their own, and XML becomes a form of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

_NUMBER_STAYS = "the number of a receipt stays with its application"
_FILE_STAYS = "a registered file stays registered"
_FORMS = "form IN ('credential', 'archived_pdf', 'receipt_xml')"


def upgrade_receipts() -> None:
    op.create_table(
        "receipt_numbers",
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_receipt_numbers_number_positive")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_receipt_numbers_application_id")
        ),
        sa.PrimaryKeyConstraint("unit", "year", "number", name=op.f("pk_receipt_numbers")),
        sa.UniqueConstraint("application_id", name=op.f("uq_receipt_numbers_application_id")),
    )
    _carry_over()
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_certificate_files_form_known"), "certificate_files", type_="check")
        op.create_check_constraint(op.f("ck_certificate_files_form_known"), "certificate_files", _FORMS)
        op.execute(
            "CREATE TRIGGER receipt_numbers_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt_numbers "
            f"EXECUTE FUNCTION refuse_change('{_NUMBER_STAYS}')"
        )
    else:
        _new_table_of_files()
        for event in ("update", "delete"):
            _refuse(f"receipt_numbers_stay_{event}", f"{event.upper()} ON receipt_numbers", _NUMBER_STAYS)


def _carry_over() -> None:
    """The numbers of earlier releases stand in the receipts alone.

    One that was taken in December and printed in January bears the day of the new year. It is known by its number: the
    new year's counter has not come to it, or another has it too, who got it later.
    """
    certificates = sa.table(
        "certificates",
        *(sa.column(name) for name in ("unit", "kind", "content")),
        sa.column("application_id", sa.Uuid),
        sa.column("issued_on", sa.Date),
        sa.column("intended_at", sa.DateTime(timezone=True)),
    )
    numbers = sa.table(
        "receipt_numbers",
        *(sa.column(name) for name in ("unit", "year", "number")),
        sa.column("application_id", sa.Uuid),
        sa.column("taken_at", sa.DateTime(timezone=True)),
    )
    counters = sa.table("counters", *(sa.column(name) for name in ("name", "unit", "period", "value")))
    connection = op.get_bind()
    ends = sa.select(counters).where(counters.c.name == "receipt")
    last = {(row.unit, row.period): row.value for row in connection.execute(ends)}
    query = sa.select(certificates).where(certificates.c.kind == "receipt").order_by(certificates.c.intended_at.desc())
    values = list(numbers_of_before(connection.execute(query).mappings(), last))
    if values:
        connection.execute(sa.insert(numbers), values)


def numbers_of_before(rows: Any, last: dict[tuple[str, str], int]) -> Iterator[dict[str, Any]]:
    """last: the counters, by unit and year. A receipt whose number none of them has given is left out."""
    taken: set[tuple[str, int, int]] = set()
    for row in rows:
        number, day = _number_in(row["content"]), row["issued_on"]
        if number is None or not isinstance(day, date):
            continue
        unit = row["unit"]
        counted = (one for one in (day.year, day.year - 1) if number <= last.get((unit, f"{one:04d}"), 0))
        year = next((one for one in counted if (unit, one, number) not in taken), None)
        if year is None:
            continue
        taken.add((unit, year, number))
        application_id: UUID = row["application_id"]
        at: datetime = row["intended_at"]
        yield {"unit": unit, "year": year, "number": number, "application_id": application_id, "taken_at": at}


def _number_in(content: str) -> int | None:
    printed = json.loads(content).get("receipt_number")
    return int(printed) if isinstance(printed, str) and printed.isascii() and printed.isdigit() else None


def _new_table_of_files() -> None:
    """SQLite changes no constraint: the rows move to a table that has the wider one, under the same triggers."""
    op.execute("CREATE TEMPORARY TABLE files_of_before AS SELECT * FROM certificate_files")
    op.drop_table("certificate_files")
    op.create_table(
        "certificate_files",
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=32), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sha256) = 32 AND size_bytes > 0", name=op.f("ck_certificate_files_file_plausible")),
        sa.CheckConstraint(_FORMS, name=op.f("ck_certificate_files_form_known")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_files_certificate_id")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_certificate_files")),
    )
    op.execute(
        "INSERT INTO certificate_files (sha256, certificate_id, form, size_bytes, added_at) "
        "SELECT sha256, certificate_id, form, size_bytes, added_at FROM files_of_before"
    )
    op.execute("DROP TABLE files_of_before")
    op.create_index(
        "ix_certificate_files_of_certificate", "certificate_files", ["certificate_id", "added_at"], unique=False
    )
    _refuse("files_final_update", "UPDATE ON certificate_files", _FILE_STAYS)
    _refuse("files_final_delete", "DELETE ON certificate_files", _FILE_STAYS)


def _refuse(name: str, event: str, message: str) -> None:
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, '{message}'); END")
