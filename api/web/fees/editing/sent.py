"""What a fee author sends: the texts of a form, which may be long, and perhaps the file of an act."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from identity.citizen import VerifiedOfficial
from identity.errors import FormOutdated, SessionEnded
from identity.session import Session
from identity.verify_token import require_official
from issuance.fee_policies.rights import demand_author

from ....cors import own_origin
from ....errors import BodyTooLarge, BodyTooSlow, MalformedRequest
from ....idempotency import RequestOnce
from ....read_body import media_type
from ....services import Services
from ....state import Given, shared_of
from ...session import OfficialSession, OfficialSignedIn, Visitor, check_form_token, once_of, refuse_other_sites

MAX_FIELDS = 1_000
"""A rule with many conditions has several fields for each; more than this no document may have comparisons."""
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_MOST_SIGNED_OUT_BYTES = 5_000_000
"""Of a form from somebody who is not signed in: enough for every text, and nobody's 50 MB are read for it."""
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,  ][0-9]{3})+")
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")

Fields = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """name: fit to be that of a kept act."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentByAuthor:
    """is_outdated: its page was made before the last sign-in. Nothing may be done then but to show it again.

    cut_off: why what followed these fields, the file first of all, was not read. Then nothing may be done either.
    """

    session: Session
    official: VerifiedOfficial
    fields: Fields = field(repr=False)
    file: Upload | None
    once: RequestOnce = field(repr=False)
    is_outdated: bool = False
    cut_off: BodyTooLarge | BodyTooSlow | None = None

    @property
    def what(self) -> str:
        """Which of the form's buttons was pressed; `save` where it was none."""
        return self.fields.get("do", "save")

    @property
    def version(self) -> int:
        """Of the draft that the form's page showed; one that no draft has where the form names none."""
        text = self.fields.get("version", "")
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else -1


async def _author(session: OfficialSignedIn) -> OfficialSession:
    demand_author(session.official)
    return session


AuthorSignedIn = Annotated[OfficialSession, Depends(_author)]
"""Raises what OfficialSignedIn does, RoleMissing."""


async def _sender(request: Request, services: Given, visitor: Visitor) -> OfficialSession:
    # Before anything is read: nobody else's file is taken in.
    refuse_other_sites(request, services)
    if visitor is None:
        raise SessionEnded
    official = require_official(visitor.person)
    shared_of(request).people.take(official.subject_key)
    demand_author(official)
    return OfficialSession(session=visitor, official=official)


async def _author_form(request: Request, sender: Annotated[OfficialSession, Depends(_sender)]) -> SentByAuthor:
    read = await _read(request)
    if read.cut_off is not None:
        raise read.cut_off
    check_form_token(sender.session, read.fields)
    return _sent(request, sender, read)


AuthorForm = Annotated[SentByAuthor, Depends(_author_form)]
"""Raises FormNotOurs, SessionEnded, WrongKindOfPerson, TooManyRequests, RoleMissing, MalformedRequest, FormOutdated,
BodyTooLarge, BodyTooSlow."""


@dataclass(frozen=True, slots=True)
class SignedOut:
    """A form whose sender's session has ended meanwhile; its file is not kept."""

    fields: Fields = field(repr=False)


async def _typist(request: Request, services: Given, visitor: Visitor) -> OfficialSession | None:
    if visitor is not None:
        return await _sender(request, services, visitor)
    refuse_other_sites(request, services)
    size = request.headers.get("content-length", "")
    if not _is_from_our_page(request, services) or not size.isdigit() or int(size) > _MOST_SIGNED_OUT_BYTES:
        raise SessionEnded
    return None


async def _typed_form(
    request: Request, services: Given, typist: Annotated[OfficialSession | None, Depends(_typist)]
) -> SentByAuthor | SignedOut:
    read = await _read(request)
    if read.cut_off is not None and (typist is None or "form_token" not in read.fields):
        raise read.cut_off
    if typist is None:
        return SignedOut(read.fields)
    try:
        check_form_token(typist.session, read.fields)
    except FormOutdated:
        # What another site has made up is not shown as if the author had typed it.
        if not _is_from_our_page(request, services):
            raise
        return _sent(request, typist, read, is_outdated=True)
    return _sent(request, typist, read)


