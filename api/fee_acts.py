"""The files of legal acts that fee policies rest on: kept by their digest, word for word."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.errors import ActNotFound
from issuance.fee_policies.acts import keep_act, media_type_of
from issuance.fee_policies.open_draft import list_acts, open_act
from issuance.fee_policies.rights import demand_author
from issuance.records import FileUnreadable

from . import examples
from .authentication import Official
from .documented import SIGNED_IN, answers, binary
from .download import attached
from .errors import BodyTooLarge, InvalidRequest, WrongContentType
from .idempotency import Answer, Once, answer_once
from .json_answer import json_answer
from .languages import language_of
from .present.fee_draft import ActsView, ActView, act_view
from .read_body import media_type
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1/fee-policies/acts", tags=["fee policies"])

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="The file's SHA-256.")]
_FORM = {
    "type": "object",
    "description": "The file of an act; its name is what policies call it by.",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary", "description": "PDF, or text in UTF-8."}},
}


async def _author(official: Official) -> VerifiedOfficial:
    demand_author(official)
    return official


Author = Annotated[VerifiedOfficial, Depends(_author)]
"""Before the key of the request, which reads the body: nobody else's 50 MB are taken in."""


@router.get("", summary="The stored acts", response_model=ActsView, responses=answers(examples.FEE_ACTS, *SIGNED_IN))
async def show_acts(request: Request, services: Given, official: Official) -> Response:
    """By name, for fee authors and fee approvers."""
    acts = await services.runner.run(lambda records: list_acts(records, official))
    return json_answer({"acts": [act_view(act) for act in acts]}, language_of(request.scope))


@router.post(
    "",
    summary="Keep the file of an act",
    status_code=201,
    response_model=ActView,
    responses=answers(examples.FEE_ACT, *SIGNED_IN, 413, 415, 422, success=201),
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def add_act(request: Request, services: Given, official: Author, once: Once) -> Response:
    """A PDF, or a text in UTF-8, of at most 50 MB. A file that is known keeps the name that it has."""
    at, language = services.clock(), language_of(request.scope)
    name, data = await _uploaded(request)
    if len(data) > services.limits.act_bytes:
        raise BodyTooLarge
    # 50 MB take a while to look through: other requests are answered meanwhile.
    kind, digest = await asyncio.to_thread(lambda: (media_type_of(name, data), sha256(data).digest()))
    await asyncio.to_thread(services.files.store, data, digest)

    def act(records: Records) -> Answer:
        view = act_view(keep_act(records, official, name, kind, digest, len(data), at))
        headers = {"Location": view["links"]["file"], "Content-Language": language}
        return Answer(status=201, body={**view}, headers=headers)

    return await answer_once(services.runner, official, once, at, act)


@router.get(
    "/{act_sha256}",
    summary="Download the file of an act",
    response_class=Response,
    responses=binary("application/octet-stream", "The file as it was kept.", *SIGNED_IN, 404, 422),
)
async def download_act(request: Request, services: Given, official: Official, act_sha256: Sha256) -> Response:
    """To be read beside the policy that cites it; its SHA-256 is its address."""
    act = await services.runner.run(lambda records: open_act(records, official, bytes.fromhex(act_sha256)))
    try:
        return await attached(request, act.sha256, act.media_type, act.name, services.files.load)
    except FileUnreadable:
        raise ActNotFound("the act's file is lost or damaged") from None


async def _uploaded(request: Request) -> tuple[str, bytes]:
    """Name and content of the form's file. Raises WrongContentType, MalformedRequest, InvalidRequest."""
    if media_type(request) != "multipart/form-data":
        raise WrongContentType
    async with request.form(max_files=1, max_fields=1) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise InvalidRequest([("/file", "missing")])
        return upload.filename, await upload.read()
