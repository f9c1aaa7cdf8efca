"""Small batches of an installation, prepared and approved, for a process that issues them and is killed meanwhile."""

from __future__ import annotations

from pathlib import Path

from condau.batches.works import open_works
from condau.clock import now
from condau.settings import Settings
from identity.officials_register import RegisteredOfficial
from issuance.batches.prepare_batch import PrepareWorks, approve_batch, prepare_batch
from issuance.batches.read_lines import form_of
from tests.issuance.batches.pupils import pupils, write_lines
from tests.issuance.batches.school_office import CLERK, HEAD, OPERATOR, TRANSCRIPT, UNIT

_BLOCK_LINES = 3
"""So that there is something to go on with in a small file, too."""


def prepared_batches(settings: Settings, folder: Path, count: int, lines: int) -> list[Path]:
    """Their files, of so many lines each."""
    files: list[Path] = []
    with open_works(settings) as opened:
        workshop, rules = opened.works.workshop, opened.works.rules
        opened.database.run_blocking(_appoint)
        works = PrepareWorks(transact=workshop.transact, rules=rules, key_of=opened.works.key_of, clock=workshop.clock)
        for number in range(count):
            transcript = rules.catalogue.get(TRANSCRIPT)
            file = write_lines(folder / f"batch-{number}.jsonl", pupils(lines, seed=number), transcript)
            with file.open("rb") as source:
                prepared = prepare_batch(
                    works,
                    source,
                    form_of(file),
                    TRANSCRIPT,
                    CLERK,
                    entered_by=OPERATOR,
                    refuse=_refuse_none,
                    done=lambda _: None,
                    block_lines=_BLOCK_LINES,
                )
            code = prepared.batch.code
            workshop.transact(lambda r, code=code: approve_batch(r, code, HEAD, now(), entered_by=OPERATOR))  # type: ignore[misc] # of a default
            files.append(file)
    return files


def _appoint(records: object) -> None:
    for key, role, name in ((CLERK, "caseworker", "Vũ Thị Mẫu"), (HEAD, "head", "Trần Văn Mẫu")):
        official = RegisteredOfficial(subject_key=key, unit=UNIT, roles=frozenset({role}), full_name=name)  # type: ignore[arg-type] # of the two
        records.officials.put(official, now())  # type: ignore[attr-defined] # the port of issuance only reads


def _refuse_none(number: int, why: Exception) -> None:
    raise AssertionError(f"line {number}: {why}")
