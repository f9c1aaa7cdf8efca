"""What is written down of what happens: lines of fields that are named here, without personal data.

Our own messages carry codes and numbers. Messages of libraries could carry anything (an address with a query, a value
that could not be read): of those only the part is written that stands in their code, and of an error its name and where
it happened, never what it says.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from api.access_log import AccessLine
from storage.job_line import JobLine

LogFormat = Literal["text", "json"]

LINES: Mapping[type, str] = {AccessLine: "request", JobLine: "job"}
"""What may be logged with fields of its own."""

_OURS = ("api", "condau", "identity", "issuance", "signing", "simulators", "storage", "verification")
_KNOWN = ("uvicorn",)
"""Whose messages are sentences of their own, and say when they came up and what went wrong. Not asyncio: it puts the
error's words, and the arguments of what failed, into its own."""
LEFT_OUT = "(left out)"
_MAX_FRAMES = 12
_ROOT = Path(__file__).resolve().parents[1]


def write_logs(log_format: LogFormat) -> None:
    """Send every log of this process to standard error, in the one form. Once, when a long-running program starts."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in (*_OURS, "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.INFO)


class JsonLines(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {"at": _at(record), "level": record.levelname.lower(), "logger": record.name, **fields_of(record)}
        return json.dumps(fields, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """The same for people who look on."""

    def format(self, record: logging.LogRecord) -> str:
        fields = fields_of(record)
        said = fields.pop("message", None) or fields.pop("event", "")
        rest = " ".join(f"{name}={value}" for name, value in fields.items() if value is not None)
        return f"{_at(record)} {record.levelname.lower()} {record.name}: {said} {rest}".rstrip()


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What may be written of it."""
    line = getattr(record, "line", None)
    if isinstance(line, AccessLine | JobLine):
        return {"event": LINES[type(line)], **asdict(line)}
    fields: dict[str, Any] = {"message": _message(record)}
    if fields["message"] == LEFT_OUT:
        fields["where"] = [f"{record.module}:{record.lineno}"]
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        fields["error"] = " < ".join(_names(error))
        fields["where"] = [_place(frame) for frame in traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]]
    return fields


def _message(record: logging.LogRecord) -> str:
    part = record.name.partition(".")[0]
    if part in _OURS or part in _KNOWN:
        return record.getMessage().strip()
    # With arguments apart the sentence is the library's own; without, they may stand in it already.
    return str(record.msg) if record.args and isinstance(record.msg, str) else LEFT_OUT


def _names(error: BaseException) -> Iterator[str]:
    """The error's, and those of what caused it."""
    seen: BaseException | None = error
    while seen is not None:
        yield type(seen).__name__
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def _place(frame: traceback.FrameSummary) -> str:
    file = Path(frame.filename)
    name = file.relative_to(_ROOT) if file.is_relative_to(_ROOT) else Path(*file.parts[-2:])
    return f"{name}:{frame.lineno} {frame.name}"


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
