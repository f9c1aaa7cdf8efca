"""Who was erased, beside the database: after an older backup is put back it is done again before anything is served."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from condau.installation import Ask
from issuance.privacy.erase import erase_again
from issuance.privacy.persons import Erasure
from storage.durable_files import put
from storage.errors import ErasuresUnreadable

FILE = "erasures.jsonl"
_ACTOR = "system"


def reapply_erasures(ask: Ask, lines: Iterable[str], at: datetime) -> int:
    """Erase once more everybody whom these lines name and this database does not know as erased; returns how many.

    Raises ErasuresUnreadable.
    """
    named = [_read(line) for line in lines if line.strip()]
    known = {one.id for one in ask(lambda records: records.persons.erasures())}
    lacking = [one for one in named if one.id not in known]
    for one in lacking:
        ask(lambda records, one=one: erase_again(records, one, _ACTOR, at))  # type: ignore[misc] # of a default
    return len(lacking)


def keep_erasures(ask: Ask, state_folder: Path, at: datetime) -> int:
    """Make the list beside the database and the one in it say the same: what only the file knows is done again, what
    only the database knows is written down, durably. Returns how many were erased again.

    Raises ErasuresUnreadable, OSError.
    """
    file = state_folder / FILE
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    again = reapply_erasures(ask, lines, at)
    written = {_read(line).id for line in lines if line.strip()}
    kept = ask(lambda records: records.persons.erasures())
    lacking = [_line(one) for one in kept if one.id not in written]
    if lacking:
        # The old lines first and as they were: backups know the list by its beginning.
        put(file, "".join(f"{line}\n" for line in (*lines, *lacking)).encode(), state_folder)
    return again


def _line(one: Erasure) -> str:
    said = {"id": str(one.id), "person_index": one.person_index, "at": one.at.isoformat(), "n": one.applications}
    return json.dumps(said, separators=(",", ":"))


def _read(line: str) -> Erasure:
    try:
        said = json.loads(line)
        return Erasure(
            id=UUID(said["id"]),
            person_index=str(said["person_index"]),
            at=datetime.fromisoformat(said["at"]),
            applications=int(said["n"]),
        )
    except (ValueError, KeyError, TypeError):
        # Not the line: it names a person to whoever has the passphrase.
        raise ErasuresUnreadable("a line of the list of erasures cannot be read") from None
