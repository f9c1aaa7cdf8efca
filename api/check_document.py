"""The public checks: by QR text, PDF, credential, number. The register is read live; parsing happens outside of it."""

from __future__ import annotations

import asyncio
import threading
import unicodedata
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from verification.formats.pdf_seal import may_have_updates, sealed_part
from verification.formats.qr import MAX_QR_CHARS
from verification.key_binding import ExpectedBinding
from verification.read_upload import UploadLimits, kind_of
from verification.register import Register, RegisteredDocument, RegisterUnavailable, StatusReading, StatusSource
from verification.verdict import Verdict
from verification.verify_credential import verify_credential
from verification.verify_file import Examined, FileVerdict, bears_no_seal, find_code
from verification.verify_number import verify_number
from verification.verify_pdf import verify_pdf
from verification.verify_qr import verify_qr
from verification.verify_receipt import is_receipt, verify_receipt

from .errors import BodyTooLarge, MalformedRequest, NotAPdf, QrTooLong, TooManyRequests, UploadNotRecognised
from .services import Services

T = TypeVar("T")


class Examinations:
    """Looks into strangers' files, a few at a time, on threads that nothing else waits for.

    at_once: files examined together. at_most: files held, the waiting ones included. of: what is examined, for the
    threads' names.
    """

    def __init__(self, *, at_once: int, at_most: int, retry_after_seconds: int, of: str = "pdf") -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix=f"examine-{of}")
        self._places = threading.BoundedSemaphore(at_most)
        self._retry_after_seconds = retry_after_seconds

    async def run(self, examine: Callable[[], T]) -> T:
        """Raises TooManyRequests when every place is taken."""
        if not self._places.acquire(blocking=False):
            raise TooManyRequests(self._retry_after_seconds)
        try:
            done = self._threads.submit(examine)
        except BaseException:
            self._places.release()
            raise
        done.add_done_callback(lambda _: self._places.release())
        # A caller who goes away frees no place: his file would still wait in the queue.
        return await asyncio.shield(asyncio.wrap_future(done))


# Of the whole process, as its memory and its processors are. Two threads use what one interpreter can; a file takes a
# tenth of a second at worst, so the last of those that wait is answered within about two.
EXAMINATIONS = Examinations(at_once=2, at_most=16, retry_after_seconds=2)
# Apart from those, because a picture takes a child process a quarter of a second, and one that is meant to take long as
# much as its limits allow: sealed files must not wait for it.
READINGS = Examinations(at_once=2, at_most=16, retry_after_seconds=3, of="picture")


@dataclass(frozen=True, slots=True)
class _ReadRegister:
    """The register's answers about one file, taken before the file is looked into."""

    found: Mapping[bytes, RegisteredDocument]

    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
        return self.found.get(sha256)

    def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
        return None

    def document_at(self, status_list: int, status_index: int) -> RegisteredDocument | None:
        return None

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        return None


class _NoRegister:
    """Stands in for a register that cannot be asked, so that the verdict says what is known without it."""

    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
        raise RegisterUnavailable

    def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
        raise RegisterUnavailable

    def document_at(self, status_list: int, status_index: int) -> RegisteredDocument | None:
        raise RegisterUnavailable

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        raise RegisterUnavailable


async def check_qr(services: Services, text: str) -> Verdict:
    """Raises QrTooLong."""
    if len(text) > MAX_QR_CHARS:
        raise QrTooLong
    at = services.clock()
    trust = services.trust(at)
    return await _asked(services, lambda register: verify_qr(text, trust, register, at, register))


async def check_credential(services: Services, text: str, binding: ExpectedBinding | None) -> Verdict:
    """binding: the proof of the holder's key that was asked for, if one was."""
    at = services.clock()
    trust = services.trust(at)
    return await _asked(
        services,
        lambda register: verify_credential(text, trust, register, at, register=register, binding=binding),
    )


async def check_pdf(services: Services, data: bytes) -> Verdict:
    """Raises BodyTooLarge, NotAPdf, TooManyRequests."""
    if len(data) > services.limits.pdf_bytes:
        raise BodyTooLarge
    if not data.startswith(b"%PDF-"):
        raise NotAPdf
    at = services.clock()
    register, status = await _read_register(services, data)
    trust = services.trust(at)
    # After the transaction: strangers' files must hold up neither the event loop nor the database.
    return await EXAMINATIONS.run(lambda: verify_pdf(data, trust, register, status, at))


async def check_file(services: Services, data: bytes) -> FileVerdict:
    """Raises BodyTooLarge, UploadNotRecognised, TooManyRequests."""
    if len(data) > services.limits.pdf_bytes:
        raise BodyTooLarge
    if is_receipt(data):
        return FileVerdict(await _check_receipt(services, data), Examined.FILE)
    kind = kind_of(data)
    if kind is None:
        raise UploadNotRecognised
    if kind == "pdf":
        verdict = await check_pdf(services, data)
        if not bears_no_seal(verdict):
            return FileVerdict(verdict, Examined.FILE)
    at = services.clock()
    limits = UploadLimits(file_bytes=services.limits.pdf_bytes)
    found = await READINGS.run(lambda: find_code(data, at, limits))
    if isinstance(found, Verdict):
        return FileVerdict(found, Examined.FILE)
    return FileVerdict(await check_qr(services, found.text), Examined.CODE_IN_FILE)


async def _check_receipt(services: Services, data: bytes) -> Verdict:
    at = services.clock()
    register, status = await _read_register(services, data)
    trust = services.trust(at)
    return await EXAMINATIONS.run(lambda: verify_receipt(data, trust, register, status, at))


async def check_number(services: Services, number: str, check_code: str) -> Verdict:
    """Blanks and dashes, with which paper and people group what they write, do not count; nor does the letters' case.

    Raises MalformedRequest for characters that nobody can type: not every database takes them even in a question.
    """
    number, check_code = _bare(number), _bare(check_code).upper()
    if not (number + check_code).isprintable():
        raise MalformedRequest
    at = services.clock()
    trust = services.trust(at)
    return await _asked(services, lambda register: verify_number(number, check_code, trust, register, at))


async def _asked(services: Services, question: Callable[[Register], Verdict]) -> Verdict:
    try:
        return await services.runner.run(lambda records: question(records.register))
    except RegisterUnavailable:
        return question(_NoRegister())


async def _read_register(services: Services, data: bytes) -> tuple[Register, StatusSource | None]:
    """Ask for the file, and where it is not known for its sealed revisions: anybody may have archived it."""
    digest = sha256(data).digest()
    try:
        found = await services.runner.run(lambda records: records.register.document_by_digest(digest))
        if found is None and may_have_updates(data):
            part = await EXAMINATIONS.run(lambda: sealed_part(data))
            if part is not None:
                digest = sha256(part).digest()
                found = await services.runner.run(lambda records: records.register.document_by_digest(digest))
    except RegisterUnavailable:
        return _NoRegister(), _NoRegister()
    return _ReadRegister({} if found is None else {digest: found}), None


def _bare(typed: str) -> str:
    # Pd: every dash of Unicode, because a text copied from a PDF may hold any of them.
    return "".join(letter for letter in typed if not letter.isspace() and unicodedata.category(letter) != "Pd")
