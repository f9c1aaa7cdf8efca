"""The lines of a batch's file: CSV with a head, or JSON Lines; bounded, and never more of it in memory than a block.

A line has the members `personal_id`, `full_name`, `birth_date`, `sex` and those of the type's input schema, `copies`
aside. In CSV a column is the path of one value, lists counted from 1: `subjects.2.name`. An empty cell is left out.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from ..documents.catalogue import DocumentType
from .errors import BatchRefused, LineRefused

MAX_LINE_BYTES = 32_768
MAX_COLUMNS = 500
PERSON = ("personal_id", "full_name", "birth_date", "sex")
MADE_BY_US = "copies"

Form = Literal["csv", "jsonl"]
_FORMS: Mapping[str, Form] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_PIECE_BYTES = 1 << 16
_MARK = "\ufeff"
"""Before the head, where a spreadsheet has written the file."""


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """Lines that are done together. first: the number of the first one. digest: of all their bytes, in hex."""

    first: int
    lines: tuple[bytes, ...]
    digest: str


def form_of(file: Path) -> Form:
    """Raises BatchRefused."""
    try:
        return _FORMS[file.suffix.casefold()]
    except KeyError:
        raise BatchRefused("unknown_form", name=file.name) from None


def read_head(file: BinaryIO, form: Form) -> str:
    """The head of a CSV file, read from its beginning; JSON Lines have none. Raises BatchRefused."""
    if form == "jsonl":
        return ""
    head = _read_line(file, hashlib.sha256())
    try:
        return head.decode("utf-8").removeprefix(_MARK).strip()
    except UnicodeDecodeError:
        raise BatchRefused("not_utf8") from None


def read_blocks(file: BinaryIO, block_lines: int) -> Iterator[Block]:
    """From where the file stands to its end. A line that is too long comes cut, one byte longer than may be."""
    first = 1
    while True:
        digest, lines = hashlib.sha256(), list[bytes]()
        while len(lines) < block_lines and (line := _read_line(file, digest)):
            lines.append(line)
        if not lines:
            return
        yield Block(first, tuple(lines), digest.hexdigest())
        first += len(lines)


def digest_of_file(file: BinaryIO) -> bytes:
    """SHA-256 of the whole file, which then stands at its beginning."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
    file.seek(0)
    return digest.digest()


class LineReader:
    """Reads lines of one form into the members that a type asks for."""

    def __init__(self, document_type: DocumentType, form: Form, head: str) -> None:
        """Raises BatchRefused for a head that does not fit the type, without repeating what may be data."""
        self._columns: tuple[tuple[tuple[str | int, ...], str], ...] = ()
        self._separator = ";" if ";" in head and "," not in head else ","
        if form == "csv":
            self._columns = _columns(document_type, next(csv.reader([head], delimiter=self._separator), []))
        self._read = self._from_csv if form == "csv" else _from_json

    def read(self, line: bytes) -> dict[str, Any]:
        """Raises LineRefused."""
        if len(line) > MAX_LINE_BYTES:
            raise LineRefused("line_too_long")
        try:
            text = line.decode("utf-8").strip("\r\n")
        except UnicodeDecodeError:
            raise LineRefused("not_utf8") from None
        if not text.strip():
            raise LineRefused("empty_line")
        return self._read(text)

    def _from_csv(self, text: str) -> dict[str, Any]:
        try:
            rows = list(csv.reader([text], delimiter=self._separator, strict=True))
        except csv.Error:
            raise LineRefused("malformed") from None
        if len(rows) != 1 or len(rows[0]) != len(self._columns):
            raise LineRefused("other_columns")
        found: dict[str, Any] = {}
        for (path, kind), cell in zip(self._columns, rows[0], strict=True):
            if value := cell.strip():
                _put(found, path, _value(value, kind))
        return {name: _without_gaps(value) for name, value in found.items()}


def columns_of(document_type: DocumentType) -> Sequence[str]:
    """The head of a CSV file for this type, with as many entries of each list as its example has."""
    example = {**dict.fromkeys(PERSON, ""), **(document_type.example_input or {})}
    example.pop(MADE_BY_US, None)
    return [".".join(map(str, path)) for path in _paths_in(example)]