TypedForm = Annotated[SentByAuthor | SignedOut, Depends(_typed_form)]
"""A long form, of which nothing typed is lost where the session has ended, and as little as can be where its file was
too much. Raises what AuthorForm does, FormOutdated and SessionEnded only for what no page of ours sends."""


def _is_from_our_page(request: Request, services: Services) -> bool:
    """The browser says so itself; that it says nothing is not enough."""
    origin = request.headers.get("origin")
    return request.headers.get("sec-fetch-site") == "same-origin" or origin == own_origin(services.public_url)


@dataclass(frozen=True, slots=True)
class _Read:
    fields: Fields = field(repr=False)
    file: Upload | None = None
    cut_off: BodyTooLarge | BodyTooSlow | None = None


async def _read(request: Request) -> _Read:
    """Raises MalformedRequest, and BodyTooLarge and BodyTooSlow where nothing can be told of what came before."""
    of_type = media_type(request)
    if of_type not in _FORM_TYPES:
        raise MalformedRequest
    if of_type == "multipart/form-data":
        return await _read_parts(request)
    async with request.form(max_fields=MAX_FIELDS) as form:
        return await _read_entries(form)


async def _read_parts(request: Request) -> _Read:
    """Raises MalformedRequest."""
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=MAX_FIELDS)
    try:
        form = await parser.parse()
    except MultiPartException:
        raise MalformedRequest from None
    except (BodyTooLarge, BodyTooSlow) as error:
        return _Read({name: text for name, text in parser.items if isinstance(text, str)}, cut_off=error)
    try:
        return await _read_entries(form)
    finally:
        await form.close()


async def _read_entries(form: FormData) -> _Read:
    """Raises MalformedRequest."""
    entries = form.multi_items()
    fields = {name: value for name, value in entries if isinstance(value, str)}
    files = [value for _, value in entries if isinstance(value, UploadFile)]
    if len(fields) + len(files) != len(entries):
        raise MalformedRequest
    if not files or not files[0].filename:
        return _Read(fields)
    return _Read(fields, Upload(name=file_name(files[0].filename), data=await files[0].read()))


def _sent(request: Request, sender: OfficialSession, read: _Read, *, is_outdated: bool = False) -> SentByAuthor:
    return SentByAuthor(
        session=sender.session,
        official=sender.official,
        fields=read.fields,
        file=read.file,
        once=once_of(request, read.fields, *(() if read.file is None else (read.file.data,))),
        is_outdated=is_outdated,
        cut_off=read.cut_off,
    )


def plain(text: str) -> str:
    """Without the marks of Vietnamese: `Nghị quyết` → `Nghi quyet`."""
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def file_name(given: str) -> str:
    """What the file of an act may be called: letters, digits, dots, hyphens and underscores."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    name = _NO_NAME.sub("-", plain(last)).strip("-._")
    stem, dot, ending = name.rpartition(".")
    return (stem[: 99 - len(ending)] + dot + ending if dot and len(ending) < 10 else name[:100]) or "act"


def number_of(text: str) -> int | None:
    """A whole number as people write it, with or without marks between thousands; None where it is none."""
    found = text.strip()
    if _GROUPED.fullmatch(found):
        found = re.sub(r"[^0-9]", "", found)
    return int(found) if re.fullmatch(r"[0-9]{1,15}", found, re.ASCII) else None


def day_of(text: str) -> str | None:
    """The day as documents write it, from what a browser sends or people write (`31/12/2026`); None for no day."""
    found = text.strip()
    if parts := re.fullmatch(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})", found, re.ASCII):
        found = f"{parts[3]}-{int(parts[2]):02}-{int(parts[1]):02}"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", found, re.ASCII) is None:
        return None
    try:
        return date.fromisoformat(found).isoformat()
    except ValueError:
        return None


def text_of(fields: Mapping[str, str], name: str) -> str:
    """What was typed, without blanks around it, in one composed form."""
    return unicodedata.normalize("NFC", fields.get(name, "").strip().replace("\r\n", "\n"))


def both_of(fields: Mapping[str, str], name: str) -> dict[str, str]:
    """The same words in both languages."""
    return {"vi": text_of(fields, f"{name}_vi"), "en": text_of(fields, f"{name}_en")}


def ticked(fields: Mapping[str, str], prefix: str) -> list[str]:
    """Which boxes of a group are ticked, in the order in which the form has them."""
    return [name.removeprefix(prefix) for name, value in fields.items() if name.startswith(prefix) and value == "1"]
