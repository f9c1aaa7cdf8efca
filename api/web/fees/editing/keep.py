"""A save: the draft is written, checked at once, and what it was before is kept for a while to be undone."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.requests import Request

from identity.citizen import VerifiedOfficial
from issuance.errors import ActRefused
from issuance.fee_policies.acts import keep_act, media_type_of
from issuance.fee_policies.open_draft import open_draft
from issuance.fee_policies.write import edit_draft, write_draft

from .... import fee_drafts
from ....errors import BodyTooLarge, BodyTooSlow
from ....idempotency import Answer, RequestOnce, answer_once, caller_key
from ....services import Records, Services
from ...texts import N_
from ..refusals import REFUSALS
from .sent import Fields, SentByAuthor, Upload

_SUFFIX = "-check"
FILE_PROBLEMS: Mapping[type[Exception], str] = {
    ActRefused: N_("This file cannot be kept. Upload a PDF (.pdf), or a text in UTF-8 (.txt, .md), that is not empty."),
    BodyTooLarge: N_("This file is too large: at most 50 MB."),
    BodyTooSlow: N_(
        "The connection was too slow for this file, so nothing was saved. Look through the form, for what follows the "
        "file was not sent; then choose the file again where the connection is better, or a smaller one."
    ),
}


@dataclass(frozen=True, slots=True)
class Before:
    """What a save replaced. after: the digest of what it wrote."""

    source: bytes
    after: str


async def save(
    request: Request, services: Services, form: SentByAuthor, draft_id: UUID, version: int, source: bytes
) -> None:
    """Replace the document, and have it checked. Raises DraftChanged, DraftNotReady, PolicyRefused, VersionTaken,
    IdempotencyKeyReused, ConcurrentChange, DraftNotFound."""
    at = services.clock()
    person = services.rules.person_index(form.official.personal_id.digits)

    def act(records: Records) -> Answer:
        before = open_draft(records, form.official, draft_id)
        saved = edit_draft(records, form.official, person, draft_id, version, source, at)
        kept = {"draft": str(draft_id), "before": before.source.decode(), "after": saved.digest}
        return Answer(status=200, body={**kept, "version": saved.version}, headers={})

    once = RequestOnce(form.once.key, hashlib.sha256(form.once.digest + source).digest())
    answer = await answer_once(services.runner, form.official, once, at, act)
    await check(request, services, form, draft_id, json.loads(bytes(answer.body))["version"])


async def begin(request: Request, services: Services, form: SentByAuthor, source: bytes) -> UUID:
    """A new draft, checked. Raises PolicyRefused, VersionTaken, IdempotencyKeyReused, ConcurrentChange."""
    at = services.clock()
    person = services.rules.person_index(form.official.personal_id.digits)

    def act(records: Records) -> Answer:
        draft = write_draft(records, form.official, person, source, at)
        return Answer(status=201, body={"draft": str(draft.id), "version": draft.version}, headers={})

    answer = await answer_once(services.runner, form.official, form.once, at, act)
    made: dict[str, Any] = json.loads(bytes(answer.body))
    draft_id = UUID(made["draft"])
    await check(request, services, form, draft_id, made["version"])
    return draft_id


async def check(request: Request, services: Services, form: SentByAuthor, draft_id: UUID, version: int) -> None:
    """Where there is no room for it, or somebody is quicker, the draft stays unchecked, and its pages say so."""
    once = RequestOnce(f"{form.once.key}{_SUFFIX}", form.once.digest)
    try:
        await fee_drafts.check(request, services, form.official, once, version, draft_id)
    except REFUSALS:
        return


def undoable(records: Records, form_key: str, official: VerifiedOfficial, draft_id: UUID, digest: str) -> Before | None:
    """What the save of this form replaced; None where nothing of it is kept, or somebody has written since."""
    kept = records.idempotency.find(caller_key(official), form_key)
    if kept is None or kept.body.get("draft") != str(draft_id) or kept.body.get("after") != digest:
        return None
    return Before(kept.body["before"].encode(), digest)


async def with_file(services: Services, form: SentByAuthor) -> tuple[Fields, dict[str, str]]:
    """The fields with what was uploaded as the file of their act, and what is wrong with it, in English.

    Kept before the form is looked at, so that nobody uploads it twice."""
    fields = dict(form.fields)
    if form.cut_off is not None:
        return fields, {"act_file": FILE_PROBLEMS[type(form.cut_off)]}
    if form.file is None or form.is_outdated:
        return fields, {}
    try:
        fields["act_file"] = await _take_in(services, form, form.file)
    except (ActRefused, BodyTooLarge) as error:
        return fields, {"act_file": FILE_PROBLEMS[type(error)]}
    return fields, {}


async def _take_in(services: Services, form: SentByAuthor, file: Upload) -> str:
    """Keep the file of an act; its SHA-256. Raises ActRefused, BodyTooLarge."""
    if len(file.data) > services.limits.act_bytes:
        raise BodyTooLarge
    at, data = services.clock(), file.data
    # 50 MB take a while to look through: other requests are answered meanwhile.
    kind, digest = await asyncio.to_thread(lambda: (media_type_of(file.name, data), hashlib.sha256(data).digest()))
    await asyncio.to_thread(services.files.store, data, digest)
    await services.runner.run(lambda records: keep_act(records, form.official, file.name, kind, digest, len(data), at))
    return digest.hex()
