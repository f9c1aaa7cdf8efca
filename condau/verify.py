"""`condau verify`: check a document with what was downloaded before, on a machine that has nothing else of Condau."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from api.languages import Language
from api.present.verdict import Method
from condau.held_bundle import FetchFailed, Obtained, default_path, obtain
from condau.show_verdict import show_bundle, show_first_download, show_refusal, show_verdict, unpinned_note
from verification.bundle import Bundle
from verification.read_upload import kind_of
from verification.verdict import Verdict, VerdictState, VerificationError, unreadable
from verification.verify_credential import verify_credential
from verification.verify_file import Examined as FilePart
from verification.verify_file import verify_file
from verification.verify_qr import verify_qr

VALID, NOT_VALID, CANNOT_CHECK = 0, 1, 2
MAX_FILE_BYTES = 5_000_000
STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked on the command line.

    target: a file, `-`, the text of a code or a credential; None only brings the bundle up to date. update: an address
    or a file. anchor: 64 hexadecimal digits.
    """

    target: str | None
    bundle: Path | None
    update: str | None
    anchor: str | None
    as_json: bool
    language: Language


@dataclass(frozen=True, slots=True)
class Examined:
    verdict: Verdict
    method: Method


def run(asked: Request, at: datetime, console: Console, warnings: Console) -> int:
    """Returns the exit code: 0 for VALID, 1 for every other verdict, 2 where none could be reached."""
    try:
        anchor = _anchor(asked.anchor)
        data = None if asked.target is None else _read(asked.target)
        held = obtain(asked.bundle or default_path(), asked.update, anchor, at)
    except (FetchFailed, VerificationError, OSError, _Unusable) as error:
        show_refusal(error, asked.language, warnings)
        return CANNOT_CHECK
    if held.unpinned:
        show_first_download(held.bundle, asked.language, warnings)
    if data is None:
        if asked.as_json:
            _print_json(_about(held, asked.language))
        else:
            show_bundle(held, at, asked.language, console)
        return VALID
    examined = examine(data, held.bundle, at)
    if asked.as_json:
        _print_json({**examined.verdict.to_json(), "examined": examined.method, **_about(held, asked.language)})
    else:
        address = held.bundle.trust.issuer
        show_verdict(examined.verdict, examined.method, asked.language, console, updates_at=address)
        show_bundle(held, at, asked.language, console)
    return VALID if examined.verdict.state is VerdictState.VALID else NOT_VALID


def examine(data: bytes, bundle: Bundle, at: datetime) -> Examined:
    """The verdict on a file's bytes, or on a text; by its first bytes it is told what it is. Never raises for them."""
    if kind_of(data) is None:
        return _examine_text(data, bundle, at)
    found = verify_file(data, bundle.trust, None, bundle, at)
    return Examined(found.verdict, "code_in_file" if found.examined is FilePart.CODE_IN_FILE else "pdf")


class _Unusable(Exception):
    """What was typed cannot be used; `code` says what."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _examine_text(data: bytes, bundle: Bundle, at: datetime) -> Examined:
    try:
        # Editors on Windows begin a text with a mark that nobody sees.
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        text = ""
    if not _may_be_a_code(text):
        return Examined(unreadable("file_not_recognised", at), "pdf")
    if "~" in text:
        return Examined(verify_credential(text, bundle.trust, bundle, at), "credential")
    return Examined(verify_qr(text, bundle.trust, bundle, at), "qr")


def _may_be_a_code(text: str) -> bool:
    """Whether it looks like a link, digits or a credential, and is not another kind of file that happens to be text."""
    return text.split() == [text] and (text.isdecimal() or "://" in text or "~" in text)


def _read(target: str) -> bytes:
    if target == STANDARD_INPUT:
        return _bounded(sys.stdin.buffer.read(MAX_FILE_BYTES + 1))
    # Codes and credentials are too long, or too strange, for the name of a file.
    if "://" in target or "~" in target or (target.isascii() and target.isdigit() and not Path(target[:255]).exists()):
        return _bounded(target.encode(errors="replace"))
    with Path(target).open("rb") as file:
        return _bounded(file.read(MAX_FILE_BYTES + 1))


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise _Unusable("file_too_large")
    return data


def _anchor(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        anchor = bytes.fromhex(text)
    except ValueError:
        raise _Unusable("anchor_malformed") from None
    if len(anchor) != 32:
        raise _Unusable("anchor_malformed")
    return anchor


def _about(held: Obtained, language: Language) -> dict[str, Any]:
    trust = held.bundle.trust
    return {
        "trust_list": {
            "issuer": trust.issuer,
            "sequence": trust.sequence,
            "as_of": trust.as_of.isoformat(),
            "fresh_until": None if trust.fresh_until is None else trust.fresh_until.isoformat(),
            "signed_by": held.bundle.signed_by.hex(),
            "pinned": held.bundle.pinned is not None,
            "note": unpinned_note(held.bundle, language),
        },
        "status_lists": {
            str(number): {
                "as_of": one.snapshot.issued_at.isoformat(),
                "fresh_until": one.snapshot.fresh_until.isoformat(),
            }
            for number, one in sorted(held.bundle.status_lists.items())
        },
        "refused_status_lists": list(held.refused),
    }


def _print_json(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
