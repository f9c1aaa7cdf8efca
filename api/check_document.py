"""The three public checks: by QR text, by PDF, by number. The register is read live; parsing happens outside of it."""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass
from hashlib import sha256

from verification.formats.qr import MAX_QR_CHARS
from verification.register import RegisteredDocument, StatusReading
from verification.verdict import Verdict
from verification.verify_pdf import verify_number, verify_pdf
from verification.verify_qr import verify_qr

from .errors import BodyTooLarge, MalformedRequest, NotAPdf, QrTooLong
from .services import Services


@dataclass(frozen=True, slots=True)
class _ReadRegister:
    """The register's answer about one file, taken before the file is looked into."""

    found: RegisteredDocument | None

    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
        return self.found

    def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
        return None

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        return None


async def check_qr(services: Services, text: str) -> Verdict:
    """Raises QrTooLong."""
    if len(text) > MAX_QR_CHARS:
        raise QrTooLong
    at = services.clock()
    trust = services.trust(at)
    return await services.runner.run(lambda records: verify_qr(text, trust, records.register, at))


async def check_pdf(services: Services, data: bytes) -> Verdict:
    """Raises BodyTooLarge, NotAPdf."""
    if len(data) > services.limits.pdf_bytes:
        raise BodyTooLarge
    if not data.startswith(b"%PDF-"):
        raise NotAPdf
    at = services.clock()
    digest = sha256(data).digest()
    found = await services.runner.run(lambda records: records.register.document_by_digest(digest))
    # In a thread and after the transaction: strangers' files must hold up neither the event loop nor the database.
    return await asyncio.to_thread(verify_pdf, data, services.trust(at), _ReadRegister(found), None, at)


async def check_number(services: Services, number: str, check_code: str) -> Verdict:
    """Blanks and dashes, with which paper and people group what they write, do not count; nor does the letters' case.

    Raises MalformedRequest for characters that nobody can type: not every database takes them even in a question.
    """
    number, check_code = _bare(number), _bare(check_code).upper()
    if not (number + check_code).isprintable():
        raise MalformedRequest
    at = services.clock()
    return await services.runner.run(lambda records: verify_number(number, check_code, records.register, at))


def _bare(typed: str) -> str:
    # Pd: every dash of Unicode, because a text copied from a PDF may hold any of them.
    return "".join(letter for letter in typed if not letter.isspace() and unicodedata.category(letter) != "Pd")
