"""How the installation is, for its operators: what is wrong first, what it means, and how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.operation import JobState, Watch, demand_operations, signs
from verification.trust import KeyPurpose, TrustedKey

from ...health import health_view
from ...services import Services
from ...state import Given
from ..page import page
from ..session import OfficialSignedIn
from ..texts import N_

router = APIRouter(include_in_schema=False)

KEY_ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Words:
    """What a sign is called, what it means where it is not well, and what to type then; for a template to translate."""

    name: str
    meaning: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    words: _Words
    is_well: bool
    number: int | None = None
    since: datetime | None = None


WORDS: Mapping[str, _Words] = {
    "database": _Words(
        N_("Database"),
        N_("The database does not answer, or its schema is not the one of this version. Nothing works without."),
        "condau doctor",
    ),
    "keys": _Words(
        N_("Sealing keys"), N_("A key that seals now cannot be used, so nothing is issued."), "condau doctor"
    ),
    "disk": _Words(
        N_("Disk"), N_("Little room is left for documents. Make room before issuing stands still."), "df -h"
    ),
    "serving": _Words(N_("This process"), N_("It is about to stop and takes no new requests."), ""),
    "workers": _Words(
        N_("Workers alive"),
        N_("Nobody does the background work: nothing is issued, asked of registers or sent. Start a worker."),
        "condau worker",
    ),
    "jobs_waiting": _Words(
        N_("Jobs waiting"),
        N_("Work waits longer than it should. See what it is; more workers help, or a register that answers again."),
        "condau jobs --state waiting",
    ),
    "jobs_failed": _Words(
        N_("Jobs that failed and are tried again"),
        N_("They are tried again after pauses of up to an hour. See why, mend it, have them tried at once."),
        "condau jobs --state waiting_again",
    ),
    "schedules": _Words(
        N_("Scheduled work that fails"),
        N_("Work that comes round did not end well. The log says why."),
        "condau doctor",
    ),
    "seals": _Words(
        N_("Entries of the ledger without a seal"),
        N_("What was done and read is written down, but not sealed against later changes."),
        "condau ledger seal",
    ),
    "backup": _Words(
        N_("Backups"),
        N_("There is none, or the newest is older than a day and a half."),
        "condau backup FOLDER",
    ),
    "payments_waiting": _Words(
        N_("Payments to look at"),
        N_("Money came that fits no order by itself. An official at the desk decides what becomes of it."),
        "condau payments balance",
    ),
    "refunds_waiting": _Words(
        N_("Refunds to do something about"),
        N_("Money should go back and could not be sent."),
        "condau payments balance",
    ),
    "notices_dead": _Words(
        N_("Notices that no application took"),
        N_("A citizen's application did not answer for days. Tell whoever runs it, then send them again."),
        "condau webhooks list",
    ),
}
JOB_STATES: Mapping[str, str] = {
    JobState.WAITING.value: N_("waiting"),
    JobState.WAITING_AGAIN.value: N_("waiting again"),
    JobState.RUNNING.value: N_("running"),
    JobState.FAILED.value: N_("failed"),
    JobState.DONE.value: N_("done"),
}
PURPOSES: Mapping[KeyPurpose, str] = {
    KeyPurpose.PDF: N_("documents"),
    KeyPurpose.QR: N_("QR codes"),
    KeyPurpose.CREDENTIAL: N_("credentials"),
    KeyPurpose.STATUS: N_("status lists"),
    KeyPurpose.RECEIPT: N_("receipts"),
    KeyPurpose.TRUST_LIST: N_("the trust list"),
}


@router.get("/operation")
async def show_operation(request: Request, services: Given, signed_in: OfficialSignedIn) -> Response:
    """Raises RoleMissing for all but operators."""
    demand_operations(signed_in.official)
    at = services.clock()
    health = await services.runner.run(lambda records: records.operation.health(at))
    found = [
        *await _checks(services),
        *(Shown(WORDS[one.name], one.well, one.number, one.since) for one in signs(health, Watch())),
    ]
    return page(
        request,
        "statistics/operation.html",
        account=signed_in.session,
        wrong=[one for one in found if not one.is_well],
        well=[one for one in found if one.is_well],
        health=health_view(health),
        keys=_keys_in_use(services.trust(at).keys, at),
        soon=at + KEY_ENDS_SOON,
        job_states=JOB_STATES,
        purposes=PURPOSES,
    )


async def _checks(services: Services) -> Sequence[Shown]:
    """What serving needs, asked now. One that nobody has words for is shown by its name."""
    asked = {"database": services.runner.is_ready, **services.readiness}
    found = await asyncio.gather(*(check() for check in asked.values()), return_exceptions=True)
    return [Shown(WORDS.get(name, _Words(name, "")), answer is True) for name, answer in zip(asked, found, strict=True)]


def _keys_in_use(keys: Sequence[TrustedKey], at: datetime) -> Sequence[TrustedKey]:
    """Those that may sign now, the one that ends first before the others."""
    return sorted((one for one in keys if one.may_sign_at(at)), key=lambda one: one.not_after)
