"""A policy's acts against their stored files: each must be there, and be the file that the document binds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from issuance.fees.document import FeePolicy, Source
from issuance.fees.errors import Problem
from issuance.fees.problem_words import Complaint, complain

MAX_ACT_BYTES = 50_000_000


def check_sources(policy: FeePolicy, find: Callable[[Source], bytes | None], name: str = "") -> list[Problem]:
    """What is wrong with the acts' files.

    find: the file of a source, None where there is none; asked once for each. name: begins the place of each problem.
    """
    found: dict[Source, Complaint | None] = {}
    problems = []
    for entry in policy.document.basis:
        # A hundred articles of one act are one file.
        if entry.source not in found:
            found[entry.source] = _complaint_about(entry.source, find(entry.source))
        complaint = found[entry.source]
        if complaint is not None:
            place = f"basis[{entry.id}].source"
            problems.append(Problem(f"{name}: {place}" if name else place, complaint.in_words()))
    return problems


def _complaint_about(source: Source, content: bytes | None) -> Complaint | None:
    if content is None:
        return complain("act_missing", file=source.file)
    if len(content) > MAX_ACT_BYTES:
        return complain("act_too_large", most=MAX_ACT_BYTES)
    digest = hashlib.sha256(content).hexdigest()
    return None if digest == source.sha256 else complain("act_changed", file=source.file, found=digest)
