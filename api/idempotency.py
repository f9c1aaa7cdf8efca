"""A request that changes something is answered once: whoever retries it with the same key gets the first answer.

The answer is kept in the transaction of its effect, so there is no moment at which one exists without the other. Two
requests at once are put in order by the database: the second finds the first one's answer, or fails to keep its own,
is rolled back and run again, and then finds it; or it is refused because of what the first one has done, and looks for
that answer once more. A refusal is not kept: nothing happened, and a retry may succeed.

So the database needs nobody to look before acting. That is done all the same, where much would be done in vain; a
submission does not, which costs a journey to the server, and repeats itself nearly never.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import Verified
from verification.register import RegisterUnavailable

from .errors import IdempotencyKeyInvalid, IdempotencyKeyMissing, IdempotencyKeyReused
from .services import Records, Runner

_KEY = re.compile(r"[!-~]{1,128}")
# RFC 2046 section 5.1.1: 70 characters at most.
_BOUNDARY = re.compile(r"""^multipart/form-data\s*;.*\bboundary="?(?P<name>[^\s";,]{1,70})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RequestOnce:
    """The caller's key for this request, and a digest of everything that the request asks."""

    key: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered: by a handler now, or by the one that was first."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


async def _request_once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="Random, 1 to 128 visible ASCII characters; the same on every retry. Required."),
    ] = None,
) -> RequestOnce:
    keys = request.headers.getlist("idempotency-key")
    if not keys or idempotency_key is None:
        raise IdempotencyKeyMissing
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise IdempotencyKeyInvalid
    # Path and query belong to what is asked: the same body sent to another application is another request.
    scope = request.scope
    asked = b"\n".join((scope["method"].encode(), scope["path"].encode(), scope["query_string"]))
    if "if-match" in request.headers:
        # The same step taken with another version of a draft is another request.
        asked += b"\n" + request.headers["if-match"].encode("latin-1")
    return RequestOnce(keys[0], hashlib.sha256(asked + b"\n" + await _what_is_sent(request)).digest())


async def _what_is_sent(request: Request) -> bytes:
    """The body; without the boundary between the parts of a form, which is drawn anew whenever the form is sent."""
    body = await request.body()
    boundary = _BOUNDARY.search(request.headers.get("content-type", ""))
    return body if boundary is None else body.replace(b"--" + boundary["name"].encode("latin-1"), b"--")


Once = Annotated[RequestOnce, Depends(_request_once)]


def caller_key(person: Verified) -> str:
    """Whose keys they are: a person's through one application. What one application was answered, no other is told.

    The application by its digest, whose length is fixed, so that no two callers share a name.
    """
    return f"{person.subject_key}|{hashlib.sha256(person.client_id.encode()).hexdigest()}"


async def answer_once(
    runner: Runner,
    person: Verified,
    once: RequestOnce,
    at: datetime,
    act: Callable[[Records], Answer],
    demand_sight: Callable[[Records], object] | None = None,
    *,
    looks_first: bool = True,
) -> Response:
    """Run `act` in one transaction with the keeping of its answer, or give the answer kept before.

    looks_first: whether a kept answer is looked for before `act` runs. Where nearly no request is a repeated one, it is
    looked for only when the answer cannot be kept because there is one, or `act` is refused.

    A kept answer shows what the first one showed: `demand_sight` refuses whoever may not see that any more; without it
    whoever calls this has checked it. Raises IdempotencyKeyReused, ConcurrentChange where retrying did not help, and
    what `act` and `demand_sight` raise.
    """

    caller, is_looked_for = caller_key(person), looks_first

    def kept_answer(records: Records) -> Answer | None:
        kept = records.idempotency.find(caller, once.key)
        if kept is None:
            return None
        if demand_sight is not None:
            demand_sight(records)
        if not kept.is_of(once.digest):
            raise IdempotencyKeyReused
        return Answer(status=kept.status, body=kept.body, headers=kept.headers)

    def answer(records: Records) -> tuple[Answer, str]:
        nonlocal is_looked_for
        if is_looked_for and (kept := kept_answer(records)) is not None:
            return kept, json_text(kept.body)
        # Whoever has to run again looks, whatever was the reason.
        is_looked_for = True
        first = act(records)
        text = json_text(first.body)
        records.idempotency.keep(
            caller, once.key, body_sha256=once.digest, status=first.status, body=text, headers=first.headers, at=at
        )
        return first, text

    try:
        given, text = await runner.run(answer)
    except RegisterUnavailable:
        # Who could not be asked is not asked once more, on top of all that waits for it; whoever comes again looks.
        raise
    except Exception:
        # It may have waited for the same request, sent twice at once, and been refused what that one has done; or it is
        # a repeated one that nobody looked for, and is refused by now, whatever for.
        meanwhile = await runner.run(kept_answer)
        if meanwhile is None:
            raise
        given, text = meanwhile, json_text(meanwhile.body)
    return Response(text, given.status, given.headers, "application/json")


def json_text(body: dict[str, Any]) -> str:
    """As the framework's answers write it, at a quarter of what the standard library's encoder takes."""
    return to_json(body).decode()
