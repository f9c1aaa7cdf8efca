"""What may follow a sealed revision: validation data (DSS) and document timestamps (ISO 32000-2 section 12.8.4 and 5).

A seal that allows no change allows these two all the same (DocMDP P 1, section 12.8.2.2.2), for neither alters what a
reader sees. Everything else that an update could hold is refused, by a list of what it may hold.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

from verification.formats.pdf import PdfFile, read_pdf, reference_number
from verification.formats.pdf_equality import is_same
from verification.formats.pdf_values import Dict, PdfMalformed, Value
from verification.verdict import VerificationError

MAX_UPDATES = 4
MAX_NEW_OBJECTS = 200
MAX_TIMESTAMP_BYTES = 32 * 1024

_NAME_BYTES = 200
_VALIDATION_DATA = (b"/Certs", b"/CRLs", b"/OCSPs")
# PAdES before PDF 2.0 says so in the catalog (ETSI EN 319 142-1 section 5.1).
_EXTENSIONS: Dict = {b"/ESIC": {b"/Type": b"/DeveloperExtensions", b"/BaseVersion": b"/1.7", b"/ExtensionLevel": b"1"}}
_STREAM = re.compile(rb"\nstream\n")
_STREAM_END = re.compile(rb"\nendstream\nendobj\n")
_OBJECT_END = re.compile(rb"\nendobj\n")
_REVISION_END = re.compile(rb"\n?startxref\n(\d{1,10})\n%%EOF\n")
# One case only: of a letter in the other case the value stays the same, and the bit would be free.
_HOLE = re.compile(rb"<((?:[0-9A-F]{2}){1,%d})>" % MAX_TIMESTAMP_BYTES)


class UpdateNotAllowed(VerificationError):
    """After the seal something was added that is neither validation data nor a document timestamp."""

    code = "seal_update_not_allowed"


@dataclass(frozen=True, slots=True)
class DocumentTimestamp:
    """A timestamp over the file up to its revision's end. digest: SHA-256 of those bytes, without its own hole."""

    digest: bytes
    unverified_token: bytes


def revision_ends(pdf: PdfFile) -> tuple[int, ...]:
    """Where each revision's bytes end, the oldest first. Raises PdfMalformed."""
    ends = []
    for start in reversed(pdf.revision_starts):
        end = _REVISION_END.search(pdf.data, start)
        if end is None or int(end[1]) != start:
            raise PdfMalformed("pdf_revision_end_malformed")
        ends.append(end.end())
    return tuple(ends)


def read_updates(sealed: PdfFile, data: bytes, ends: tuple[int, ...]) -> tuple[DocumentTimestamp, ...]:
    """The document timestamps in the updates of `data` after its sealed revisions, the oldest first.

    ends: where each update ends. Of each one:

    1. Its bytes are its objects, without a gap, then its cross-references; it continues the revision before it,
       removes nothing, and has the same catalog, information and first identifier.
    2. Of what was there it changes the catalog, the page that a timestamp's field stands on, and its own kind of
       validation data: the catalog may gain a DSS, the mark of PAdES and a field, the page that field's annotation.
       All other entries stay what they were.
    3. The DSS refers to streams of certificates, CRLs and OCSP answers, each one DER value, and drops none.
    4. The field is a signature's without area, appearance, action or script; its value is a document timestamp whose
       ByteRange covers all up to the update's end but its own /Contents: upper-case hexadecimal, zeros after the DER.
    5. There is nothing else in it.

    And the last update brings a timestamp, so that it covers the whole file. Whose they are is to be verified still.
    Raises PdfMalformed, UpdateNotAllowed.
    """
    if not 1 <= len(ends) <= MAX_UPDATES or ends[-1] != len(data):
        raise UpdateNotAllowed
    found: list[DocumentTimestamp] = []
    before, newest = sealed, None
    for end in ends:
        after = read_pdf(data[:end], before.revisions + 1)
        newest = _read_update(before, after)
        found += [newest] if newest is not None else []
        before = after
    if newest is None:
        raise UpdateNotAllowed("seal_update_not_timestamped")
    return tuple(found)


def _read_update(before: PdfFile, after: PdfFile) -> DocumentTimestamp | None:
    _check_trailer(before, after)
    own = _own_objects(before, after)
    old, new = before.catalog(), after.catalog()
    # Each object of the update has one part in it, and is used up by that.
    unused = set(own) - {_number(after.trailer[b"/Root"])}

    field = _new_field(old, new, before)
    may_change = (b"/AcroForm", b"/DSS", b"/Extensions")
    _demand_same(_without(old, *may_change), _without(new, *may_change))
    if new.get(b"/Extensions") != old.get(b"/Extensions") and not is_same(new.get(b"/Extensions"), _EXTENSIONS):
        raise UpdateNotAllowed
    if b"/DSS" in new or b"/DSS" in old:
        unused -= _validation_data(before, after, own)
    stamp = None
    if field is not None:
        stamp, used = _read_timestamp(before, after, field)
        unused -= used
    if unused:
        raise UpdateNotAllowed
    return stamp


