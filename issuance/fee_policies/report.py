"""The report of a check, as it is stored with a draft: JSON, every text in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from issuance.fees.document import Basis, FeePolicy
from issuance.fees.wording import Label

_SEVERITIES = ("error", "warning", "note")


def finding(kind: str, severity: str, place: str, text: Label) -> dict[str, Any]:
    """As `issuance.fees.analysis.Finding.to_json` writes them, for what the analysis does not look at."""
    said = {"vi": text.vi, "en": text.en}
    return {"kind": kind, "severity": severity, "place": place, "text": said, "case": None, "days": None}


def report_of(
    digest: str, findings: Sequence[Mapping[str, Any]], at: datetime, *, cases: int = 0, is_complete: bool = True
) -> dict[str, Any]:
    """errors, warnings, notes: how many. cases, is_complete: as the analysis says them. Errors come first."""
    ordered = sorted(findings, key=lambda one: _SEVERITIES.index(one["severity"]))
    counted = {f"{name}s": sum(one["severity"] == name for one in ordered) for name in _SEVERITIES}
    return {
        "digest": digest,
        "checked_at": at.isoformat(),
        **counted,
        "cases": cases,
        "is_complete": is_complete,
        "findings": ordered,
    }


def missing_acts(policy: FeePolicy, stored: frozenset[bytes]) -> Sequence[dict[str, Any]]:
    """A finding for each act that the document cites and whose file is not stored."""
    return [
        finding(
            "source",
            "error",
            place_of_source(basis),
            Label(
                f"tệp “{basis.source.file}” của văn bản chưa được lưu ở đây",
                f"the act's file '{basis.source.file}' is not stored here",
            ),
        )
        for basis in policy.document.basis
        if bytes.fromhex(basis.source.sha256) not in stored
    ]


def lost_act(basis: Basis) -> dict[str, Any]:
    """A finding for an act whose file was stored here, and is gone or damaged."""
    return finding(
        "source",
        "error",
        place_of_source(basis),
        Label(
            f"tệp “{basis.source.file}” của văn bản bị mất hoặc bị hỏng trên máy chủ: hãy tải tệp lên lại",
            f"the act's file '{basis.source.file}' is lost or damaged on the server: upload it again",
        ),
    )


def place_of_source(basis: Basis) -> str:
    return f"basis[{basis.id}].source"
