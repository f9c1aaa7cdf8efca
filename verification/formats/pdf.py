"""A strict reader for the PDFs this house makes (ISO 32000-1): classic cross-reference tables, plain objects.

It reads what the layout engine and the sealer write and refuses the rest: cross-reference streams, object
streams, encryption. A value is a list, a dict, or an atom left as its bytes (`b"/Page"`, `b"1.5"`, `b"12 0 R"`,
`b"(text)"`), so writing it back changes nothing.
"""

import re
import zlib
from dataclasses import dataclass, field

from verification.formats.pdf_values import Dict, PdfMalformed, Value, ValueReader

MAX_PDF_BYTES = 5_000_000
MAX_STREAM_BYTES = 1_000_000
MAX_OBJECTS = 50_000

_OBJECT = re.compile(rb"(\d{1,10}) 0 obj\b")
_STREAM = re.compile(rb"[\0\t\n\f\r ]*+stream\r?\n")
_TAIL = re.compile(rb"startxref\n(\d{1,10})\n%%EOF\n?")
_SECTION = re.compile(rb"(\d{1,10}) (\d{1,6})\n")
_ENTRIES = re.compile(rb"(?:\d{10} (?:00000 n|\d{5} f)(?: \n|\r\n| \r))*+")
_ENTRY_BYTES, _IN_USE = 20, ord("n")
_TRAILER = re.compile(rb"trailer\n")
_REFERENCE = re.compile(rb"(\d+) 0 R")


def reference_number(value: Value | None) -> int | None:
    """The object number that a reference names, else None."""
    match = _REFERENCE.fullmatch(value) if isinstance(value, bytes) else None
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A parsed file: `trailer` and `startxref` are the last revision's, `offsets` the newest of each object.

    revision_starts: where the cross-reference table of each revision begins, the newest first. trailer_end: where the
    last trailer's dictionary ends.
    """

    data: bytes
    trailer: Dict
    startxref: int
    offsets: dict[int, int]
    revision_starts: tuple[int, ...]
    trailer_end: int
    _values: ValueReader = field(repr=False)
    _objects: dict[int, tuple[Value, int, int]] = field(default_factory=dict, repr=False)

    @property
    def revisions(self) -> int:
        return len(self.revision_starts)

    def object_at(self, number: int) -> tuple[Value, int, int]:
        """The object's value, and where its bytes start and end; read once. Raises PdfMalformed."""
        if number not in self._objects:
            self._objects[number] = self._read_object(number)
        return self._objects[number]

    def _read_object(self, number: int) -> tuple[Value, int, int]:
        start = self.offsets.get(number)
        head = _OBJECT.match(self.data, start) if start is not None else None
        if start is None or head is None or int(head[1]) != number:
            raise PdfMalformed("pdf_object_missing")
        value, end = self._values.read(head.end())
        return value, start, end

    def resolve(self, value: Value | None) -> Value:
        """The value itself, or of the object that it refers to."""
        number = reference_number(value)
        if number is not None:
            return self.object_at(number)[0]
        if value is None:
            raise PdfMalformed("pdf_entry_missing")
        return value

    def dict_of(self, value: Value | None) -> Dict:
        found = self.resolve(value)
        if not isinstance(found, dict):
            raise PdfMalformed("pdf_type_unexpected")
        return found

    def list_of(self, value: Value | None) -> list[Value]:
        found = self.resolve(value)
        if not isinstance(found, list):
            raise PdfMalformed("pdf_type_unexpected")
        return found

    def catalog(self) -> Dict:
        return self.dict_of(self.trailer.get(b"/Root"))

    def stream_of(self, value: Value | None) -> bytes:
        """The decoded content of a stream, plain or deflated, at most MAX_STREAM_BYTES."""
        number = reference_number(value)
        if number is None:
            raise PdfMalformed("pdf_type_unexpected")
        head, _, end = self.object_at(number)
        opening = _STREAM.match(self.data, end)
        if not isinstance(head, dict) or opening is None:
            raise PdfMalformed("pdf_type_unexpected")
        length = _integer(self.resolve(head.get(b"/Length")))
        raw = self.data[opening.end() : opening.end() + length]
        if b"/Filter" not in head:
            return raw[:MAX_STREAM_BYTES]
        if self.resolve(head[b"/Filter"]) != b"/FlateDecode" or b"/DecodeParms" in head:
            raise PdfMalformed("pdf_filter_not_supported")
        try:
            inflater = zlib.decompressobj()
            content = inflater.decompress(raw, MAX_STREAM_BYTES)
        except zlib.error:
            raise PdfMalformed("pdf_stream_malformed") from None
        if not inflater.eof:
            raise PdfMalformed("pdf_stream_too_long")
        return content


def read_pdf(data: bytes, max_revisions: int) -> PdfFile:
    """Read the structure of a file that ends with its last revision's %%EOF. Raises PdfMalformed."""
    if len(data) > MAX_PDF_BYTES:
        raise PdfMalformed("pdf_too_large")
    if not data.startswith(b"%PDF-1."):
        raise PdfMalformed("pdf_not_recognised")
    tail_start = data.rfind(b"startxref\n")
    tail = _TAIL.fullmatch(data, tail_start) if tail_start >= 0 else None
    if tail is None:
        raise PdfMalformed("pdf_end_malformed")
    last = int(tail[1])
    values = ValueReader(data)
    trailer, offsets, trailer_end = _cross_references(data, last, values)
    starts, newest = [last], trailer
    while b"/Prev" in trailer:
        if len(starts) == max_revisions:
            raise PdfMalformed("pdf_revisions_too_many")
        starts.append(_integer(trailer[b"/Prev"]))
        trailer, older, _ = _cross_references(data, starts[-1], values)
        offsets = older | offsets
    return PdfFile(data, newest, last, offsets, tuple(starts), trailer_end, values)


def _cross_references(data: bytes, at: int, values: ValueReader) -> tuple[Dict, dict[int, int], int]:
    """The trailer, where its objects begin, and where its dictionary ends."""
    if data[at : at + 5] != b"xref\n":
        raise PdfMalformed("pdf_cross_references_unsupported")
    at += 5
    offsets: dict[int, int] = {}
    lines_left = MAX_OBJECTS
    while section := _SECTION.match(data, at):
        first, count = int(section[1]), int(section[2])
        at = section.end()
        lines_left -= 1 + count  # empty sections cost time too
        if lines_left < 0:
            raise PdfMalformed("pdf_objects_too_many")
        end = at + count * _ENTRY_BYTES
        if _ENTRIES.fullmatch(data, at, end) is None or end > len(data):
            raise PdfMalformed("pdf_cross_references_malformed")
        for number, entry in enumerate(range(at, end, _ENTRY_BYTES), first):
            if data[entry + 17] == _IN_USE:
                if number in offsets:
                    raise PdfMalformed("pdf_cross_references_malformed")
                offsets[number] = int(data[entry : entry + 10])
            elif number != 0:
                raise PdfMalformed("pdf_object_removed")
        at = end
    keyword = _TRAILER.match(data, at)
    trailer, end = values.read(keyword.end()) if keyword else (None, at)
    if not isinstance(trailer, dict) or b"/Encrypt" in trailer or b"/XRefStm" in trailer:
        raise PdfMalformed("pdf_cross_references_unsupported")
    return trailer, offsets, end


def _integer(value: Value) -> int:
    if not isinstance(value, bytes) or not value.isdigit() or len(value) > 10:
        raise PdfMalformed("pdf_type_unexpected")
    return int(value)
