"""A document that one unit has handed to another."""

from __future__ import annotations

from typing_extensions import TypedDict

from issuance.application import Application
from issuance.delivery.handover import Handover, HandoverPage
from issuance.documents.catalogue import Catalogue

from ..languages import Language


class HandoverView(TypedDict):
    """`reason` is the sender's, `note` the receiver's. `links` has the document, for officials of the receiving
    unit, and `acknowledgement` once it was opened."""

    id: str
    application: str
    type: str
    type_name: str
    from_unit: str
    to_unit: str
    reason: str
    sent_by: str
    sent_at: str
    opened_by: str | None
    opened_at: str | None
    acknowledged_by: str | None
    acknowledged_at: str | None
    note: str | None
    links: dict[str, str]


class InboxPage(TypedDict):
    """`next` is the address of the next page, null on the last."""

    items: list[HandoverView]
    next: str | None


def handover_view(
    handover: Handover, application: Application, catalogue: Catalogue, language: Language, *, to_receiver: bool
) -> HandoverView:
    path = f"/v1/desk/inbox/{handover.id}"
    links = {"document": f"{path}/document"} if to_receiver else {}
    if to_receiver and handover.opened_at is not None and handover.acknowledged_at is None:
        links["acknowledgement"] = f"{path}/acknowledgement"
    opened, acknowledged = handover.opened_by, handover.acknowledged_by
    return {
        "id": str(handover.id),
        "application": application.code,
        "type": application.type_id,
        "type_name": catalogue.get(application.type_id).name.in_language(language),
        "from_unit": handover.from_unit,
        "to_unit": handover.to_unit,
        "reason": handover.reason,
        "sent_by": handover.sent_by.full_name,
        "sent_at": handover.sent_at.isoformat(),
        "opened_by": None if opened is None else opened.full_name,
        "opened_at": None if handover.opened_at is None else handover.opened_at.isoformat(),
        "acknowledged_by": None if acknowledged is None else acknowledged.full_name,
        "acknowledged_at": None if handover.acknowledged_at is None else handover.acknowledged_at.isoformat(),
        "note": handover.note,
        "links": links,
    }


def inbox_page(page: HandoverPage, catalogue: Catalogue, limit: int, language: Language) -> InboxPage:
    return {
        "items": [handover_view(one, about, catalogue, language, to_receiver=True) for one, about in page.handovers],
        "next": page.next_cursor and f"/v1/desk/inbox?limit={limit}&cursor={page.next_cursor}",
    }
