"""The key ring's file: read strictly, and written anew at one instant whenever something in it changes."""

import contextlib
import difflib
import fcntl
import os
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from signing.errors import KeyChangeRefused, KeyringMalformed, KeyUnavailable
from signing.private_files import hand_over, replace_private
from verification.trust import PDF_PURPOSES, KeyPurpose, TrustedUnit

KEYRING_FILE = "keyring.toml"
LOCK_FILE = ".keyring.lock"

_HEAD = """\
# The key ring: which keys seal, for what, and when. `condau keys` rewrites this file and raises its sequence;
# comments of yours would be lost. Whoever edits it by hand raises `sequence` too, or verifiers keep the older list.
# Files are named relative to this folder. docs/keys.md explains every entry.
"""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key as the file has it; public_key and certificates are file names, KeyEntry says what the rest means.

    signs_until: when it has handed over to another, within a period that goes on.
    """

    key_id: str
    purpose: KeyPurpose
    uri: str
    public_key: str
    certificates: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    unit: str | None = None
    compromised_from: datetime | None = None
    signs_until: datetime | None = None

    @property
    def ends(self) -> datetime:
        """From when on it signs nothing any more."""
        return self.not_after if self.signs_until is None else min(self.not_after, self.signs_until)

    @property
    def is_pending(self) -> bool:
        """It waits for its certificate, without which it can seal nothing."""
        return self.purpose in PDF_PURPOSES and not self.certificates


@dataclass(frozen=True, slots=True)
class RingFile:
    """The whole file. roots and timestamp_roots are file names; sequence counts the changes."""

    organisation: str
    keys: tuple[KeyRecord, ...]
    roots: tuple[str, ...]
    units: tuple[TrustedUnit, ...] = ()
    timestamp_roots: tuple[str, ...] = ()
    sequence: int = 0

    def find(self, key_id: str) -> KeyRecord:
        """Raises KeyChangeRefused for an id that it doesn't have."""
        found = next((record for record in self.keys if record.key_id == key_id), None)
        if found is None:
            near = difflib.get_close_matches(key_id, [record.key_id for record in self.keys], 1)
            hint = f"; did you mean {near[0]}?" if near else "; `condau keys list` shows them all"
            raise KeyChangeRefused(f"the ring has no key {key_id!r}{hint}")
        return found

    def with_key(self, record: KeyRecord) -> "RingFile":
        """With this record in the place of the one with its id, else at the end."""
        if all(one.key_id != record.key_id for one in self.keys):
            return replace(self, keys=(*self.keys, record))
        return replace(self, keys=tuple(record if one.key_id == record.key_id else one for one in self.keys))