def _check_trailer(before: PdfFile, after: PdfFile) -> None:
    old, new = before.trailer, after.trailer
    identifiers = after.list_of(new.get(b"/ID"))
    if new.keys() != old.keys() or len(identifiers) != 2 or new[b"/Prev"] != b"%d" % before.startxref:
        raise UpdateNotAllowed
    _demand_same(before.list_of(old.get(b"/ID"))[0], identifiers[0])
    _demand_same(_without(old, b"/ID", b"/Prev", b"/Size"), _without(new, b"/ID", b"/Prev", b"/Size"))


def _own_objects(before: PdfFile, after: PdfFile) -> dict[int, tuple[Value, bytes | None]]:
    """The values of the update's objects, with their content where they are streams; its bytes hold nothing else."""
    start, size = len(before.data), _size(before)
    own = {number: offset for number, offset in after.offsets.items() if offset >= start}
    kept = {number: offset for number, offset in after.offsets.items() if number not in own}
    added = [number for number in own if number not in before.offsets]
    moved = any(before.offsets.get(number) != offset for number, offset in kept.items())
    if moved or len(own) > MAX_NEW_OBJECTS or any(not size <= number < _size(after) for number in added):
        raise UpdateNotAllowed
    values: dict[int, tuple[Value, bytes | None]] = {}
    at = start
    for number in sorted(own, key=own.__getitem__):
        value, begins, end = after.object_at(number)
        if begins != at:
            raise UpdateNotAllowed
        values[number], at = _object_end(after.data, value, end)
    # Nothing between the objects, nor behind the trailer, for a reader that repairs files to find there.
    if at != after.startxref or _REVISION_END.fullmatch(after.data, after.trailer_end) is None:
        raise UpdateNotAllowed
    return values


def _object_end(data: bytes, value: Value, end: int) -> tuple[tuple[Value, bytes | None], int]:
    if (closing := _OBJECT_END.match(data, end)) is not None:
        return (value, None), closing.end()
    opening = _STREAM.match(data, end)
    length = value.get(b"/Length") if isinstance(value, dict) else None
    if opening is None or not isinstance(length, bytes) or not length.isdigit() or len(length) > 10:
        raise UpdateNotAllowed
    stop = opening.end() + int(length)
    closing = _STREAM_END.match(data, stop)
    if closing is None:
        raise UpdateNotAllowed
    return (value, data[opening.end() : stop]), closing.end()


def _new_field(old: Dict, new: Dict, before: PdfFile) -> int | None:
    """The object number of the one field that the form gained, if it gained any."""
    old_form, new_form = old.get(b"/AcroForm"), new.get(b"/AcroForm")
    if not isinstance(old_form, dict) or not isinstance(new_form, dict):
        raise UpdateNotAllowed
    _demand_same(_without(old_form, b"/Fields"), _without(new_form, b"/Fields"))
    return _appended(old_form.get(b"/Fields"), new_form.get(b"/Fields"), before)


def _appended(old: Value | None, new: Value | None, before: PdfFile) -> int | None:
    """The number of the one new object that a list of references gained at its end, if it gained any."""
    known = [] if old is None else old
    if not isinstance(known, list) or not isinstance(new, list) or new[: len(known)] != known:
        raise UpdateNotAllowed
    match new[len(known) :]:
        case []:
            return None
        case [reference]:
            return _new_number(reference, before)
    raise UpdateNotAllowed


def _validation_data(before: PdfFile, after: PdfFile, own: dict[int, tuple[Value, bytes | None]]) -> set[int]:
    """Check the DSS; the numbers of those of the update's objects that belong to it."""
    old, new = before.catalog().get(b"/DSS"), after.catalog().get(b"/DSS")
    number = _number(new)
    if old is None:
        _new_number(new, before)
    elif old != new:
        raise UpdateNotAllowed
    known, store = before.dict_of(old) if old is not None else {}, after.dict_of(new)
    used = {number} & own.keys()
    if store.get(b"/Type", b"/DSS") != b"/DSS" or not store.keys() <= {b"/Type", *_VALIDATION_DATA}:
        raise UpdateNotAllowed
    for kind in _VALIDATION_DATA:
        earlier, now = _list(known.get(kind, [])), _list(store.get(kind, []))
        if now[: len(earlier)] != earlier:
            raise UpdateNotAllowed
        for reference in now[len(earlier) :]:
            stream = _new_number(reference, before)
            value, content = own.get(stream, (b"", None))
            if not isinstance(value, dict) or value.keys() != {b"/Length"} or content is None or not _is_der(content):
                raise UpdateNotAllowed
            used.add(stream)
    return used


