"""Parcels, for the citizen who waits for one and for the desk that sends it; batches, and what the post reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from typing_extensions import TypedDict

from issuance.delivery.batch import BatchList
from issuance.delivery.parcel import Parcel, ParcelLine, ParcelState, PostalBatch, PrintedCopies, ReturnReason
from issuance.delivery.tracking import WORDS, TrackingReport
from issuance.fees.wording import Label

from ..languages import Language

STATES: Mapping[ParcelState, Label] = MappingProxyType(
    {
        ParcelState.ASKED: Label("Chờ in bản giấy", "Waiting for the copies to be printed"),
        ParcelState.PRINTED: Label("Đã in, chờ bàn giao cho bưu điện", "Printed, waiting for the post"),
        ParcelState.HANDED_OVER: Label("Đã bàn giao cho bưu điện", "Handed to the post"),
        ParcelState.DELIVERED: Label("Đã phát thành công", "Delivered"),
        ParcelState.RETURNED: Label("Bị chuyển hoàn", "Came back"),
        ParcelState.CANCELLED: Label("Đã hủy", "Cancelled"),
    }
)
RETURNS: Mapping[ReturnReason, Label] = MappingProxyType(
    {
        ReturnReason.NOT_AT_HOME: Label("không gặp người nhận", "nobody was there to take it"),
        ReturnReason.ADDRESS_UNKNOWN: Label("không tìm thấy địa chỉ", "the address was not found"),
        ReturnReason.REFUSED: Label("người nhận từ chối", "it was not accepted"),
        ReturnReason.DAMAGED: Label("bưu gửi hư hỏng", "it was damaged"),
        ReturnReason.OTHER: Label("lý do khác", "another reason"),
    }
)


class AddressView(TypedDict):
    """To whom and where it goes."""

    recipient: str
    phone: str
    street: str
    commune: str
    province: str


class ParcelView(TypedDict):
    """`tracking_number` is the post's own, once it has told one. `links` has `address` and `cancellation` until the
    copies are printed."""

    number: str
    state: str
    state_name: str
    copies: int
    address: AddressView
    asked_at: str
    changed_at: str
    tracking_number: str | None
    return_reason: str | None
    return_reason_text: str | None
    links: dict[str, str]


class ParcelsView(TypedDict):
    """Oldest first; after a return there is a further one. `copies`: paper copies of the application, `printed` of them
    by now."""

    copies: int
    printed: int
    items: list[ParcelView]


class WaitingParcel(TypedDict):
    """A parcel at the desk; its address stands on its label and in the list for the post."""

    number: str
    application: str
    state: str
    state_name: str
    copies: int
    asked_at: str
    links: dict[str, str]


class WaitingParcels(TypedDict):
    """What is not handed over yet; the printed ones first."""

    items: list[WaitingParcel]


class PrintView(TypedDict):
    """`left`: how many copies may still be printed. `links.file` is open for an hour, to whoever noted the print."""

    id: str
    copies: int
    left: int
    links: dict[str, str]


class BatchLine(TypedDict):
    """One parcel of the list."""

    line: int
    number: str
    application: str
    copies: int
    state: str


class BatchHead(TypedDict):
    """A closed batch: the `number`-th of the unit's on that day."""

    id: str
    on: str
    number: int
    parcels: int
    closed_by: str
    closed_at: str
    links: dict[str, str]


class BatchesView(TypedDict):
    """Newest first."""

    items: list[BatchHead]


class BatchView(TypedDict):
    """The batch and its parcels; `links` has the list (CSV) and the labels (PDF)."""

    batch: BatchHead
    lines: list[BatchLine]


class LineProblemView(TypedDict):
    """What is wrong with a line; `line` counts from 1, and the heading is the first."""

    line: int
    problem: str
    text: str


class TrackingView(TypedDict):
    """`changed`: parcels of which something new is known now; `unchanged`: lines that said nothing new."""

    preview: bool
    changed: list[str]
    unchanged: int
    problems: list[LineProblemView]


def parcel_view(parcel: Parcel, code: str, language: Language) -> ParcelView:
    path = f"/v1/applications/{code}/parcels"
    links = {"self": path}
    if parcel.state is ParcelState.ASKED:
        links |= {"address": f"{path}/address", "cancellation": f"{path}/cancellation"}
    reason, address = parcel.return_reason, parcel.address
    return {
        "number": parcel.number,
        "state": parcel.state.value,
        "state_name": STATES[parcel.state].in_language(language),
        "copies": parcel.copies,
        "address": {
            "recipient": address.recipient,
            "phone": address.phone,
            "street": address.street,
            "commune": address.commune,
            "province": address.province,
        },
        "asked_at": parcel.asked_at.isoformat(),
        "changed_at": parcel.changed_at.isoformat(),
        "tracking_number": parcel.tracking_number,
        "return_reason": None if reason is None else reason.value,
        "return_reason_text": None if reason is None else RETURNS[reason].in_language(language),
        "links": links,
    }


def parcels_view(parcels: Sequence[Parcel], code: str, copies: int, printed: int, language: Language) -> ParcelsView:
    return {"copies": copies, "printed": printed, "items": [parcel_view(one, code, language) for one in parcels]}


def waiting_parcel(line: ParcelLine, language: Language) -> WaitingParcel:
    return {
        "number": line.parcel.number,
        "application": line.code,
        "state": line.parcel.state.value,
        "state_name": STATES[line.parcel.state].in_language(language),
        "copies": line.parcel.copies,
        "asked_at": line.parcel.asked_at.isoformat(),
        "links": {"application": f"/v1/desk/applications/{line.code}"},
    }


def print_view(noted: PrintedCopies, code: str, left: int) -> PrintView:
    file = f"/v1/desk/applications/{code}/prints/{noted.id}/file"
    return {"id": str(noted.id), "copies": noted.copies, "left": left, "links": {"file": file}}


def batch_head(batch: PostalBatch) -> BatchHead:
    path = f"/v1/desk/postal-batches/{batch.id}"
    return {
        "id": str(batch.id),
        "on": batch.on.isoformat(),
        "number": batch.number,
        "parcels": batch.parcels,
        "closed_by": batch.closed_by.full_name,
        "closed_at": batch.closed_at.isoformat(),
        "links": {"self": path, "list": f"{path}/list", "labels": f"{path}/labels"},
    }


def batch_view(listed: BatchList) -> BatchView:
    return {
        "batch": batch_head(listed.batch),
        "lines": [
            {
                "line": one.parcel.line or 0,
                "number": one.parcel.number,
                "application": one.code,
                "copies": one.parcel.copies,
                "state": one.parcel.state.value,
            }
            for one in listed.lines
        ],
    }


def tracking_view(report: TrackingReport, language: Language, *, is_preview: bool) -> TrackingView:
    return {
        "preview": is_preview,
        "changed": list(report.changed),
        "unchanged": report.unchanged,
        "problems": [
            {"line": one.line, "problem": one.trouble, "text": WORDS[one.trouble].in_language(language)}
            for one in report.problems
        ],
    }
