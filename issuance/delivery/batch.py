"""What a unit hands to the post at once: a list that is closed, numbered by unit and day, and never changes after."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from identity.citizen import VerifiedOfficial

from ..application import Actor
from ..certificate import CertificateKind, CertificateState
from ..desk import demand_desk
from ..errors import NothingToHandOver, UnknownUnit
from ..fees.facts import vietnam_day
from ..records import Records
from .parcel import ParcelLine, ParcelState, PostalBatch
from .post import note

MOST_PARCELS = 500
"""In one batch: its labels are printed at once. What is left goes into the next one."""

_COLUMNS = ("line", "parcel", "recipient", "phone", "street", "commune", "province", "copies")
_FORMULA = re.compile(r"""(^|[,;|])([ "]*)(?=[=+\-@])""")
"""Where one begins: in a cell, or behind what a spreadsheet of other regional settings divides cells by."""


@dataclass(frozen=True, slots=True)
class BatchList:
    """lines: by their number."""

    batch: PostalBatch
    lines: Sequence[ParcelLine]


def waiting(records: Records, official: VerifiedOfficial, limit: int) -> Sequence[ParcelLine]:
    """Parcels of the official's unit that are not handed over yet, the first asked first. Raises RoleMissing."""
    demand_desk(official)
    return records.parcels.to_hand_over(official.unit, limit)


def close_batch(records: Records, official: VerifiedOfficial, at: datetime) -> BatchList:
    """Hand over every printed parcel of the unit, 500 at most; from now on the list stands.

    What was taken back or suspended since it was printed stays here. Raises RoleMissing, NothingToHandOver,
    ConcurrentChange (two close at once: one of them finds what the other has left).
    """
    demand_desk(official)
    found = records.parcels.to_hand_over(official.unit, 2 * MOST_PARCELS)
    ready = [one for one in found if one.parcel.state is ParcelState.PRINTED and _in_force(records, one)]
    if not ready:
        raise NothingToHandOver("no printed parcel waits here")
    going, on = ready[:MOST_PARCELS], vietnam_day(at)
    batch = PostalBatch(
        id=uuid4(),
        unit=official.unit,
        on=on,
        number=records.parcels.next_batch_number(official.unit, on),
        parcels=len(going),
        closed_by=Actor.from_official(official),
        closed_at=at,
    )
    records.parcels.close(batch)
    lines = []
    for line, one in enumerate(going, 1):
        moved = replace(one.parcel.moved_to(ParcelState.HANDED_OVER, at), batch_id=batch.id, line=line)
        parcel = records.parcels.save(moved)
        note(records, parcel.application_id, parcel, "parcel_handed_over", official.subject_key, at)
        lines.append(ParcelLine(parcel, one.code))
    return BatchList(batch, lines)


def batches(records: Records, official: VerifiedOfficial, limit: int) -> Sequence[PostalBatch]:
    """Of the official's unit, newest first. Raises RoleMissing."""
    demand_desk(official)
    return records.parcels.batches(official.unit, limit)


def open_batch(records: Records, official: VerifiedOfficial, batch_id: UUID) -> BatchList:
    """Raises BatchNotFound, also for another unit's, RoleMissing."""
    demand_desk(official)
    batch = records.parcels.batch(official.unit, batch_id)
    return BatchList(batch, records.parcels.in_batch(batch.id))


def sender_of(records: Records, batch: PostalBatch) -> str:
    """To whom the post brings back what nobody takes: the unit, as it was called on that day in Vietnamese."""
    try:
        return records.units.tree().on(batch.unit, batch.on).name.vi
    except UnknownUnit:
        return batch.unit


def as_csv(listed: BatchList) -> bytes:
    """The list for the post: UTF-8 with a byte order mark, which spreadsheets need to read Vietnamese.

    An apostrophe stands before all that a spreadsheet would take for a formula.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for one in listed.lines:
        parcel, address = one.parcel, one.parcel.address
        cells = (address.recipient, address.phone, address.street, address.commune, address.province)
        writer.writerow([parcel.line, parcel.number, *map(_plain, cells), parcel.copies])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _plain(cell: str) -> str:
    return _FORMULA.sub(r"\1\2'", cell)


def _in_force(records: Records, one: ParcelLine) -> bool:
    result = records.certificates.of_application(one.parcel.application_id, CertificateKind.RESULT)
    return result is not None and result.state is CertificateState.ISSUED and result.suspension is None
