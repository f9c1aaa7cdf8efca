"""The files of legal acts: what a policy cites must lie here, word for word, for as long as the policy is known."""

from __future__ import annotations

import re
from datetime import datetime

from identity.citizen import VerifiedOfficial
from issuance.errors import ActRefused
from issuance.records import AuditEntry, DocumentFiles, FileUnreadable, Records

from .draft import StoredAct
from .rights import demand_author

MAX_ACT_BYTES = 50_000_000
PDF, MARKDOWN, PLAIN = "application/pdf", "text/markdown", "text/plain"
MEDIA_TYPES = frozenset({PDF, MARKDOWN, PLAIN})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
_TEXT_ENDINGS = frozenset({"", "md", "txt"})
_ENDINGS = _TEXT_ENDINGS | {"pdf"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def media_type_of(name: str, content: bytes) -> str:
    """What the file is by its own bytes: a PDF or text in UTF-8; the name tells only what kind of text.

    It is handed out by this name, and whoever opens it opens what its ending says: a page that is called a text runs
    nothing. Raises ActRefused, also for an ending that is of no such file.
    """
    if not content:
        raise ActRefused("the file is empty")
    if len(content) > MAX_ACT_BYTES:
        raise ActRefused(f"larger than {MAX_ACT_BYTES} bytes")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if content.startswith(b"%PDF-"):
        if ending not in _ENDINGS:
            raise ActRefused("a PDF by its bytes, and something else by its name")
        return PDF
    if ending not in _TEXT_ENDINGS:
        raise ActRefused("neither a PDF nor text by its name")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ActRefused("neither a PDF nor text in UTF-8") from None
    if _CONTROL.search(text):
        raise ActRefused("text with signs that are no text")
    return MARKDOWN if name.endswith(".md") else PLAIN


def is_intact(files: DocumentFiles, sha256: bytes) -> bool:
    """Whether the file is there, word for word. Reads it whole."""
    try:
        files.load(sha256)
    except FileUnreadable:
        return False
    return True


def keep_act(
    records: Records,
    official: VerifiedOfficial,
    name: str,
    media_type: str,
    sha256: bytes,
    size: int,
    at: datetime,
) -> StoredAct:
    """Register a file that is stored already. A file that is known keeps the name it has.

    media_type: as `media_type_of` found it. Raises RoleMissing, ActRefused.
    """
    demand_author(official)
    if _NAME.fullmatch(name) is None:
        raise ActRefused("a name is up to 100 letters, digits, dots, hyphens and underscores")
    if media_type not in MEDIA_TYPES or not 0 < size <= MAX_ACT_BYTES:
        raise ActRefused(f"a PDF or text of 1 to {MAX_ACT_BYTES} bytes")
    known = records.fee_policies.act(sha256)
    if known is not None:
        return known
    act = StoredAct(
        sha256=sha256, name=name, media_type=media_type, size_bytes=size, added_by=official.subject_key, added_at=at
    )
    records.fee_policies.add_act(act)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action="fee_act_kept",
            application_id=None,
            details={"sha256": sha256.hex(), "name": name, "size_bytes": size},
        )
    )
    return act
