"""A paper that a stranger has brought, opened in a child process that may die of it, so that no official's does."""

import json
from dataclasses import dataclass
from typing import Literal

from verification.read_upload import UploadKind, UploadLimits, UploadRefused, answer_of_child, kind_of

_REFUSALS = frozenset(
    {
        "paper_active",
        "paper_encrypted",
        "upload_too_hungry",
        "upload_too_many_pages",
        "upload_too_many_pixels",
        "upload_unreadable",
    }
)

PAPER_LIMITS = UploadLimits()


@dataclass(frozen=True, slots=True)
class OpenedPaper:
    """What a file is that opens and only shows. pages: of a picture, 1."""

    kind: UploadKind
    pages: int

    @property
    def media_type(self) -> Literal["application/pdf", "image/png", "image/jpeg"]:
        return "application/pdf" if self.kind == "pdf" else "image/png" if self.kind == "png" else "image/jpeg"


def read_paper(data: bytes, limits: UploadLimits = PAPER_LIMITS) -> OpenedPaper:
    """Open a PDF, PNG or JPEG to its end, as `read_upload` does and within the same limits, and look for no codes.

    Raises UploadRefused; its `code` may also be paper_encrypted, and paper_active for a PDF that runs scripts, starts
    programs, sends forms, or carries files along.
    """
    if len(data) > limits.file_bytes:
        raise UploadRefused("upload_too_large")
    kind = kind_of(data)
    if kind is None:
        raise UploadRefused("upload_not_recognised")
    answer = answer_of_child(f"paper-{kind}", data, limits)
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        raise UploadRefused from None
    match said:
        case {"refused": str() as code, **rest} if not rest and code in _REFUSALS:
            raise UploadRefused(code)
        case {"pages": int() as pages, **rest} if not rest and type(pages) is int and 1 <= pages <= limits.pages:
            return OpenedPaper(kind, pages)
        case _:
            raise UploadRefused