def example_line(document_type: DocumentType) -> dict[str, Any]:
    """A synthetic line for this type, as JSON Lines have it."""
    content = document_type.example_content
    person = {name: content[name] for name in PERSON if content.get(name) is not None}
    asked = {name: value for name, value in (document_type.example_input or {}).items() if name != MADE_BY_US}
    return {**person, **asked}


def cells_of(line: Mapping[str, Any], columns: Sequence[str]) -> Sequence[str]:
    """The same line as CSV has it."""
    cells = []
    for column in columns:
        node: Any = line
        for part in column.split("."):
            if isinstance(node, Mapping):
                node = node.get(part)
            elif isinstance(node, list) and int(part) <= len(node):
                node = node[int(part) - 1]
            else:
                node = None
        cells.append("" if node is None else str(node))
    return cells


def _read_line(file: BinaryIO, digest: hashlib._Hash) -> bytes:
    """One line with its end, empty at the end of the file. Of one that is too long the rest is digested, not kept."""
    kept = line = file.readline(MAX_LINE_BYTES + 1)
    digest.update(line)
    while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
        line = file.readline(MAX_LINE_BYTES + 1)
        digest.update(line)
    return kept


def _columns(document_type: DocumentType, names: Sequence[str]) -> tuple[tuple[tuple[str | int, ...], str], ...]:
    if not names or len(names) > MAX_COLUMNS:
        raise BatchRefused("no_head")
    found: dict[tuple[str | int, ...], str] = {}
    for place, name in enumerate(names, 1):
        path = tuple(int(part) if part.isascii() and part.isdigit() else part for part in name.strip().split("."))
        kind = "string" if len(path) == 1 and path[0] in PERSON else _kind_at(document_type, path)
        # The place and not the name: a file without a head begins with somebody's data.
        if kind is None or path == (MADE_BY_US,):
            raise BatchRefused("unknown_column", place=place)
        if path in found:
            raise BatchRefused("column_twice", place=place)
        found[path] = kind
    return tuple(found.items())


def _kind_at(document_type: DocumentType, path: tuple[str | int, ...]) -> str | None:
    """integer, number, boolean or string where the input schema has a single value at this path."""
    schema = document_type.input_schema or {}
    node = _resolved(schema, schema)
    for part in path:
        if isinstance(part, int):
            if part < 1 or part > int(node.get("maxItems", 0)):
                return None
            child = node.get("items")
        else:
            child = node.get("properties", {}).get(part)
        if not isinstance(child, Mapping):
            return None
        node = _resolved(schema, child)
    kinds = node.get("type", "string" if "enum" in node or "const" in node else None)
    single = [one for one in ([kinds] if isinstance(kinds, str) else kinds or []) if one != "null"]
    return single[0] if len(single) == 1 and single[0] in {"integer", "number", "boolean", "string"} else None


def _resolved(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """With what it refers to in the schema's own definitions."""
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    return {**schema.get("$defs", {}).get(reference.rpartition("/")[2], {}), **node}


def _value(cell: str, kind: str) -> Any:
    """What does not look like its kind stays a text, and the schema refuses it at its place."""
    digits = cell.removeprefix("-")
    if kind in {"integer", "number"} and digits.isascii() and digits.isdigit() and len(digits) <= 15:
        return int(cell)
    if kind == "boolean" and cell in {"true", "false"}:
        return cell == "true"
    return cell


def _put(node: dict[str, Any], path: tuple[str | int, ...], value: Any) -> None:
    """Lists are objects with whole numbers for names until all cells are read."""
    for part in path[:-1]:
        node = node.setdefault(part, {})  # type: ignore[arg-type] # numbers are names here, until _without_gaps
    node[path[-1]] = value  # type: ignore[index] # as above


def _without_gaps(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if all(isinstance(name, int) for name in node):
        return [_without_gaps(node[name]) for name in sorted(node)]
    return {name: _without_gaps(value) for name, value in node.items()}


def _from_json(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text, object_pairs_hook=_each_name_once, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise LineRefused("malformed") from None
    if not isinstance(read, dict):
        raise LineRefused("malformed")
    return read


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name stands twice")
    return read


def _refuse_constant(_: str) -> Any:
    raise ValueError("JSON has no such number")


def _paths_in(node: Any, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _paths_in(value, (*before, name))
    elif isinstance(node, list):
        for place, value in enumerate(node, 1):
            yield from _paths_in(value, (*before, place))
    else:
        yield before
