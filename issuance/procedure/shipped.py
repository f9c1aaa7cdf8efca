"""The procedures that come with the product, in the folder `procedures`."""

from __future__ import annotations

import functools
from pathlib import Path

from issuance.procedure.document import Procedure
from issuance.procedure.reading import read_procedure

_FOLDER = Path(__file__).parent / "procedures"


@functools.cache
def shipped_procedures() -> tuple[Procedure, ...]:
    """All of them, by the names of their files. Raises ProcedureRefused."""
    return tuple(read_procedure(source, name) for name, source in _sources())


@functools.cache
def shipped_sources() -> tuple[tuple[Procedure, bytes], ...]:
    """The same, each with the bytes of its file."""
    return tuple(zip(shipped_procedures(), (source for _, source in _sources()), strict=True))


def _sources() -> list[tuple[str, bytes]]:
    return [(file.name, file.read_bytes()) for file in sorted(_FOLDER.glob("*.json"))]
