"""The procedures that come with the program are published by themselves, once; what an agency published stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from issuance.errors import ShippedProcedureChanged
from issuance.procedure.book import EVER, name_of
from issuance.procedure.document import Procedure
from issuance.procedure.publish import BY_THE_SOFTWARE, note
from issuance.procedure.published import Published, PublishedProcedure
from issuance.records import Records

LEFT_OUT = "left out, since procedures of the agency's own have their numbers or are in force on their days"


def install_procedures(
    records: Records, shipped: Iterable[tuple[Procedure, bytes]], at: datetime
) -> Sequence[Procedure]:
    """Publish each that was never published. A first run's have always been; what a later release brings is published
    now, and takes no days from what an agency has published.

    shipped: with the bytes they were read from. Returns those that are left out. Raises ShippedProcedureChanged.
    """
    published, left_out = records.procedures.published(), []
    since = published.moment_after(at) if published.rows else EVER
    for procedure, source in shipped:
        if _is_known(published, procedure):
            continue
        entered = _with(published, procedure, since)
        if entered is None:
            left_out.append(procedure)
            continue
        published = entered
        records.procedures.add(procedure, source, BY_THE_SOFTWARE, since)
        note(records, BY_THE_SOFTWARE, "procedure_installed", procedure, at)
    return left_out


def not_published(
    published: Published, shipped: Iterable[tuple[Procedure, bytes]], at: datetime
) -> tuple[Sequence[Procedure], Sequence[Procedure]]:
    """Those that `install_procedures` would publish, and those that it leaves out. Raises ShippedProcedureChanged."""
    missing = [procedure for procedure, _ in shipped if not _is_known(published, procedure)]
    since = published.moment_after(at)
    left_out = [procedure for procedure in missing if _with(published, procedure, since) is None]
    return [procedure for procedure in missing if procedure not in left_out], left_out


def _is_known(published: Published, procedure: Procedure) -> bool:
    """Raises ShippedProcedureChanged."""
    of_version = [row for row in published.of_id(procedure.id) if row.procedure.version == procedure.version]
    if any(row.procedure.digest == procedure.digest for row in of_version):
        return True
    if any(row.published_by == BY_THE_SOFTWARE for row in of_version):
        raise ShippedProcedureChanged(
            f"{name_of(procedure)}: the file is not the document that was published under this number; "
            "give what has changed a version of its own"
        )
    return False


def _with(published: Published, procedure: Procedure, since: datetime) -> Published | None:
    """None where its number is taken, or an agency's own procedure would lose a day to it."""
    if any(row.procedure.version == procedure.version for row in published.of_id(procedure.id)):
        return None
    row = PublishedProcedure(procedure=procedure, published_at=since, published_by=BY_THE_SOFTWARE)
    entered = published.with_row(row)
    agencys = [one.procedure.digest for one in published.rows if one.published_by != BY_THE_SOFTWARE]
    if any(entered.days_of(digest) != published.days_of(digest) for digest in agencys):
        return None
    return entered