def _read_timestamp(before: PdfFile, after: PdfFile, number: int) -> tuple[DocumentTimestamp, set[int]]:
    field = after.dict_of(b"%d 0 R" % number)
    page, signature = _number(field.get(b"/P")), _new_number(field.get(b"/V"), before)
    fixed: Dict = {
        b"/FT": b"/Sig",
        b"/Type": b"/Annot",
        b"/Subtype": b"/Widget",
        b"/F": b"132",
        b"/P": b"%d 0 R" % page,
        b"/V": b"%d 0 R" % signature,
    }
    if _without(field, b"/T", b"/TU", b"/Rect") != fixed or signature == number:
        raise UpdateNotAllowed
    corners = _list(field.get(b"/Rect", []))
    if len(corners) != 4 or not is_same(corners[:2], corners[2:]):
        raise UpdateNotAllowed
    for text in (field.get(b"/T"), field.get(b"/TU", b"()")):
        if not isinstance(text, bytes) or not text.startswith((b"(", b"<")) or len(text) > _NAME_BYTES:
            raise UpdateNotAllowed
    fields = before.list_of(before.dict_of(before.catalog().get(b"/AcroForm")).get(b"/Fields"))
    if any(is_same(before.dict_of(other).get(b"/T"), field.get(b"/T")) for other in fields):
        raise UpdateNotAllowed  # two fields of one name are one field

    old_page, new_page = before.dict_of(field[b"/P"]), after.dict_of(field[b"/P"])
    if old_page.get(b"/Type") != b"/Page":
        raise UpdateNotAllowed
    _demand_same(_without(old_page, b"/Annots"), _without(new_page, b"/Annots"))
    if _appended(old_page.get(b"/Annots"), new_page.get(b"/Annots"), before) != number:
        raise UpdateNotAllowed
    return _located(after, signature), {number, signature, page}


def _located(after: PdfFile, number: int) -> DocumentTimestamp:
    signature, start, end = after.object_at(number)
    names = {b"/Type": b"/DocTimeStamp", b"/Filter": b"/Adobe.PPKLite", b"/SubFilter": b"/ETSI.RFC3161"}
    if not isinstance(signature, dict) or _without(signature, b"/Contents", b"/ByteRange") != names:
        raise UpdateNotAllowed
    contents, ranges = signature.get(b"/Contents"), _list(signature.get(b"/ByteRange", []))
    hole = _HOLE.fullmatch(contents) if isinstance(contents, bytes) else None
    if hole is None or len(ranges) != 4:
        raise UpdateNotAllowed
    zero, first, second, rest = (_offset(value) for value in ranges)
    data = after.data
    if zero or not start < first < second < end or second + rest != len(data) or data[first:second] != contents:
        raise UpdateNotAllowed
    token = bytes.fromhex(hole[1].decode())
    length = _der_length(token)
    if length is None or any(token[length:]):
        raise UpdateNotAllowed
    return DocumentTimestamp(sha256(data[:first] + data[second:]).digest(), token[:length])


def _demand_same(one: Value, other: Value) -> None:
    if not is_same(one, other):
        raise UpdateNotAllowed


def _without(entries: Dict, *names: bytes) -> Dict:
    return {name: value for name, value in entries.items() if name not in names}


def _number(value: Value | None) -> int:
    number = reference_number(value)
    if number is None:
        raise UpdateNotAllowed
    return number


def _new_number(value: Value | None, before: PdfFile) -> int:
    """The number of an object that did not exist before: its name could have no other meaning yet."""
    number = _number(value)
    if number < _size(before) or number in before.offsets:
        raise UpdateNotAllowed
    return number


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise UpdateNotAllowed
    return value


def _size(pdf: PdfFile) -> int:
    return _offset(pdf.trailer.get(b"/Size"))


def _offset(value: Value | None) -> int:
    if not isinstance(value, bytes) or not value.isdigit() or len(value) > 10:
        raise UpdateNotAllowed
    return int(value)


def _is_der(content: bytes) -> bool:
    return _der_length(content) == len(content)


def _der_length(content: bytes) -> int | None:
    """How long the SEQUENCE is that the bytes begin with (X.690 section 8.1.3); None where they begin with none."""
    if len(content) < 4 or content[0] != 0x30:
        return None
    octets = content[1] - 0x80
    if not 1 <= octets <= 3:
        return 2 + content[1] if octets < 0 else None
    return 2 + octets + int.from_bytes(content[2 : 2 + octets])
