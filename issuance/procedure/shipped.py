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
    return tuple(read_procedure(file.read_bytes(), file.name) for file in sorted(_FOLDER.glob("*.json")))
