"""What one sealing act leaves in the store of files, and what a job remembers of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Produced:
    """The stored files of one sealing act. intent: that under which they were sealed. credential: None without one."""

    intent: str
    pdf: StoredFile
    credential: StoredFile | None = None

    def to_step(self) -> list[Any]:
        """What a job remembers of it: digests in hex and sizes."""
        files = (self.pdf,) if self.credential is None else (self.pdf, self.credential)
        return [self.intent, *(value for file in files for value in (file.sha256.hex(), file.size_bytes))]

    @classmethod
    def from_step(cls, remembered: Sequence[Any]) -> Self:
        """Also from jobs begun by earlier versions, which remember no intent: what they sealed is sealed again."""
        intent, values = ("", remembered) if len(remembered) % 2 == 0 else (remembered[0], remembered[1:])
        pairs = zip(values[::2], values[1::2], strict=True)
        return cls(intent, *(StoredFile(bytes.fromhex(sha256), size_bytes) for sha256, size_bytes in pairs))
