"""Papers are deleted when their time is over: what was decided about them stays, the files go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .records import AuditEntry, Records


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPapers:
    """For how many days after an application has ended its papers are kept: days where a result was decided upon,
    days_without_result where it was withdrawn, stopped or refused."""

    days: int = 365
    days_without_result: int = 90

    def __post_init__(self) -> None:
        if min(self.days, self.days_without_result) < 1:
            raise ValueError("papers are kept for at least a day")


def remove_papers(records: Records, kept: KeptPapers, at: datetime, limit: int) -> int:
    """Give up the files of papers whose time is over, `limit` of them at most; returns how many.

    The rows first: from then on nothing names the files, so that the sweep of orphans removes them. Whoever is killed
    in between has lost nothing, and left nothing that the next sweep does not find.
    """
    with_result = at - timedelta(days=kept.days)
    without = at - timedelta(days=kept.days_without_result)
    papers = records.evidence.of_ended(with_result, without, limit)
    for paper in papers:
        records.evidence.give_up_file(replace(paper, file_removed_at=at))
        records.audit.append(
            AuditEntry(
                at=at,
                actor="system",
                action="evidence_removed",
                application_id=paper.application_id,
                details={"evidence": str(paper.id), "sha256": paper.sha256.hex()},
            )
        )
    return len(papers)