def read_ring_file(folder: Path) -> RingFile:
    """Read `<folder>/keyring.toml`, without looking at the files that it names.

    Raises KeyUnavailable when there is none, KeyringMalformed for anything that is not as documented.
    """
    try:
        document = tomllib.loads((folder / KEYRING_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KeyUnavailable(f"no {KEYRING_FILE} in {folder}: `condau keys init` makes one") from None
    except OSError as error:
        raise KeyUnavailable(f"{folder / KEYRING_FILE}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        raise KeyringMalformed(f"{folder / KEYRING_FILE}: {broken}") from None
    _expect(document, _RING, {"unit", "timestamp_roots", "sequence"}, "the ring")
    ring = RingFile(
        organisation=document["organisation"],
        keys=tuple(_read_key(table, f"key {number}") for number, table in enumerate(document["key"], 1)),
        roots=tuple(document["roots"]),
        units=tuple(_read_unit(table, f"unit {number}") for number, table in enumerate(document.get("unit", []), 1)),
        timestamp_roots=tuple(document.get("timestamp_roots", [])),
        sequence=document.get("sequence", 0),
    )
    _refuse_contradictions(ring)
    return ring


def write_ring_file(folder: Path, ring: RingFile) -> RingFile:
    """Replace the file at one instant, one `sequence` further. Call it while holding `locked`."""
    raised = replace(ring, sequence=ring.sequence + 1)
    replace_private(folder / KEYRING_FILE, ring_text(raised).encode())
    return raised


@contextlib.contextmanager
def locked(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Keep every other command from changing this ring. Raises KeyChangeRefused while one is at it, or waits for it.

    The lock is the kernel's: it ends with its process, however that ends, and the empty file may stay.
    """
    if not folder.is_dir():
        raise KeyUnavailable(f"no {KEYRING_FILE} in {folder}: `condau keys init` makes one")
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        hand_over(descriptor, folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KeyChangeRefused("another command is changing these keys; try again when it is done") from None
        yield
    finally:
        os.close(descriptor)


def ring_text(ring: RingFile) -> str:
    """The file's text. read_ring_file gives back the same ring."""
    lines = [
        f"organisation = {toml_text(ring.organisation)}",
        f"sequence = {ring.sequence}",
        f"roots = {_toml_list(ring.roots)}",
    ]
    if ring.timestamp_roots:
        lines.append(f"timestamp_roots = {_toml_list(ring.timestamp_roots)}")
    for unit in ring.units:
        lines += ["", "[[unit]]", f"code = {toml_text(unit.code)}", f"name = {toml_text(unit.name)}"]
        lines.append("# Only add types: what the unit has issued of one that is taken away looks forged offline.")
        lines.append(f"document_types = {_toml_list(unit.document_types)}")
    for key in ring.keys:
        lines += [
            "",
            "[[key]]",
            f"id = {toml_text(key.key_id)}",
            f"purpose = {toml_text(key.purpose.value)}",
            f"uri = {toml_text(key.uri)}",
            f"public_key = {toml_text(key.public_key)}",
            f"certificates = {_toml_list(key.certificates)}",
            f"not_before = {key.not_before.isoformat()}",
            f"not_after = {key.not_after.isoformat()}",
        ]
        if key.unit is not None:
            lines.append(f"unit = {toml_text(key.unit)}")
        if key.signs_until is not None:
            lines.append(f"signs_until = {key.signs_until.isoformat()}")
        if key.compromised_from is not None:
            lines.append(f"compromised_from = {key.compromised_from.isoformat()}")
    return _HEAD + "\n" + "\n".join(lines) + "\n"


def toml_text(text: str) -> str:
    """A TOML basic string."""
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or c in '"\\\x7f' else c for c in text)
    return f'"{escaped}"'


def _toml_list(texts: Collection[str]) -> str:
    return f"[{', '.join(map(toml_text, texts))}]"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_moment(value: object) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_Entries = Mapping[str, tuple[Callable[[object], bool], str]]
_TEXT, _TEXTS, _MOMENT = (_is_text, "a text"), (_is_texts, "a list of texts"), (_is_moment, "an instant with an offset")
_RING: _Entries = {
    "organisation": _TEXT,
    "roots": _TEXTS,
    "key": (_is_list, "[[key]] tables"),
    "unit": (_is_list, "[[unit]] tables"),
    "timestamp_roots": _TEXTS,
    "sequence": (_is_count, "a whole number from 0"),
}
_KEY: _Entries = {
    "id": _TEXT,
    "purpose": _TEXT,
    "uri": _TEXT,
    "public_key": _TEXT,
    "certificates": _TEXTS,
    "not_before": _MOMENT,
    "not_after": _MOMENT,
    "unit": _TEXT,
    "compromised_from": _MOMENT,
    "signs_until": _MOMENT,
}
_UNIT: _Entries = {"code": _TEXT, "name": _TEXT, "document_types": _TEXTS}


def _read_key(table: Any, where: str) -> KeyRecord:
    _expect(table, _KEY, {"unit", "compromised_from", "signs_until"}, where)
    purposes = [purpose.value for purpose in KeyPurpose]
    if table["purpose"] not in purposes:
        raise KeyringMalformed(f"{where}: no purpose is called {table['purpose']!r}{_near(table['purpose'], purposes)}")
    return KeyRecord(
        key_id=table["id"],
        purpose=KeyPurpose(table["purpose"]),
        uri=table["uri"],
        public_key=table["public_key"],
        certificates=tuple(table["certificates"]),
        not_before=table["not_before"],
        not_after=table["not_after"],
        unit=table.get("unit"),
        compromised_from=table.get("compromised_from"),
        signs_until=table.get("signs_until"),
    )


def _read_unit(table: Any, where: str) -> TrustedUnit:
    _expect(table, _UNIT, frozenset(), where)
    return TrustedUnit(table["code"], table["name"], tuple(table["document_types"]))


def _refuse_contradictions(ring: RingFile) -> None:
    ids, codes = [key.key_id for key in ring.keys], [unit.code for unit in ring.units]
    if not ids or len(set(ids)) != len(ids):
        raise KeyringMalformed("no key, or two with the same id")
    if len(set(codes)) != len(codes):
        raise KeyringMalformed("two units with the same code")
    for key in ring.keys:
        if key.not_before >= key.not_after:
            raise KeyringMalformed(f"key {key.key_id} ends before it begins")
        if key.unit is not None and key.unit not in codes:
            raise KeyringMalformed(f"key {key.key_id} is of the unit {key.unit!r}, which no [[unit]] has")


def _expect(table: Any, entries: _Entries, optional: Collection[str], where: str) -> None:
    """Refuse unknown and missing entries: a misspelt one would otherwise silently mean its default."""
    if not isinstance(table, dict):
        raise KeyringMalformed(f"{where} is no table")
    for name, value in table.items():
        if name not in entries:
            raise KeyringMalformed(f"{where}: no entry is called {name!r}{_near(name, entries)}")
        fits, kind = entries[name]
        if not fits(value):
            raise KeyringMalformed(f"{where}: {name} must be {kind}")
    missing = [name for name in entries if name not in table and name not in optional]
    if missing:
        raise KeyringMalformed(f"{where}: {', '.join(missing)} missing")


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f", did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
