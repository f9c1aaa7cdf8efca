"""An application as an agency's machine sees it: where it stands, nothing about the person who asked."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from issuance.application import Application, ApplicationState
from issuance.records import WorkListPage

from ..languages import Language
from .standing import STATE_NAMES

FeeState = Literal["to_be_decided", "nothing_due", "awaiting_payment", "paid"]


class AgencyView(TypedDict):
    """`state_number` is the national list's, 1 to 10. `fee_state`: `to_be_decided` waits for an official."""

    code: str
    type: str
    state: str
    state_number: int
    state_name: str
    submitted_at: str
    promised_on: str
    fee_state: FeeState
    links: dict[str, str]


class AgencyPage(TypedDict):
    """`next` is the address of the next page, null on the last."""

    items: list[AgencyView]
    next: str | None


_PATH = "/v1/agency/applications"


def agency_view(one: Application, language: Language) -> AgencyView:
    return {
        "code": one.code,
        "type": one.type_id,
        "state": one.state.value,
        "state_number": one.state.number,
        "state_name": STATE_NAMES[one.state].in_language(language),
        "submitted_at": one.submitted_at.isoformat(),
        "promised_on": one.promised_on.isoformat(),
        "fee_state": _fee_state(one),
        "links": {"self": f"{_PATH}/{one.code}"},
    }


def agency_page(page: WorkListPage, limit: int, language: Language) -> AgencyPage:
    """One page of the unit's list. limit: the lines on a page."""
    return {
        "items": [agency_view(one, language) for one in page.applications],
        "next": page.next_cursor and f"{_PATH}?limit={limit}&cursor={page.next_cursor}",
    }


def _fee_state(one: Application) -> FeeState:
    if one.paid:
        return "paid"
    if one.amount_due is None:
        return "to_be_decided"
    # What was due of an application that ended without a document is not asked for any more.
    return "awaiting_payment" if one.state is ApplicationState.PAYMENT_ASKED else "nothing_due"
