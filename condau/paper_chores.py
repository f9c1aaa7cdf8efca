"""What is deleted on schedule of what citizens have brought: papers, and links to surveys. Harmless when two do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from issuance.feedback.survey import forget_expired
from issuance.remove_papers import KeptPapers, remove_papers
from storage.paper_files import FolderPaperFiles
from storage.runner import Database

AT_ONCE = 500


def paper_chores(
    database: Database,
    papers: FolderPaperFiles,
    clock: Callable[[], datetime],
    orphans_after: timedelta,
    kept: KeptPapers,
) -> Sequence[Callable[[], object]]:
    """orphans_after: how old a file must be that nothing in the database names before it is removed."""

    def tidy() -> None:
        at = clock()
        while database.run_blocking(lambda records: remove_papers(records, kept, at, AT_ONCE)) == AT_ONCE:
            pass
        database.run_blocking(lambda records: forget_expired(records, at))
        papers.sweep_orphans(
            lambda digests: database.run_blocking(lambda records: records.known_papers(digests)), at - orphans_after
        )

    return [tidy]
