"""Word to a citizen's application that something has happened: what it says, to whom, and how it is kept.

It names no person: who gets it comes and fetches what is new, with the citizen's token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

STATE_CHANGED = "application.state_changed"

OF_ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "papers_asked": "papers.asked",
        "question_answered": "question.answered",
        "payment_confirmed": "payment.confirmed",
        "payment_to_refund": "payment.refund",
        "refund_done": "payment.refund",
        "certificate_issued": "document.issued",
        "certificate_revoked": "document.revoked",
        "certificate_suspended": "document.suspended",
        "certificate_reinstated": "document.reinstated",
        "parcel_asked": "parcel.asked",
        "parcel_address_changed": "parcel.address_changed",
        "parcel_cancelled": "parcel.cancelled",
        "parcel_printed": "parcel.printed",
        "parcel_handed_over": "parcel.handed_over",
        "parcel_tracked": "parcel.tracked",
        "parcel_delivered": "parcel.delivered",
        "parcel_returned": "parcel.returned",
    }
)
"""Which entry of the audit trail is told as what. Whatever else happens is the agency's own matter."""

APOLOGY_ISSUED = "apology.issued"
PAYMENT_ASKED = "payment.asked"
PAYMENT_REFUND = "payment.refund"
EVENTS = frozenset({STATE_CHANGED, APOLOGY_ISSUED, PAYMENT_ASKED, PAYMENT_REFUND, *OF_ACTIONS.values()})
"""All that is ever told."""

# Of the entry's details these alone, and only as short codes: what somebody adds there one day does not travel along.
_DETAILS = ("kind", "parcel_state", "reason", "cause")
_LONGEST_DETAIL = 40


class NoticeState(StrEnum):
    """dead: given up; it stays, to be looked at and sent again."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event for one application of the citizen's.

    id: the same at every attempt. seq: counts the events of one case from 1 on; whoever gets 3 before 2 knows it.
    next_at: when it is tried (again); None where it is done. give_up_at: None gives it up never. last_error: a short
    code, such as `http_500` or `timeout`, of the last attempt. done_at: delivered, or given up.
    """

    id: UUID
    client: str
    application_id: UUID
    seq: int
    type: str
    data: Mapping[str, Any]
    created_at: datetime
    state: NoticeState = NoticeState.WAITING
    attempts: int = 0
    next_at: datetime | None
    give_up_at: datetime | None = None
    last_error: str | None = None
    done_at: datetime | None = None

    @property
    def body(self) -> bytes:
        """What is signed and sent: the same bytes at every attempt."""
        said = {"type": self.type, "timestamp": self.created_at.isoformat(), "data": dict(self.data)}
        return json.dumps(said, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How an address has answered. failures: in a row. paused_until: nothing is tried before.

    disabled_address: a digest of the one that said 410 Gone; another address of the same client is another matter.
    """

    client: str
    failures: int = 0
    paused_until: datetime | None = None
    disabled_at: datetime | None = None
    disabled_address: str | None = None


def client_key(issuer: str, client_id: str) -> str:
    """Under which name an application of citizens is kept, in 64 letters."""
    return hashlib.sha256(f"{issuer}\n{client_id}".encode()).hexdigest()


def events_of(action: str, details: Mapping[str, Any]) -> Sequence[tuple[str, Mapping[str, str]]]:
    """What an entry of the audit trail tells: types, and what is told beside the case and its state."""
    told = {name: str(details[name]) for name in _DETAILS if isinstance(details.get(name), str)}
    told = {name: value for name, value in told.items() if len(value) <= _LONGEST_DETAIL and value.isascii()}
    found: list[tuple[str, Mapping[str, str]]] = []
    event = OF_ACTIONS.get(action)
    if event == "document.issued" and told.get("kind") == "apology":
        event = APOLOGY_ISSUED
    if event is not None:
        found.append((event, told))
    refund = details.get("refund")
    if isinstance(refund, int) and refund > 0:
        found.append((PAYMENT_REFUND, {}))
    return found


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """clients: keys of those that are told. give_up_after: how long an event is tried to be told."""

    clients: frozenset[str] = frozenset()
    give_up_after: timedelta = timedelta(days=3)


class Notices(Protocol):
    def find(self, notice_id: UUID) -> Notice | None: ...

    def hold(self, client: str, holder: UUID, at: datetime, until: datetime) -> bool:
        """Whether this holder alone sends to the client from now until then; holding on renews it."""

    def let_go(self, client: str, holder: UUID) -> None:
        """Harmless where another holds it."""

    def endpoint(self, client: str) -> Endpoint: ...

    def save_endpoint(self, endpoint: Endpoint) -> None: ...

    def due(self, client: str, at: datetime, limit: int) -> Sequence[Notice]:
        """Waiting ones whose time has come, the oldest first."""

    def save(self, notice: Notice) -> None:
        """State, attempts, times and the last error."""

    def postpone(self, client: str, until: datetime) -> None:
        """No waiting notice of the client is tried before."""

    def hasten(self, client: str, at: datetime) -> None:
        """Every waiting notice of the client is due then."""

    def give_up(self, client: str, why: str, at: datetime) -> None:
        """All waiting ones of the client are dead letters. why: the last error."""

    def dead(self, client: str | None, limit: int) -> Sequence[Notice]:
        """The newest first."""

    def counts(self) -> Mapping[str, Mapping[NoticeState, int]]:
        """By client: how many wait, and how many are dead."""

    def enqueue(self, notice_id: UUID) -> None:
        """Have the client's waiting notices sent in the background."""

    def forget(self, done_before: datetime, limit: int) -> int:
        """Remove what was done long ago, but never the last notice of a case: its number counts on."""
