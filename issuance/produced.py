"""What one sealing act leaves in the store of files, and what a job remembers of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from .certificate import FileForm


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Produced:
    """The stored files of one sealing act. intent: that under which they were sealed. credential, receipt_xml: None
    for a document without one."""

    intent: str
    pdf: StoredFile
    credential: StoredFile | None = None
    receipt_xml: StoredFile | None = None

    @property
    def further(self) -> Mapping[FileForm, StoredFile]:
        """The files beside the PDF, by their form."""
        beside = {FileForm.CREDENTIAL: self.credential, FileForm.RECEIPT_XML: self.receipt_xml}
        return {form: file for form, file in beside.items() if file is not None}

    @property
    def files(self) -> Sequence[StoredFile]:
        return (self.pdf, *self.further.values())

    def to_step(self) -> list[Any]:
        """What a job remembers of it: digests in hex and sizes, those beside the PDF with their form."""
        beside = [[form.value, file.sha256.hex(), file.size_bytes] for form, file in self.further.items()]
        return [self.intent, self.pdf.sha256.hex(), self.pdf.size_bytes, beside]

    @classmethod
    def from_step(cls, remembered: Sequence[Any]) -> Self:
        """Of jobs begun by earlier versions, which remember something else, nothing is taken over: what they sealed is
        sealed again."""
        match remembered:
            case [str() as intent, str() as sha256, int() as size_bytes, [*beside]]:
                files = {form: StoredFile(bytes.fromhex(digest), size) for form, digest, size in beside}
                return cls(intent, StoredFile(bytes.fromhex(sha256), size_bytes), **files)
            case _:
                return cls("", StoredFile(b"", 0))
