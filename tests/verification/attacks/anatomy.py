"""Take a genuine file apart and append to it what an attacker would, with a writer that obeys no rule."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tests.verification.attacks.genuine import Issued, KeyKind, Level, issued
from verification.formats.pdf import PdfFile, read_pdf, reference_number
from verification.formats.pdf_seal import PdfSeal, locate_seal
from verification.formats.pdf_values import Dict, Value, write_value

MAX_REVISIONS = 6


@dataclass(frozen=True)
class Case:
    """One genuine file to attack, another one of the same form, and the office that issued both."""

    kind: KeyKind
    level: Level
    data: bytes
    other: bytes
    home: Issued

    @classmethod
    def of(cls, kind: KeyKind, level: Level) -> Case:
        home = issued(kind)
        return cls(kind, level, *home.files[level], home)

    @cached_property
    def pdf(self) -> PdfFile:
        return read_pdf(self.data, MAX_REVISIONS)

    @cached_property
    def seal(self) -> PdfSeal:
        return locate_seal(self.data)

    @property
    def sealed_bytes(self) -> int:
        """Where the sealed revisions end."""
        return len(self.seal.file.data)

    @property
    def hole(self) -> tuple[int, int]:
        """Where the hexadecimal digits of the seal's /Contents begin and end."""
        start = self.data.index(b"/Contents <") + len(b"/Contents <")
        return start, start + 2 * self.seal.contents_bytes

    @cached_property
    def catalog_number(self) -> int:
        return number_of(self.pdf.trailer[b"/Root"])

    @cached_property
    def page_number(self) -> int:
        (kid,) = self.pdf.list_of(self.pdf.dict_of(self.pdf.catalog()[b"/Pages"])[b"/Kids"])
        return number_of(kid)

    @cached_property
    def seal_number(self) -> int:
        return number_of(self.pdf.dict_of(self.pdf.catalog()[b"/Perms"])[b"/DocMDP"])

    @cached_property
    def widget_number(self) -> int:
        return number_of(self.pdf.list_of(self.pdf.dict_of(self.pdf.catalog()[b"/AcroForm"])[b"/Fields"])[0])

    @property
    def catalog(self) -> Dict:
        return dict(self.pdf.catalog())

    @property
    def page(self) -> Dict:
        return self.dict_at(self.page_number)

    def dict_at(self, number: int) -> Dict:
        return dict(self.pdf.dict_of(reference(number)))

    @property
    def free_number(self) -> int:
        size = self.pdf.trailer[b"/Size"]
        assert isinstance(size, bytes)
        return int(size)

    def raw(self, number: int) -> bytes:
        """The object as it stands in the file, its stream too, without `n 0 obj` and `endobj`."""
        start = self.pdf.offsets[number]
        body = self.data[self.data.index(b"obj", start) + 3 :]
        return body[: body.index(b"endobj")].strip(b"\r\n ")


Maker = Callable[[Case], bytes]


def reference(number: int) -> bytes:
    return b"%d 0 R" % number


def number_of(value: Value | None) -> int:
    number = reference_number(value)
    assert number is not None
    return number


def stream(content: bytes, entries: bytes = b"", *, deflated: bool = False) -> bytes:
    body = zlib.compress(content) if deflated else content
    filtered = b"/Filter/FlateDecode" if deflated else b""
    return b"<<%s%s/Length %d>>\nstream\n%s\nendstream" % (entries, filtered, len(body), body)


def updated(
    case: Case,
    objects: Mapping[int, Value | bytes],
    *,
    trailer: Mapping[bytes, Value] | None = None,
    base: bytes | None = None,
    gap: bytes = b"",
    entries: bytes = b"",
) -> bytes:
    """The file with one more revision, by a table of cross-references. gap: bytes before that table.

    base: other bytes than the genuine ones to append to. entries: further lines of the table.
    """
    out = bytearray(case.data if base is None else base)
    lines = b""
    for number, value in objects.items():
        lines += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        body = value if isinstance(value, bytes) else write_value(value)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    out += gap
    start = len(out)
    last = case.pdf.trailer | {
        b"/Size": b"%d" % (max([*objects, case.free_number - 1]) + 1),
        b"/Prev": b"%d" % case.pdf.startxref,
    }
    out += b"xref\n" + lines + entries + b"trailer\n" + write_value(last | dict(trailer or {}))
    return bytes(out + b"\nstartxref\n%d\n%%%%EOF\n" % start)


def updated_by_stream(case: Case, objects: Mapping[int, Value | bytes], *, packed: Mapping[int, bytes]) -> bytes:
    """The same by a cross-reference stream (ISO 32000-1 section 7.5.8); `packed` objects stand in an object stream."""
    out = bytearray(case.data)
    rows: dict[int, tuple[int, int, int]] = {}
    for number, value in objects.items():
        rows[number] = (1, len(out), 0)
        body = value if isinstance(value, bytes) else write_value(value)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    container, own = max([*objects, *packed, case.free_number]) + 1, max([*objects, *packed, case.free_number]) + 2
    if packed:
        bodies, heads = b"", b""
        for place, (number, content) in enumerate(packed.items()):
            heads += b"%d %d " % (number, len(bodies))
            bodies += content + b" "
            rows[number] = (2, container, place)
        rows[container] = (1, len(out), 0)
        head = b"/Type/ObjStm/N %d/First %d" % (len(packed), len(heads))
        out += b"%d 0 obj\n%s\nendobj\n" % (container, stream(heads + bodies, head))
    start = len(out)
    rows[own] = (1, start, 0)
    index = b" ".join(b"%d 1" % number for number in rows)
    table = b"".join(kind.to_bytes(1) + at.to_bytes(4) + more.to_bytes(2) for kind, at, more in rows.values())
    root, info = case.pdf.trailer[b"/Root"], case.pdf.trailer[b"/Info"]
    assert isinstance(root, bytes)
    assert isinstance(info, bytes)
    head = b"/Type/XRef/W[1 4 2]/Index[%s]/Size %d/Root %s/Info %s/Prev %d" % (
        index, own + 1, root, info, case.pdf.startxref,
    )  # fmt: skip
    out += b"%d 0 obj\n%s\nendobj\n" % (own, stream(table, head))
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def with_hole(case: Case, contents: bytes, fill: bytes = b"0") -> bytes:
    """Other digits in the place of the seal's /Contents; the file's length stays."""
    start, end = case.hole
    assert len(contents) <= end - start
    return case.data[:start] + contents.ljust(end - start, fill) + case.data[end:]


def with_byte_range(case: Case, text: bytes) -> bytes:
    """Another /ByteRange of the seal in the space that there is for it."""
    start = case.data.index(b"/ByteRange ") + len(b"/ByteRange ")
    end = case.data.index(b"/Contents <", start)
    assert len(text) <= end - start
    return case.data[:start] + text.ljust(end - start) + case.data[end:]
