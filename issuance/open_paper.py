"""A file is looked at before anybody keeps it: it opens, it only shows, and it is within the bounds."""

from __future__ import annotations

import hashlib

from verification.read_paper import PAPER_LIMITS, read_paper
from verification.read_upload import UploadRefused

from .errors import EvidenceRefused
from .evidence import PaperFile

_REASONS = {
    "upload_too_large": "too_large",
    "upload_not_recognised": "not_recognised",
    "upload_too_many_pages": "too_many_pages",
    "upload_too_many_pixels": "too_many_pixels",
    "upload_too_slow": "too_costly",
    "upload_too_hungry": "too_costly",
    "paper_active": "active_content",
    "paper_encrypted": "encrypted",
}

MAX_EVIDENCE_BYTES = PAPER_LIMITS.file_bytes
MAX_EVIDENCE_PAGES = PAPER_LIMITS.pages


def open_paper(data: bytes) -> PaperFile:
    """What the file is, whatever its name says: PDF, PNG or JPEG. Blocks while a child process opens it.

    Raises EvidenceRefused.
    """
    try:
        opened = read_paper(data)
    except UploadRefused as refused:
        raise EvidenceRefused(_REASONS.get(refused.code, "unreadable")) from None
    return PaperFile(hashlib.sha256(data).digest(), opened.media_type, len(data), opened.pages)
